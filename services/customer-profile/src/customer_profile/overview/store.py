"""All SQL of the overview."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from customer_profile.overview.rules import ENTERED, HIDDEN, LENGTHS, Item, Rows
from guanxi.db import Reader, Tx, as_row

_COLUMNS = "section, item_id, customer_id, unit_id, sequence, status, at, recorded_at, body_sequence, body"
_NEWER = "excluded.sequence > o.sequence"
_FULLER = "excluded.body_sequence IS NOT NULL AND excluded.body_sequence > coalesce(o.body_sequence, -1)"
_KEEP = f"""
INSERT INTO overview_item AS o ({_COLUMNS})
SELECT {_COLUMNS} FROM jsonb_populate_recordset(NULL::overview_item, $1::jsonb) ORDER BY section, item_id
ON CONFLICT (section, item_id) DO UPDATE SET
  customer_id = CASE WHEN {_NEWER} THEN excluded.customer_id ELSE o.customer_id END,
  unit_id = CASE WHEN {_NEWER} THEN coalesce(excluded.unit_id, o.unit_id)
                 ELSE coalesce(o.unit_id, excluded.unit_id) END,
  status = CASE WHEN 'voided' IN (o.status, excluded.status) THEN 'voided'
                WHEN {_NEWER} THEN excluded.status ELSE o.status END,
  sequence = greatest(o.sequence, excluded.sequence),
  recorded_at = greatest(o.recorded_at, excluded.recorded_at),
  at = CASE WHEN {_FULLER} THEN excluded.at ELSE o.at END,
  body = CASE WHEN {_FULLER} THEN excluded.body ELSE o.body END,
  body_sequence = greatest(o.body_sequence, excluded.body_sequence)
"""
_READ = f"""
SELECT i.* FROM unnest($1::text[]) AS s(name) CROSS JOIN LATERAL (
  SELECT {_COLUMNS} FROM overview_item
  WHERE customer_id = ANY($2::uuid[]) AND section = s.name AND ($3::text IS NULL OR unit_id = $3)
    AND status <> ALL($4::text[])
  ORDER BY at DESC LIMIT $5) i
"""
_AS_OF = """
SELECT section, max(recorded_at) AS as_of FROM overview_item
WHERE customer_id = ANY($1::uuid[]) AND ($2::text IS NULL OR unit_id = $2) GROUP BY section
"""
# An id of version 7 tells when the thing was entered; of one that was derived only its last change is known.
_BETWEEN = """
SELECT section, customer_id, body->>'source' AS source, count(*) AS count, max(recorded_at) AS at
FROM overview_item
WHERE customer_id = ANY($1::uuid[]) AND section = ANY($2::text[]) AND status <> 'voided'
  AND coalesce(uuid_extract_timestamp(item_id), recorded_at) > $3
  AND ($4::timestamptz IS NULL OR coalesce(uuid_extract_timestamp(item_id), recorded_at) <= $4)
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""
_ERASE = "DELETE FROM overview_item WHERE customer_id = ANY($1::uuid[])"


async def keep(tx: Tx, items: Sequence[Item]) -> None:
    """Write items (one for each thing, sorted): the newer status, the newer body; voided is final."""
    await tx.execute(
        _KEEP, [{**as_row(one), "item_id": str(one.item_id), "customer_id": str(one.customer_id)} for one in items]
    )


async def items(reader: Reader, members: Sequence[UUID], unit: str | None) -> list[Item]:
    """The newest items of each section that stand; of one unit, or of all."""
    rows = await reader.fetch(_READ, list(LENGTHS), list(members), unit, list(HIDDEN), max(LENGTHS.values()))
    return [Item(**dict(row)) for row in rows]


async def between(reader: Reader, members: Sequence[UUID], since: datetime, until: datetime | None) -> list[Rows]:
    """What was entered of these records within a time, counted by section, record and source."""
    rows = await reader.fetch(_BETWEEN, list(members), list(ENTERED), since, until)
    return [Rows(**dict(row)) for row in rows]


async def as_of(reader: Reader, members: Sequence[UUID], unit: str | None) -> dict[str, datetime]:
    """For each section when we last learned anything."""
    return {row["section"]: row["as_of"] for row in await reader.fetch(_AS_OF, list(members), unit)}


async def erase(tx: Tx, customer_ids: Sequence[UUID]) -> int:
    """Forget these customers' items; gives how many there were."""
    return int((await tx.execute(_ERASE, list(customer_ids))).split()[-1])
