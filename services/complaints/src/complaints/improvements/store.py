"""All SQL on improvements and on what they answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import sqlalchemy as sa

from complaints.improvements.rules import Answered, Improvement
from complaints.improvements.tables import improvement
from guanxi.db import Reader, Tx, after_key, as_row

_NAMES = tuple(one.name for one in fields(Improvement))
_ONE = "SELECT * FROM improvement WHERE id = $1"
_INSERT = "INSERT INTO improvement SELECT * FROM jsonb_populate_recordset(NULL::improvement, $1::jsonb)"
_SAVE = """
UPDATE improvement i SET version = n.version, recorded_at = n.recorded_at, indicator = n.indicator,
  titles = n.titles, owner_id = n.owner_id, cost_minor = n.cost_minor, currency = n.currency,
  effective_on = n.effective_on, status = n.status, approved_by = n.approved_by, approved_at = n.approved_at,
  published_at = n.published_at, answers_before = n.answers_before, complainants = n.complainants,
  anonymous = n.anonymous
FROM jsonb_populate_recordset(NULL::improvement, $1::jsonb) n WHERE i.id = n.id
"""
_CONCERNED = """
FROM complaint c WHERE c.cause = $1 AND c.sku IS NOT DISTINCT FROM $2 AND c.filed_at >= $3 AND c.filed_at < $4
  AND c.voided_at IS NULL
"""
# Who was erased is nobody whom anything could be told.
_CUSTOMERS = f"""
SELECT CASE WHEN c.erased_at IS NULL THEN c.customer_id END AS customer_id, count(*)::int AS complaints {_CONCERNED}
GROUP BY 1
"""
_UNANSWERED = f"""
SELECT c.id, c.number, c.unit_id, c.customer_id, c.cause, c.sku {_CONCERNED}
  AND c.customer_id IS NOT NULL AND c.erased_at IS NULL
  AND NOT EXISTS (SELECT FROM improvement_complaint x WHERE x.improvement_id = $5 AND x.complaint_id = c.id)
ORDER BY c.filed_at, c.id LIMIT $6
"""
_ANSWER = """
INSERT INTO improvement_complaint (id, created_at, recorded_at, unit_id, improvement_id, complaint_id)
SELECT n.id, $4, $4, n.unit, $1, n.complaint FROM unnest($2::uuid[], $3::uuid[], $5::text[]) AS n(id, complaint, unit)
ON CONFLICT (improvement_id, complaint_id) DO NOTHING RETURNING complaint_id, id
"""
_DEFECTS = """
SELECT sku, count(*)::int AS complaints, (count(*) FILTER (WHERE cause = 'quality'))::int AS quality
FROM complaint WHERE voided_at IS NULL AND sku IS NOT NULL AND filed_at >= $1 AND filed_at < $2
GROUP BY 1 ORDER BY 3 DESC, 2 DESC, 1 LIMIT $3
"""


async def find(reader: Reader, improvement_id: UUID, *, lock: bool = False) -> Improvement | None:
    """One improvement."""
    row = await reader.fetchrow(f"{_ONE} FOR UPDATE" if lock else _ONE, improvement_id)
    return _improvement(row) if row else None


async def insert(tx: Tx, made: Improvement) -> None:
    """Add a proposal."""
    await tx.execute(_INSERT, [as_row(made)])


async def save(tx: Tx, one: Improvement) -> None:
    """Write what became of an improvement that is held."""
    await tx.execute(_SAVE, [as_row(one)])


async def page(reader: Reader, status: str | None, after: Sequence[Any] | None, limit: int) -> list[Improvement]:
    """Improvements, the newest first, one more than `limit`."""
    c = improvement.c
    select = sa.select(improvement) if status is None else sa.select(improvement).where(c.status == status)
    found = await reader.all(after_key(select, (c.id,), after, limit, descending=True))
    return [_improvement(row) for row in found]


async def public(reader: Reader, after: Sequence[Any] | None, limit: int) -> list[Improvement]:
    """Published improvements, the last published first, one more than `limit`."""
    c = improvement.c
    select = sa.select(improvement).where(sa.literal_column("status = 'published'", sa.Boolean))
    found = await reader.all(after_key(select, (c.published_at, c.id), after, limit, descending=True))
    return [_improvement(row) for row in found]


async def concerned(reader: Reader, one: Improvement, since: datetime, before: datetime) -> dict[UUID | None, int]:
    """How many complaints of each customer it answers; None are those without a name."""
    rows = await reader.fetch(_CUSTOMERS, one.cause, one.sku, since, before)
    return {row["customer_id"]: row["complaints"] for row in rows}


async def unanswered(reader: Reader, one: Improvement, since: datetime, before: datetime, limit: int) -> list[Answered]:
    """Complaints of customers that it answers and that have not been told of, the oldest first."""
    rows = await reader.fetch(_UNANSWERED, one.cause, one.sku, since, before, one.id, limit)
    return [Answered(**dict(row)) for row in rows]


async def answer(tx: Tx, improvement_id: UUID, some: Sequence[Answered]) -> dict[UUID, UUID]:
    """Note that these are answered; by complaint, the id of each pair that is new."""
    ids = [tx.new_id() for _ in some]
    units = [one.unit_id for one in some]
    rows = await tx.fetch(_ANSWER, improvement_id, ids, [one.id for one in some], tx.now, units)
    return {row["complaint_id"]: row["id"] for row in rows}


async def defects(reader: Reader, since: datetime, before: datetime, limit: int) -> list[tuple[str, int, int]]:
    """By article: complaints of a time, and those of quality among them, the most of these first."""
    rows = await reader.fetch(_DEFECTS, since, before, limit)
    return [(row["sku"], row["complaints"], row["quality"]) for row in rows]


def _improvement(row: asyncpg.Record) -> Improvement:
    return Improvement(**{name: row[name] for name in _NAMES})
