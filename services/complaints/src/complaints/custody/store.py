"""All SQL on custody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from uuid import UUID

import asyncpg

from complaints.custody.rules import Period
from complaints.routing.lessons import Ending
from guanxi.db import Reader, Tx, as_row

_NAMES = tuple(field.name for field in fields(Period))
_INSERT = "INSERT INTO custody SELECT * FROM jsonb_populate_recordset(NULL::custody, $1::jsonb)"
_OF_COMPLAINT = "SELECT * FROM custody WHERE complaint_id = $1 ORDER BY n"
_SETTLE = """
UPDATE custody
SET status = CASE WHEN status = 'asked' THEN 'withdrawn' ELSE 'ended' END, ended_at = $3, version = version + 1
WHERE complaint_id = $1 AND status = ANY($2::text[])
"""
_BEGIN = """
UPDATE custody SET status = 'held', began_at = $2, version = version + 1 WHERE complaint_id = $1 AND status = 'asked'
"""
_WRONG_DOORS = """
SELECT k.from_unit AS unit, c.cause, count(*) AS count, count(DISTINCT c.id) AS complaints
FROM custody k JOIN complaint c ON c.id = k.complaint_id
WHERE k.wrong_door AND k.status <> 'withdrawn' AND c.voided_at IS NULL
  AND ($1::timestamptz IS NULL OR k.created_at >= $1)
GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2
"""
# Of what the router sent to a wrong door: what only waits to be accepted has not ended anywhere yet, and rules lead to
# internal units alone. A customer who came to a first door was not routed.
_ENDINGS = """
SELECT c.cause, c.sku, c.holder_unit AS unit, count(*) AS complaints
FROM complaint c JOIN directory_unit u ON u.code = c.holder_unit AND u.internal
  JOIN custody f ON f.complaint_id = c.id AND f.n = 1 AND f.reason <> 'first_door'
WHERE c.voided_at IS NULL AND EXISTS (
  SELECT FROM custody k WHERE k.complaint_id = c.id AND k.wrong_door AND k.status IN ('held', 'ended')
    AND ($1::timestamptz IS NULL OR k.created_at >= $1))
  AND NOT EXISTS (
    SELECT FROM custody k WHERE k.complaint_id = c.id AND k.wrong_door AND k.from_unit = c.holder_unit
      AND k.status <> 'withdrawn')
GROUP BY 1, 2, 3
"""
_ERASE = """
UPDATE custody SET note = NULL WHERE complaint_id IN (SELECT id FROM complaint WHERE customer_id = ANY($1::uuid[]))
"""


@dataclass(frozen=True, slots=True)
class WrongDoor:
    """How often complaints of a cause came to a unit that was wrong for them."""

    unit: str
    cause: str
    count: int
    complaints: int


async def insert(tx: Tx, periods: Sequence[Period]) -> None:
    """Add periods."""
    await tx.execute(_INSERT, [as_row(period) for period in periods])


async def of_complaint(reader: Reader, complaint_id: UUID) -> list[Period]:
    """All periods of a complaint, in order."""
    return [_period(row) for row in await reader.fetch(_OF_COMPLAINT, complaint_id)]


async def settle(tx: Tx, complaint_id: UUID, *statuses: str) -> None:
    """End the period that is `held`, withdraw the one that was `asked` for."""
    await tx.execute(_SETTLE, complaint_id, list(statuses), tx.now)


async def move(tx: Tx, complaint_id: UUID) -> None:
    """End the period that is held and begin the one that was asked for."""
    await settle(tx, complaint_id, "held")
    await tx.execute(_BEGIN, complaint_id, tx.now)


async def wrong_doors(reader: Reader, since: datetime | None) -> list[WrongDoor]:
    """The matrix of wrong doors, the fullest cell first."""
    return [WrongDoor(**dict(row)) for row in await reader.fetch(_WRONG_DOORS, since)]


async def endings(reader: Reader, since: datetime | None) -> list[Ending]:
    """Which units have taken up, in the end, what the router had sent to a wrong door."""
    return [Ending(**dict(row)) for row in await reader.fetch(_ENDINGS, since)]


async def erase(tx: Tx, customer_ids: Sequence[UUID]) -> int:
    """Blank what was said when complaints of these customers were handed on."""
    return int((await tx.execute(_ERASE, list(customer_ids))).rpartition(" ")[2])


def _period(row: asyncpg.Record) -> Period:
    return Period(**{name: row[name] for name in _NAMES})
