"""All SQL on review cycles."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from typing import Any
from uuid import UUID

import asyncpg
import sqlalchemy as sa

from guanxi.db import Reader, Tx, after_key
from scoring.reviews.rules import Cycle, Step
from scoring.reviews.tables import review_cycle

_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('scoring.review-cycle'))"
_HOLD = "SELECT id FROM due WHERE kind = $1 AND id = $2 FOR UPDATE"
_CYCLE = "id, version, unit_id, number, status, starts_on, started_on, closed_at, next_cycle_id"
_STEP = "id, version, cycle_id, n, code, owner_id, due_on, state, started_at, done_at, done_by, outcome"
_NEXT = "SELECT coalesce(max(number), 0) + 1 FROM review_cycle"
_SAVE_CYCLE = f"""
INSERT INTO review_cycle ({_CYCLE}, created_at, recorded_at)
SELECT {_CYCLE}, $2, $2 FROM jsonb_populate_record(NULL::review_cycle, $1::jsonb)
ON CONFLICT (id) DO UPDATE
SET version = excluded.version, recorded_at = excluded.recorded_at, status = excluded.status,
    started_on = excluded.started_on, closed_at = excluded.closed_at, next_cycle_id = excluded.next_cycle_id
"""
_SAVE_STEPS = f"""
INSERT INTO review_step ({_STEP}, created_at, recorded_at, unit_id)
SELECT {_STEP}, $2, $2, $3 FROM jsonb_populate_recordset(NULL::review_step, $1::jsonb) ORDER BY id
ON CONFLICT (id) DO UPDATE
SET version = excluded.version, recorded_at = excluded.recorded_at, due_on = excluded.due_on, state = excluded.state,
    started_at = excluded.started_at, done_at = excluded.done_at, done_by = excluded.done_by, outcome = excluded.outcome
"""
_FIND = f"SELECT {_CYCLE} FROM review_cycle WHERE id = $1"
_RUNNING = f"SELECT {_CYCLE} FROM review_cycle WHERE status = 'running'"
_PLANNED = f"SELECT {_CYCLE} FROM review_cycle WHERE status = 'planned' ORDER BY number LIMIT 1"
_STEPS = f"SELECT {_STEP} FROM review_step WHERE cycle_id = ANY($1::uuid[]) ORDER BY cycle_id, n"
_CYCLE_OF = "SELECT cycle_id FROM review_step WHERE id = $1"
_C = review_cycle.c


async def alone(tx: Tx) -> None:
    """Wait until nobody else is changing review cycles: there are few, and their numbers have no holes."""
    await tx.execute(_ONE_AT_A_TIME)


async def hold(tx: Tx, kind: str, step_id: UUID) -> None:
    """Lock what is scheduled of a step."""
    await tx.fetch(_HOLD, kind, step_id)


async def next_number(tx: Tx) -> int:
    """The number of the next cycle."""
    return int(await tx.fetchval(_NEXT))


async def save(tx: Tx, cycle: Cycle) -> None:
    """Write a cycle with all its steps."""
    values = asdict(replace(cycle, steps=()))
    del values["steps"]
    await tx.execute(_SAVE_CYCLE, values, tx.now)
    await tx.execute(_SAVE_STEPS, [asdict(one) for one in cycle.steps], tx.now, cycle.unit_id)


async def find(reader: Reader, cycle_id: UUID) -> Cycle | None:
    """One cycle with its steps."""
    return await _one(reader, await reader.fetchrow(_FIND, cycle_id))


async def running(reader: Reader) -> Cycle | None:
    """The cycle that runs, if one does."""
    return await _one(reader, await reader.fetchrow(_RUNNING))


async def next_planned(reader: Reader) -> Cycle | None:
    """The planned cycle that comes next, if one is planned."""
    return await _one(reader, await reader.fetchrow(_PLANNED))


async def cycle_of(reader: Reader, step_id: UUID) -> UUID | None:
    """The cycle that a step belongs to."""
    found: UUID | None = await reader.fetchval(_CYCLE_OF, step_id)
    return found


async def page(reader: Reader, after: Sequence[Any] | None, limit: int) -> list[Cycle]:
    """Cycles with their steps, the newest first, one more than `limit`."""
    rows = await reader.all(after_key(sa.select(review_cycle), (_C.number,), after, limit, descending=True))
    return await _with_steps(reader, rows)


async def _one(reader: Reader, row: asyncpg.Record | None) -> Cycle | None:
    return (await _with_steps(reader, [row]))[0] if row else None


async def _with_steps(reader: Reader, rows: Iterable[asyncpg.Record]) -> list[Cycle]:
    cycles = {row["id"]: row for row in rows}
    steps: dict[UUID, list[Step]] = {one: [] for one in cycles}
    for row in await reader.fetch(_STEPS, list(cycles)):
        steps[row["cycle_id"]].append(Step(**dict(row)))
    names = [name for name in Cycle.__slots__ if name != "steps"]
    return [Cycle(**{name: row[name] for name in names}, steps=tuple(steps[one])) for one, row in cycles.items()]
