"""All SQL on customers' levels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from guanxi.db import Reader, Tx, as_row

_UPSERT = """
INSERT INTO customer_level AS l (id, version, created_at, recorded_at, unit_id, customer_id, segment, tier, as_of)
SELECT (s->>'id')::uuid, (s->>'sequence')::bigint, $2, $2, 'head-office', (s->>'customer_id')::uuid, s->>'segment',
  s->>'tier', (s->>'as_of')::date
FROM jsonb_array_elements($1::jsonb) AS x(s) ORDER BY 1
ON CONFLICT (id) DO UPDATE
SET version = excluded.version, recorded_at = excluded.recorded_at, customer_id = excluded.customer_id,
    segment = excluded.segment, tier = excluded.tier, as_of = excluded.as_of
WHERE l.version < excluded.version
"""
_LEVELS = """
SELECT customer_id, array_agg(level) AS levels FROM (
  SELECT l.customer_id, t.level FROM customer_level l JOIN tier_level t ON t.tier = l.tier
  WHERE l.customer_id = ANY($1::uuid[])
  UNION ALL
  SELECT customer_id, 'vip' FROM key_customer WHERE customer_id = ANY($1::uuid[]) AND until IS NULL) e
GROUP BY 1
"""


@dataclass(frozen=True, slots=True)
class Membership:
    """Where a customer stands in a segment; the higher sequence is the newer."""

    id: UUID
    sequence: int
    customer_id: UUID
    segment: str
    tier: str | None
    as_of: date


async def keep(tx: Tx, memberships: Sequence[Membership]) -> None:
    """Keep each membership's newest state."""
    await tx.execute(_UPSERT, [as_row(membership) for membership in memberships], tx.now)


async def levels(reader: Reader, customer_ids: Iterable[UUID]) -> dict[UUID, list[str]]:
    """Every service level that these customers have earned, in whichever segment or as key customers."""
    return {row["customer_id"]: row["levels"] for row in await reader.fetch(_LEVELS, list(set(customer_ids)))}
