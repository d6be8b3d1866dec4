"""All SQL on how far reports have been taken in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from guanxi.db import Tx

_ADVANCE = """
INSERT INTO complaint_report AS r (id, version, created_at, recorded_at, unit_id, voided)
SELECT id, sequence, $5, $5, unit, voided
FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::boolean[]) AS n(id, sequence, unit, voided) ORDER BY id
ON CONFLICT (id) DO UPDATE SET version = excluded.version, voided = excluded.voided, recorded_at = excluded.recorded_at
WHERE NOT r.voided AND (excluded.voided OR r.version < excluded.version)
RETURNING id
"""


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
