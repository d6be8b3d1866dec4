"""Connections: three pools of one database, readers and transactions.

The API, the relay and the consumers have a pool each, so that a stampede on one cannot starve the others.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from sqlalchemy.sql import ClauseElement

from guanxi.crash import reached
from guanxi.db._core import compile_statement
from guanxi.ports import Clock, Ids, SystemClock, SystemIds
from guanxi.telemetry import POOL_CONNECTIONS

CONNECT_SECONDS = 2.0
COMMAND_SECONDS = 3.0
ACQUIRE_SECONDS = 2.0

SERVER_SETTINGS = {
    "statement_timeout": "3s",
    "lock_timeout": "1s",
    "idle_in_transaction_session_timeout": "5s",
    # The directory's half second rests on it: no id is committed later than this after it was made.
    "transaction_timeout": "10s",
}
"""What the server holds us to, whatever its roles are set to."""

Wake = Callable[[], None]
Connection = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy


class Reader:
    """A connection outside a transaction: every statement sees what is committed when it starts."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def fetch(self, sql: str, *args: Any) -> list[asyncpg.Record]:
        """Rows of a named statement with `$n` placeholders."""
        rows: list[asyncpg.Record] = await self._connection.fetch(sql, *args)
        return rows

    async def fetchrow(self, sql: str, *args: Any) -> asyncpg.Record | None:
        """The first row, or None."""
        return await self._connection.fetchrow(sql, *args)

    async def fetchval(self, sql: str, *args: Any) -> Any:
        """The first column of the first row, or None."""
        return await self._connection.fetchval(sql, *args)

    async def all(self, statement: ClauseElement) -> list[asyncpg.Record]:
        """Rows of a Core statement."""
        sql, args = compile_statement(statement)
        return await self.fetch(sql, *args)

    async def one(self, statement: ClauseElement) -> asyncpg.Record | None:
        """The first row of a Core statement, or None."""
        sql, args = compile_statement(statement)
        return await self.fetchrow(sql, *args)

    async def scalar(self, statement: ClauseElement) -> Any:
        """The first column of the first row of a Core statement, or None."""
        sql, args = compile_statement(statement)
        return await self.fetchval(sql, *args)


class Stamp:
    """The moment of one piece of work, and the source of its ids."""

    def __init__(self, now: datetime, ids: Ids) -> None:
        self.now = now
        self._ids = ids

    def new_id(self) -> UUID:
        """A fresh UUIDv7."""
        return self._ids.new()


class Tx(Reader, Stamp):
    """One transaction, with the moment at which it began and the source of its ids."""

    def __init__(self, connection: Connection, now: datetime, ids: Ids, wake: Wake | None = None) -> None:
        Reader.__init__(self, connection)
        Stamp.__init__(self, now, ids)
        self.wake = wake
        self._after_commit: list[Callable[[], None]] = []

    async def execute(self, sql: str, *args: Any) -> str:
        """Run a named statement; gives PostgreSQL's command tag."""
        tag: str = await self._connection.execute(sql, *args)
        return tag

    async def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run a named statement once for each row of arguments, pipelined."""
        await self._connection.executemany(sql, rows)

    async def run(self, statement: ClauseElement) -> list[asyncpg.Record]:
        """Run a Core insert, update or delete; gives the rows of its RETURNING."""
        return await self.all(statement)

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """A nested part that may fail alone."""
        async with self._connection.transaction():
            yield

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Call this once the transaction is durable (never when it is rolled back)."""
        self._after_commit.append(callback)

    def committed(self) -> None:
        """Run what waits for the commit; called by the pool."""
        for callback in self._after_commit:
            callback()


