"""The yardstick of consumers: asyncpg inserting 100 rows a statement by `unnest`, one connection, each committed."""

from __future__ import annotations

import asyncio
import resource
import sys
from datetime import UTC, datetime
from time import perf_counter
from uuid import uuid4

import asyncpg
import uvloop
from pydantic import BaseModel

ROWS = 100
_TABLE = """
CREATE TABLE IF NOT EXISTS bench_effect (
  id uuid PRIMARY KEY, customer_id uuid NOT NULL, kind text NOT NULL, occurred_at timestamptz NOT NULL, content text)
"""
_INSERT = """
INSERT INTO bench_effect (id, customer_id, kind, occurred_at, content)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::timestamptz[], $5::text[])
"""


class Insert(BaseModel):
    """Where (as a role that may make a table) and how long."""

    url: str
    seconds: float


class Inserted(BaseModel):
    """How many rows, in how long, for how much CPU time of this process."""

    rows: int
    seconds: float
    cpu_seconds: float

    @property
    def rate(self) -> float:
        """Rows a second."""
        return self.rows / self.seconds


async def insert(told: Insert) -> Inserted:
    """Insert until time is up."""
    connection = await asyncpg.connect(told.url)
    await connection.execute(_TABLE)
    await connection.execute("TRUNCATE bench_effect")
    rows, before, began = 0, _cpu(), perf_counter()
    while perf_counter() < began + told.seconds:
        now = datetime.now(UTC)
        made = [(uuid4(), uuid4(), "contact", now, f"what was said, in a few words, number {n}") for n in range(ROWS)]
        await connection.execute(_INSERT, *map(list, zip(*made, strict=True)))
        rows += ROWS
    seconds = perf_counter() - began
    cpu = _cpu() - before
    if await connection.fetchval("SELECT count(*) FROM bench_effect") != rows:
        raise RuntimeError("rows are missing")
    await connection.execute("TRUNCATE bench_effect")
    await connection.close()
    return Inserted(rows=rows, seconds=seconds, cpu_seconds=cpu)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    told = Insert.model_validate_json(sys.stdin.buffer.read())
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(runner.run(insert(told)).model_dump_json())
