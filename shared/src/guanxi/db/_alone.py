"""One connection outside the pools, for work that is bound to it: temporary tables, a lock for as long as it lives."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import asyncpg

from guanxi.db._pool import CONNECT_SECONDS, Tx, register_codecs
from guanxi.ports import SystemClock, SystemIds

_SERVER_SETTINGS = {
    "lock_timeout": "1s",
    "statement_timeout": "5min",
    "transaction_timeout": "10min",
    "idle_in_transaction_session_timeout": "30s",
    "work_mem": "64MB",
    "temp_buffers": "64MB",
}
_COMMAND_SECONDS = 310


class Alone:
    """A connection that is never replaced by another: once it is lost, every use of it raises."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection
        self._clock, self._ids = SystemClock(), SystemIds()

    @property
    def lost(self) -> bool:
        """Whether the connection is closed, and all that was bound to it gone."""
        closed: bool = self._connection.is_closed()
        return closed

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Tx]:
        """A transaction: committed at the end of the block, rolled back when it raises."""
        tx = Tx(self._connection, self._clock.now(), self._ids)
        async with self._connection.transaction():
            yield tx
        tx.committed()

    async def lock(self, key: int) -> bool:
        """Take an advisory lock that lasts as long as the connection; False when somebody else has it."""
        return bool(await self._connection.fetchval("SELECT pg_try_advisory_lock($1)", key))

    async def close(self) -> None:
        """Close it; what was bound to it goes."""
        await self._connection.close(timeout=CONNECT_SECONDS)


async def open_alone(url: str, *, application: str) -> Alone:
    """Open one; raises `OSError` or `asyncpg.PostgresError`. Its statements may take minutes."""
    connection = await asyncpg.connect(
        url,
        timeout=CONNECT_SECONDS,
        command_timeout=_COMMAND_SECONDS,
        server_settings={"application_name": application, **_SERVER_SETTINGS},
    )
    await register_codecs(connection)
    return Alone(connection)


@asynccontextmanager
async def under_lock(opener: Callable[[], Awaitable[Alone]], key: int) -> AsyncIterator[Alone | None]:
    """A connection that holds an advisory lock for the length of the block; None while somebody else holds it."""
    alone = await opener()
    try:
        yield alone if await alone.lock(key) else None
    finally:
        await alone.close()
