"""The table of due moments and the loop that works it off."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from uuid import UUID

import asyncpg
import structlog

from guanxi.crash import reached
from guanxi.db import ErrorClass, Pool, Reader, Tx, classify
from guanxi.telemetry import DUE_LATE_SECONDS, set_correlation_id, span

LOOK_SECONDS = 0.5
RETRY_SECONDS = 60
TRIES = 3
"""How often in a row what was locked or in a deadlock is tried before it waits as any other failure does."""
LONGEST_PAUSE_SECONDS = 3600

DueHandler = Callable[[Tx, UUID, datetime], Awaitable[None]]
"""Does what is due: `(tx, id, at)`. It looks whether the work is still wanted; being called twice does no harm."""

_SCHEDULE = """
INSERT INTO due (kind, id, at) VALUES ($1, $2, $3)
ON CONFLICT (kind, id) DO UPDATE SET at = excluded.at, attempts = 0, last_error = NULL
"""
_SCHEDULE_ALL = """
INSERT INTO due (kind, id, at) SELECT $1, d.id, d.at FROM unnest($2::uuid[], $3::timestamptz[]) AS d(id, at)
ON CONFLICT (kind, id) DO UPDATE SET at = excluded.at, attempts = 0, last_error = NULL
"""
_CLAIM = """
DELETE FROM due WHERE (kind, id) = (
  SELECT kind, id FROM due WHERE at <= $1 AND kind = ANY($2::text[])
  ORDER BY at LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING kind, id, at
"""
_FAILED = """
UPDATE due
SET attempts = attempts + 1, at = $3::timestamptz + make_interval(secs => least($4 * (attempts + 1), $6)),
    last_error = $5
WHERE kind = $1 AND id = $2 AND at = $7
"""

log = structlog.get_logger(__name__)


async def schedule(tx: Tx, at: datetime, kind: str, id: UUID) -> None:  # noqa: A002 - the column's word
    """Have `kind`'s handler called for `id` at this moment; scheduling again moves it."""
    await tx.execute(_SCHEDULE, kind, id, at)


async def schedule_all(tx: Tx, kind: str, moments: Mapping[UUID, datetime]) -> None:
    """The same for many ids of one kind, in one statement."""
    ids = sorted(moments)
    await tx.execute(_SCHEDULE_ALL, kind, ids, [moments[id_] for id_ in ids])


async def cancel(tx: Tx, kind: str, id: UUID) -> None:  # noqa: A002 - the column's word
    """Forget it; without effect when it is done or was never scheduled."""
    await tx.execute("DELETE FROM due WHERE kind = $1 AND id = $2", kind, id)


async def failing(reader: Reader) -> dict[str, int]:
    """How many rows have failed at least once and wait for their next try, by kind."""
    rows = await reader.fetch("SELECT kind, count(*) AS n FROM due WHERE attempts > 0 GROUP BY 1")
    return {row["kind"]: row["n"] for row in rows}


class DueLoop:
    """Works off what is due, one transaction each; several processes may run it side by side."""

    def __init__(self, pool: Pool, handlers: Mapping[str, DueHandler]) -> None:
        self._pool, self._handlers = pool, handlers

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            try:
                worked = await self.work_off()
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
                log.warning("due.interrupted", error=repr(error))
                worked = 0
            if not worked:
                await asyncio.sleep(LOOK_SECONDS * random.uniform(0.8, 1.2))  # noqa: S311 - jitter

    async def work_off(self) -> int:
        """Do everything that is due now; how many."""
        done = 0
        while await self._one():
            done += 1
        return done

    async def _one(self) -> bool:
        for tries_left in reversed(range(TRIES)):
            claimed: asyncpg.Record | None = None
            set_correlation_id(None)
            try:
                async with self._pool.begin() as tx:
                    claimed = await tx.fetchrow(_CLAIM, tx.now, list(self._handlers))
                    if claimed is None:
                        return False
                    with span(f"due {claimed['kind']}"):
                        await self._handlers[claimed["kind"]](tx, claimed["id"], claimed["at"])
                    reached("due.before_commit")
                    DUE_LATE_SECONDS.labels(claimed["kind"]).observe((tx.now - claimed["at"]).total_seconds())
            except Exception as error:
                if claimed is None or classify(error) is ErrorClass.DOWN:
                    raise
                if classify(error) is ErrorClass.TRANSIENT and tries_left:
                    continue
                await self._failed(claimed, error)
            break
        return True

    async def _failed(self, claimed: asyncpg.Record, error: Exception) -> None:
        # The claim was rolled back with the effect: the row is still there; it is moved so that no other waits. Nothing
        # is ever given up: what was promised to somebody is still owed when the fault is mended. One that was scheduled
        # anew meanwhile has its moment.
        log.error("due.failed", kind=claimed["kind"], id=str(claimed["id"]), error=repr(error))
        async with self._pool.begin() as tx:
            why = repr(error)[:1000]
            pauses = float(RETRY_SECONDS), float(LONGEST_PAUSE_SECONDS)
            row = claimed["kind"], claimed["id"], tx.now, pauses[0], why, pauses[1], claimed["at"]
            await tx.execute(_FAILED, *row)