class Pool:
    """Connections for one kind of work; raises `ConnectionError` when none is free in time.

    `wake` is called after each commit that put events into the outbox: it wakes the relay of this process.
    """

    def __init__(self, pool: asyncpg.Pool, clock: Clock, ids: Ids) -> None:
        self._pool = pool
        self._clock = clock
        self._ids = ids
        self.wake: Wake | None = None

    @property
    def clock(self) -> Clock:
        """The clock of this process."""
        return self._clock

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        # That none was free says nothing of the work, which has not begun.
        try:
            connection = await self._pool.acquire(timeout=ACQUIRE_SECONDS)
        except TimeoutError as error:
            message = f"no free connection within {ACQUIRE_SECONDS:.0f} s"
            raise ConnectionError(message) from error
        try:
            yield connection
        finally:
            await self._pool.release(connection)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Reader]:
        """A connection outside a transaction."""
        async with self._connection() as connection:
            yield Reader(connection)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Tx]:
        """A transaction: committed at the end of the block, rolled back when it raises."""
        async with self._connection() as connection:
            tx = Tx(connection, self._clock.now(), self._ids, self.wake)
            async with connection.transaction():
                yield tx
                reached("transaction.before_commit")
            reached("transaction.after_commit")
            tx.committed()

    @asynccontextmanager
    async def single(self) -> AsyncIterator[Tx]:
        """For one statement that is its own transaction: no BEGIN, no COMMIT, one round trip.

        Each statement commits by itself; take it only where a use case has exactly one.
        """
        async with self._connection() as connection:
            tx = Tx(connection, self._clock.now(), self._ids, self.wake)
            yield tx
            reached("transaction.after_commit")
            tx.committed()

    def stamp(self) -> Stamp:
        """This moment, for what is made ready before its transaction begins."""
        return Stamp(self._clock.now(), self._ids)

    def size(self) -> tuple[int, int]:
        """Connections open, and idle among them."""
        return self._pool.get_size(), self._pool.get_idle_size()


@dataclass(frozen=True, slots=True)
class Sizes:
    """Most connections of each pool."""

    api: int = 10
    relay: int = 2
    consumers: int = 6


class Database:
    """One process's way to its database."""

    def __init__(self, api: Pool, relay: Pool, consumers: Pool, close: Sequence[asyncpg.Pool], url: str) -> None:
        self.api = api
        self.relay = relay
        self.consumers = consumers
        self.url = url
        self._close = close

    @property
    def pools(self) -> tuple[Pool, Pool, Pool]:
        """All three."""
        return self.api, self.relay, self.consumers

    def measure(self) -> None:
        """Set the gauges of open and idle connections."""
        for name, pool in zip(("api", "relay", "consumers"), self.pools, strict=True):
            size, idle = pool.size()
            POOL_CONNECTIONS.labels(name, "busy").set(size - idle)
            POOL_CONNECTIONS.labels(name, "idle").set(idle)

    async def close(self) -> None:
        """Close every connection; those still in use after 5 s are cut."""
        for pool in self._close:
            try:
                await asyncio.wait_for(pool.close(), 5)
            except TimeoutError:
                pool.terminate()


async def open_database(
    url: str,
    *,
    application: str,
    sizes: Sizes | None = None,
    clock: Clock | None = None,
    ids: Ids | None = None,
) -> Database:
    """Open the three pools of one database; raises `OSError` or `asyncpg.PostgresError` when it cannot be reached."""
    sizes = sizes or Sizes()
    clock, ids = clock or SystemClock(), ids or SystemIds()
    opened: list[asyncpg.Pool] = []
    for name, most in (("api", sizes.api), ("relay", sizes.relay), ("consumers", sizes.consumers)):
        pool = await asyncpg.create_pool(
            url,
            min_size=0 if name != "api" else 1,
            max_size=most,
            timeout=CONNECT_SECONDS,
            command_timeout=COMMAND_SECONDS,
            max_inactive_connection_lifetime=300,
            init=register_codecs,
            reset=_leave_no_transaction,
            server_settings={"application_name": f"{application}.{name}", **SERVER_SETTINGS},
        )
        opened.append(pool)
    api, relay, consumers = (Pool(pool, clock, ids) for pool in opened)
    return Database(api, relay, consumers, opened, url)


async def register_codecs(connection: asyncpg.Connection) -> None:
    """Have JSON encoded and decoded by orjson."""
    for name in ("json", "jsonb"):
        await connection.set_type_codec(
            name, schema="pg_catalog", encoder=_encode_json, decoder=orjson.loads, format="text"
        )


def _encode_json(value: Any) -> str:
    if isinstance(value, (bytes, bytearray)):
        return value.decode()
    return orjson.dumps(value, default=_plain).decode()


def _plain(value: Any) -> str:
    # asyncpg gives ids of a class of its own, which orjson does not take for UUIDs.
    if isinstance(value, UUID):
        return str(value)
    raise TypeError


async def _leave_no_transaction(connection: asyncpg.Connection) -> None:
    # asyncpg's own reset is a round trip at each release. No statement of ours sets session state, so all that can be
    # left behind is an open transaction, when a cancellation hits in the middle of its ROLLBACK.
    if connection.is_in_transaction():
        await connection.execute("ROLLBACK")
