"""All SQL on problems."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import sqlalchemy as sa

from complaints.problems.rules import Heap, Problem, Solution
from complaints.problems.tables import problem
from guanxi.db import Reader, Tx, after_key, as_row

_NAMES = tuple(one.name for one in fields(Problem))
_ONE = "SELECT * FROM problem WHERE id = $1"
_HEAPS = """
SELECT c.cause, c.sku, count(*)::int AS complaints, (count(*) FILTER (WHERE c.customer_id IS NULL))::int AS anonymous,
  coalesce(array_agg(DISTINCT c.customer_id) FILTER (WHERE c.customer_id IS NOT NULL), '{}') AS customers,
  min(c.filed_at) AS first
FROM complaint c
WHERE c.voided_at IS NULL AND c.filed_at >= $1 AND NOT EXISTS (
  SELECT FROM problem p
  WHERE p.cause = c.cause AND p.sku IS NOT DISTINCT FROM c.sku AND p.improved_from > c.filed_at)
GROUP BY c.cause, c.sku HAVING count(DISTINCT coalesce(c.customer_id, c.id)) >= $2
"""
# An improvement that is being published meanwhile is waited for, and what it says is looked at again.
_HOLD = """
SELECT FROM problem p JOIN unnest($1::text[], $2::text[]) AS w(cause, sku)
  ON p.cause = w.cause AND p.sku IS NOT DISTINCT FROM w.sku
WHERE p.status <> 'improved' ORDER BY p.id FOR UPDATE OF p
"""
# Of what a person works on the counts go on; what was improved is another row.
_SUSPECT = """
INSERT INTO problem AS p SELECT n.* FROM jsonb_populate_recordset(NULL::problem, $1::jsonb) n
JOIN unnest($2::uuid[], $3::timestamptz[]) AS f(id, first) ON f.id = n.id
WHERE NOT EXISTS (
  SELECT FROM problem q WHERE q.cause = n.cause AND q.sku IS NOT DISTINCT FROM n.sku AND q.improved_from > f.first)
ORDER BY n.cause, n.sku
ON CONFLICT (cause, (COALESCE(sku, ''::text))) WHERE status <> 'improved' DO UPDATE
SET version = p.version + 1, recorded_at = excluded.recorded_at, since = least(p.since, excluded.since),
    complaints = excluded.complaints, complainants = excluded.complainants
WHERE (p.complaints, p.complainants) IS DISTINCT FROM (excluded.complaints, excluded.complainants)
"""
_SOLUTION = """
SELECT id AS problem_id, solution AS text, remedy, decided_at FROM problem
WHERE cause = $1 AND sku IS NOT DISTINCT FROM $2 AND solution IS NOT NULL ORDER BY decided_at DESC LIMIT 1
"""
_SAVE = """
UPDATE problem p SET version = n.version, recorded_at = n.recorded_at, status = n.status,
  recognised_by = n.recognised_by, recognised_at = n.recognised_at, solution = n.solution, remedy = n.remedy,
  decided_by = n.decided_by, decided_at = n.decided_at, improved_from = n.improved_from
FROM jsonb_populate_recordset(NULL::problem, $1::jsonb) n WHERE p.id = n.id
"""


async def heaps(reader: Reader, since: datetime, least: int) -> list[Heap]:
    """Causes (and articles) of which so many records have complained since a moment; what was improved is left out."""
    return [Heap(**dict(row)) for row in await reader.fetch(_HEAPS, since, least)]


async def suspect(tx: Tx, some: Sequence[tuple[Problem, datetime]]) -> None:
    """Add problems, or count anew those that are there and not improved; each with when it was first complained of.

    What was improved since it was counted is left out.
    """
    made = [one for one, _ in some]
    await tx.execute(_HOLD, [one.cause for one in made], [one.sku for one in made])
    await tx.execute(_SUSPECT, [as_row(one) for one in made], [one.id for one in made], [first for _, first in some])


async def find(reader: Reader, problem_id: UUID, *, lock: bool = False) -> Problem | None:
    """One problem."""
    row = await reader.fetchrow(f"{_ONE} FOR UPDATE" if lock else _ONE, problem_id)
    return _problem(row) if row else None


async def solution(reader: Reader, cause: str, sku: str | None) -> Solution | None:
    """What was decided last about a cause and article."""
    row = await reader.fetchrow(_SOLUTION, cause, sku)
    return Solution(**dict(row)) if row else None


async def save(tx: Tx, one: Problem) -> None:
    """Write what became of a problem that is held."""
    await tx.execute(_SAVE, [as_row(one)])


async def page(  # noqa: PLR0913 - one argument for each filter
    reader: Reader, status: str | None, cause: str | None, sku: str | None, after: Sequence[Any] | None, limit: int
) -> list[Problem]:
    """Problems, the newest first, one more than `limit`."""
    c = problem.c
    select = sa.select(problem)
    for column, value in ((c.status, status), (c.cause, cause), (c.sku, sku)):
        if value is not None:
            select = select.where(column == value)
    return [_problem(row) for row in await reader.all(after_key(select, (c.id,), after, limit, descending=True))]


def _problem(row: asyncpg.Record) -> Problem:
    return Problem(**{name: row[name] for name in _NAMES})
