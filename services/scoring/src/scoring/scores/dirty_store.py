"""All SQL on who must be scored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from guanxi.db import Tx

LIVE, HISTORIC, SWEPT = 0, 1, 2
# Rows are only ever added, so that a consumer never waits for the scorer; many rows of one customer are one scoring.
_MARK = """
INSERT INTO dirty (customer_id, since, newest_at, urgency, due_at)
SELECT c, $1, t, u, d FROM unnest($2::uuid[], $3::timestamptz[], $4::int[], $5::timestamptz[]) AS x(c, t, u, d)
"""
_CLAIM = """
WITH ripe AS (
  SELECT customer_id FROM dirty WHERE due_at <= $1 ORDER BY urgency, due_at, seq LIMIT $2 FOR UPDATE SKIP LOCKED
), mine AS (
  SELECT seq FROM dirty WHERE customer_id IN (SELECT customer_id FROM ripe) FOR UPDATE SKIP LOCKED
)
DELETE FROM dirty WHERE seq IN (SELECT seq FROM mine) RETURNING customer_id, newest_at, urgency, due_at
"""
_POSTPONE = "UPDATE dirty SET due_at = $2 WHERE customer_id = ANY($1::uuid[]) AND due_at < $2"
_BEGIN_SWEEP = "INSERT INTO sweep (day, begun_at) VALUES ($1, $2) ON CONFLICT DO NOTHING"
_SWEEP = """
WITH at AS (
  SELECT day, reached FROM sweep WHERE day = $1 AND ended_at IS NULL FOR UPDATE SKIP LOCKED
), chunk AS (
  SELECT DISTINCT customer_id FROM score_series
  WHERE customer_id > (SELECT coalesce(reached, '00000000-0000-0000-0000-000000000000') FROM at)
    AND ended_at IS NULL AND as_of < $1
  ORDER BY customer_id LIMIT $5
), marked AS (
  INSERT INTO dirty (customer_id, since, newest_at, urgency, due_at)
  SELECT customer_id, $2::timestamptz, $3::timestamptz, $4::int, $2::timestamptz FROM chunk
), next AS (
  SELECT count(*) AS n, (SELECT customer_id FROM chunk ORDER BY customer_id DESC LIMIT 1) AS reached FROM chunk
)
UPDATE sweep SET reached = coalesce(next.reached, sweep.reached), ended_at = CASE WHEN next.n < $5 THEN $2 END
FROM next, at WHERE sweep.day = at.day RETURNING next.n
"""


@dataclass(frozen=True, slots=True)
class Mark:
    """Whom to score, because of what was newest at that time, how urgently and from when on."""

    customer_id: UUID
    newest_at: datetime
    urgency: int
    due_at: datetime


async def mark(tx: Tx, marks: Sequence[Mark]) -> None:
    """Enter customers to be scored."""
    columns = zip(*((one.customer_id, one.newest_at, one.urgency, one.due_at) for one in marks), strict=True)
    await tx.execute(_MARK, tx.now, *(list(column) for column in columns))


async def claim(tx: Tx, limit: int) -> list[Mark]:
    """Take customers that are due out of the set, most urgent first, each with its marks as one.

    That has the newest cause, the highest urgency and the earliest moment among them.
    """
    found: dict[UUID, Mark] = {}
    for mark in (Mark(**dict(row)) for row in await tx.fetch(_CLAIM, tx.now, limit)):
        known = found.get(mark.customer_id, mark)
        found[mark.customer_id] = Mark(
            mark.customer_id,
            max(mark.newest_at, known.newest_at),
            min(mark.urgency, known.urgency),
            min(mark.due_at, known.due_at),
        )
    return sorted(found.values(), key=lambda one: (one.urgency, one.due_at, one.customer_id))


async def postpone(tx: Tx, customer_ids: Sequence[UUID], until: datetime) -> None:
    """Let these customers wait."""
    await tx.execute(_POSTPONE, list(customer_ids), until)


async def begin_sweep(tx: Tx, day: date) -> None:
    """Note that a day has begun; nothing when that was noted before."""
    await tx.execute(_BEGIN_SWEEP, day, tx.now)


async def sweep(tx: Tx, day: date, began_at: datetime, limit: int) -> int:
    """Have the next customers scored for a day that has begun; gives how many.

    None are left when these are fewer than `limit`; 0 also when another worker is at it.
    """
    return int(await tx.fetchval(_SWEEP, day, tx.now, began_at, SWEPT, limit) or 0)
