"""All SQL on what customers said, over the firm."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from guanxi.db import Reader

# The newest version of each decides, and where it lies in time.
_COUNTING = """
WITH said AS (
  SELECT aggregate_id, customer_id, attrs FROM fact f
  WHERE kind = ANY (ARRAY['opinion', 'interview']) AND occurred_at >= $1 AND occurred_at < $2 AND NOT voided
    AND NOT EXISTS (
      SELECT 1 FROM fact n WHERE n.aggregate_id = f.aggregate_id AND n.kind = f.kind AND n.sequence > f.sequence)
)"""
_BY_CODE = f"""{_COUNTING}
SELECT g->>'code' AS code, count(*) AS grades, count(*) FILTER (WHERE customer_id IS NULL) AS anonymous,
       sum((g->>'expected')::int)::bigint AS expected, sum((g->>'obtained')::int)::bigint AS obtained,
       count(*) FILTER (WHERE (g->>'obtained')::int < (g->>'expected')::int) AS below,
       count(*) FILTER (WHERE (g->>'obtained')::int = (g->>'expected')::int) AS equal,
       count(*) FILTER (WHERE (g->>'obtained')::int > (g->>'expected')::int) AS above
FROM said, jsonb_array_elements(attrs->'grades') g WHERE g->>'expected' IS NOT NULL GROUP BY 1
"""
_OPINIONS = f"""{_COUNTING}
SELECT count(*) AS opinions, count(*) FILTER (WHERE customer_id IS NULL) AS anonymous FROM said
"""


@dataclass(frozen=True, slots=True)
class Graded:
    """The grades under one code (a facet, an indicator, or none), summed up."""

    code: str | None
    grades: int
    anonymous: int
    expected: int
    obtained: int
    below: int
    equal: int
    above: int


async def by_code(reader: Reader, start: datetime, end: datetime) -> list[Graded]:
    """Grades with an expectation, given from a moment up to but without another, by code."""
    return [Graded(**dict(row)) for row in await reader.fetch(_BY_CODE, start, end)]


async def opinions(reader: Reader, start: datetime, end: datetime) -> tuple[int, int]:
    """How many opinions and interviews there were, and how many of them without a name."""
    row = await reader.fetchrow(_OPINIONS, start, end)
    assert row is not None  # noqa: S101 - an aggregate always has its row
    return row["opinions"], row["anonymous"]
