"""All SQL on goodwill."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any
from uuid import UUID

import asyncpg
import sqlalchemy as sa

from complaints.goodwill.rules import Budget, Request
from complaints.goodwill.tables import goodwill_budget, goodwill_request
from guanxi.db import Reader, Tx, after_key, as_row

_NAMES = tuple(one.name for one in fields(Request))
_BUDGET_NAMES = tuple(one.name for one in fields(Budget))
_ONE = "SELECT * FROM goodwill_request WHERE id = $1"
_INSERT = "INSERT INTO goodwill_request SELECT * FROM jsonb_populate_recordset(NULL::goodwill_request, $1::jsonb)"
_SAVE = """
UPDATE goodwill_request r SET version = n.version, recorded_at = n.recorded_at, status = n.status,
  decided_by = n.decided_by, decider_id = n.decider_id, decided_at = n.decided_at, reason = n.reason, year = n.year,
  spent_minor = n.spent_minor, spent_at = n.spent_at
FROM jsonb_populate_recordset(NULL::goodwill_request, $1::jsonb) n WHERE r.id = n.id
"""
_BUDGET = "SELECT * FROM goodwill_budget WHERE unit_id = $1 AND year = $2"
# One statement: of many approvals at once each sees what the one before it has left.
_COMMIT = """
UPDATE goodwill_budget SET committed_minor = committed_minor + $3, version = version + 1, recorded_at = $4
WHERE unit_id = $1 AND year = $2 AND committed_minor + $3 <= limit_minor RETURNING id
"""
_ADJUST = """
UPDATE goodwill_budget SET committed_minor = committed_minor + $3, version = version + 1, recorded_at = $4
WHERE unit_id = $1 AND year = $2
"""
_SET = """
INSERT INTO goodwill_budget AS b (id, created_at, recorded_at, unit_id, year, limit_minor, currency, committed_minor)
VALUES ($1, $2, $2, $3, $4, $5, $6, 0)
ON CONFLICT (unit_id, year) DO UPDATE SET version = b.version + 1, recorded_at = excluded.recorded_at,
  limit_minor = excluded.limit_minor
WHERE $7::bigint IS NULL OR b.version = $7
RETURNING *
"""
_ERASE = """
UPDATE goodwill_request SET note = NULL WHERE customer_id = ANY($1::uuid[]) AND note IS NOT NULL
"""


async def find(reader: Reader, request_id: UUID, *, lock: bool = False) -> Request | None:
    """One request."""
    row = await reader.fetchrow(f"{_ONE} FOR UPDATE" if lock else _ONE, request_id)
    return _request(row) if row else None


async def insert(tx: Tx, made: Request) -> None:
    """Add a request."""
    await tx.execute(_INSERT, [as_row(made)])


async def save(tx: Tx, one: Request) -> None:
    """Write what became of a request that is held."""
    await tx.execute(_SAVE, [as_row(one)])


async def page(  # noqa: PLR0913 - one argument for each filter
    reader: Reader,
    status: str | None,
    customers: Sequence[UUID] | None,
    unit: str | None,
    after: Sequence[Any] | None,
    limit: int,
) -> list[Request]:
    """Requests, the newest first, one more than `limit`."""
    c = goodwill_request.c
    select = sa.select(goodwill_request)
    if status is not None:
        select = select.where(c.status == status)
    if customers is not None:
        select = select.where(c.customer_id.in_(customers))
    if unit is not None:
        select = select.where(c.unit_id == unit)
    return [_request(row) for row in await reader.all(after_key(select, (c.id,), after, limit, descending=True))]


async def budget(reader: Reader, unit: str, year: int, *, lock: bool = False) -> Budget | None:
    """The budget of a unit and year."""
    row = await reader.fetchrow(f"{_BUDGET} FOR UPDATE" if lock else _BUDGET, unit, year)
    return _budget(row) if row else None


async def budgets(
    reader: Reader, unit: str | None, year: int | None, after: Sequence[Any] | None, limit: int
) -> list[Budget]:
    """Budgets, the newest first, one more than `limit`."""
    c = goodwill_budget.c
    select = sa.select(goodwill_budget)
    if unit is not None:
        select = select.where(c.unit_id == unit)
    if year is not None:
        select = select.where(c.year == year)
    return [_budget(row) for row in await reader.all(after_key(select, (c.id,), after, limit, descending=True))]


async def commit(tx: Tx, unit: str, year: int, amount_minor: int) -> bool:
    """Take an amount from a budget; False when it has not so much left, or there is none."""
    return await tx.fetchval(_COMMIT, unit, year, amount_minor, tx.now) is not None


async def adjust(tx: Tx, unit: str, year: int, difference_minor: int) -> None:
    """Put the true cost in place of the estimate."""
    await tx.execute(_ADJUST, unit, year, difference_minor, tx.now)


async def set_budget(  # noqa: PLR0913 - whose, when, how much, at which version
    tx: Tx, unit: str, year: int, limit_minor: int, currency: str, expected: int | None
) -> Budget | None:
    """Set what a unit may give in a year; None when it is not at the version expected (0: not there yet)."""
    row = await tx.fetchrow(_SET, tx.new_id(), tx.now, unit, year, limit_minor, currency, expected)
    return _budget(row) if row else None


async def erase(tx: Tx, customer_ids: Sequence[UUID]) -> int:
    """Blank what was said about these customers."""
    return int((await tx.execute(_ERASE, list(customer_ids))).rpartition(" ")[2])


def _request(row: asyncpg.Record) -> Request:
    return Request(**{name: row[name] for name in _NAMES})


def _budget(row: asyncpg.Record) -> Budget:
    return Budget(**{name: row[name] for name in _BUDGET_NAMES})
