"""All SQL on how far reports have been taken in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol
from uuid import UUID

from guanxi.db import Tx, as_row

_ADVANCE = """
INSERT INTO complaint_report AS r (id, version, created_at, recorded_at, unit_id, voided)
SELECT id, sequence, $5, $5, unit, voided
FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::boolean[]) AS n(id, sequence, unit, voided) ORDER BY id
ON CONFLICT (id) DO UPDATE SET version = excluded.version, voided = excluded.voided, recorded_at = excluded.recorded_at
WHERE NOT r.voided AND (excluded.voided OR r.version < excluded.version)
RETURNING id
"""

# The three belong to each other, so they are written together: a ticket without a holder is never seen, not even here.
_ENTER = """
WITH filed AS (INSERT INTO complaint SELECT * FROM jsonb_populate_recordset(NULL::complaint, $1::jsonb)),
  held AS (INSERT INTO custody SELECT * FROM jsonb_populate_recordset(NULL::custody, $2::jsonb))
INSERT INTO deadline SELECT * FROM jsonb_populate_recordset(NULL::deadline, $3::jsonb)
"""


class Row(Protocol):
    """A dataclass whose fields are the columns of its table."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Advance:
    """A report's next sequence."""

    id: UUID
    sequence: int
    unit: str
    voided: bool


async def advance(tx: Tx, steps: Sequence[Advance]) -> set[UUID]:
    """Move each report on, locked in sorted order; the ids of those whose step is news. Each id at most once."""
    columns = [list(part) for part in zip(*((s.id, s.sequence, s.unit, s.voided) for s in steps), strict=True)]
    return {row["id"] for row in await tx.fetch(_ADVANCE, *columns, tx.now)} if steps else set()


async def enter(tx: Tx, tickets: Sequence[Row], periods: Sequence[Row], deadlines: Sequence[Row]) -> None:
    """Add new tickets with the first period of their custody and their deadlines."""
    await tx.execute(_ENTER, *([as_row(row) for row in rows] for rows in (tickets, periods, deadlines)))
