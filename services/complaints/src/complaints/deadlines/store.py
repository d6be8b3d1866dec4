"""All SQL on standards and deadlines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from uuid import UUID

import asyncpg

from complaints.deadlines.rules import Deadline, Standards
from guanxi.db import Reader, Tx, as_row

_NAMES = tuple(field.name for field in fields(Deadline))
_STANDARDS = """
SELECT s.number, s.handover_limit, s.wrong_hands_minutes,
  jsonb_agg(jsonb_build_array(m.level, m.step, m.business_minutes)) AS minutes
FROM standard_set s JOIN service_standard m ON m.set_number = s.number
WHERE s.number = (SELECT max(number) FROM standard_set) GROUP BY s.id
"""
_NEW_SET = """
INSERT INTO standard_set (id, created_at, recorded_at, unit_id, number, handover_limit, wrong_hands_minutes, decided_by)
VALUES ($1, $2, $2, $3, $4, $5, $6, $7) ON CONFLICT (number) DO NOTHING RETURNING number
"""
_NEW_STANDARDS = """
INSERT INTO service_standard (id, created_at, recorded_at, unit_id, set_number, level, step, business_minutes)
SELECT uuidv7(), $1, $1, $2, $3, s.* FROM unnest($4::text[], $5::text[], $6::int[]) AS s
"""
_INSERT = "INSERT INTO deadline SELECT * FROM jsonb_populate_recordset(NULL::deadline, $1::jsonb)"
_OF_COMPLAINT = "SELECT * FROM deadline WHERE complaint_id = $1 ORDER BY due_at, id"
_UPDATE = """
UPDATE deadline d SET version = n.version, due_at = n.due_at, paused_at = n.paused_at, left_seconds = n.left_seconds,
  met_at = n.met_at, missed_at = n.missed_at, status = n.status
FROM jsonb_populate_recordset(NULL::deadline, $1::jsonb) AS n WHERE d.id = n.id
"""
_VOID = """
UPDATE deadline SET status = 'void', version = version + 1 WHERE complaint_id = $1 AND status = 'open'
"""


async def standards(reader: Reader) -> Standards:
    """The set in force."""
    row = await reader.fetchrow(_STANDARDS)
    if row is None:
        message = "there are no service standards: the migration has not seeded them"
        raise LookupError(message)
    return Standards(
        number=row["number"],
        minutes={(level, step): minutes for level, step, minutes in row["minutes"]},
        handover_limit=row["handover_limit"],
        wrong_hands_minutes=row["wrong_hands_minutes"],
    )


async def new_standards(tx: Tx, set_id: UUID, made: Standards, *, unit: str, decided_by: str) -> bool:
    """Put a new set in force; False when its number is taken."""
    head = (set_id, tx.now, unit, made.number, made.handover_limit, made.wrong_hands_minutes, decided_by)
    if await tx.fetchval(_NEW_SET, *head) is None:
        return False
    levels, steps = [list(part) for part in zip(*made.minutes, strict=True)]
    await tx.execute(_NEW_STANDARDS, tx.now, unit, made.number, levels, steps, list(made.minutes.values()))
    return True


async def insert(tx: Tx, deadlines: Sequence[Deadline]) -> None:
    """Add new deadlines."""
    await tx.execute(_INSERT, [as_row(deadline) for deadline in deadlines])


async def of_complaint(reader: Reader, complaint_id: UUID) -> list[Deadline]:
    """All of a complaint's deadlines, by when they are due."""
    return [_deadline(row) for row in await reader.fetch(_OF_COMPLAINT, complaint_id)]


async def update(tx: Tx, deadlines: Sequence[Deadline]) -> None:
    """Write changed deadlines of a complaint that this transaction has locked."""
    await tx.execute(_UPDATE, [as_row(deadline) for deadline in deadlines])


async def void(tx: Tx, complaint_id: UUID) -> None:
    """Let go of whatever is still open."""
    await tx.execute(_VOID, complaint_id)


def next_due(deadlines: Sequence[Deadline]) -> datetime | None:
    """When the next of them is due."""
    return min((deadline.due_at for deadline in deadlines if deadline.running), default=None)


def _deadline(row: asyncpg.Record) -> Deadline:
    return Deadline(**{name: row[name] for name in _NAMES})
