"""How much waits in the outbox, and for how long."""

from __future__ import annotations

from datetime import timedelta

from guanxi.db import Pool
from guanxi.ports import id_time
from guanxi.telemetry import OUTBOX_DEPTH, OUTBOX_OLDEST_AGE

_DEPTH = "SELECT count(*) AS depth, (SELECT event_id FROM outbox ORDER BY seq LIMIT 1) AS oldest FROM outbox"


async def measure(pool: Pool) -> None:
    """Set the gauges of depth and oldest age."""
    depth, age = await outbox_depth(pool)
    OUTBOX_DEPTH.set(depth)
    OUTBOX_OLDEST_AGE.set(age.total_seconds())


async def outbox_depth(pool: Pool) -> tuple[int, timedelta]:
    """Pointers not yet published, and the age of the oldest."""
    async with pool.read() as reader:
        row = await reader.fetchrow(_DEPTH)
    oldest = id_time(row["oldest"]) if row and row["oldest"] else None
    age = pool.clock.now() - oldest if oldest else timedelta(0)
    return (int(row["depth"]) if row else 0), max(age, timedelta(0))
