"""All SQL on facts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from operator import attrgetter, itemgetter
from typing import Any
from uuid import UUID

import asyncpg

from guanxi.db import Reader, Tx
from scoring.facts.rules import LEADING_BACK, REPEATED, FactRow, Graded, Traits

# A version once known never changes, so a repeat of it is nothing; sorted, so that two members never wait in a circle.
_ADD = """
INSERT INTO fact (aggregate_id, kind, sequence, customer_id, unit_id, occurred_at, recorded_at, amount_minor, currency,
                  attrs, voided, event_id)
SELECT aggregate_id, kind, sequence, customer_id, unit_id, occurred_at, recorded_at, amount_minor, currency,
       attrs, voided, event_id
FROM jsonb_populate_recordset(NULL::fact, $1::jsonb) ORDER BY aggregate_id, kind, sequence
ON CONFLICT DO NOTHING RETURNING customer_id, event_id
"""
# What is there, or is less than the newest that was known no later, is left out: most batches write nothing here, and
# wait for nobody.
_MARK_SOURCES = """
INSERT INTO source_watermark AS w (source, up_to, recorded_at)
SELECT s, u, r FROM unnest($1::text[], $2::timestamptz[], $3::timestamptz[]) AS x(s, u, r)
WHERE NOT EXISTS (SELECT 1 FROM source_watermark k WHERE k.source = s AND k.up_to = u AND k.recorded_at <= r)
  AND NOT EXISTS (
    SELECT 1 FROM (SELECT * FROM source_watermark WHERE source = s ORDER BY up_to DESC LIMIT 1) k
    WHERE k.up_to >= u AND k.recorded_at <= r)
ORDER BY s, u
ON CONFLICT (source, up_to) DO UPDATE SET recorded_at = least(w.recorded_at, excluded.recorded_at)
"""
# A mark that another one covers was written only because it came first.
TELLS = """NOT EXISTS (
  SELECT 1 FROM {table} k WHERE k.source = {row}.source AND k.up_to >= {row}.up_to
    AND k.recorded_at <= {row}.recorded_at AND (k.up_to > {row}.up_to OR k.recorded_at < {row}.recorded_at))"""
_REACH = """
WITH RECURSIVE named AS (
  SELECT min(source) AS source FROM source_watermark
  UNION ALL
  SELECT (SELECT min(source) FROM source_watermark w WHERE w.source > n.source) FROM named n WHERE n.source IS NOT NULL
)
SELECT source, up_to FROM named n, LATERAL (
  SELECT up_to FROM source_watermark w
  WHERE w.source = n.source AND w.recorded_at <= coalesce($1, 'infinity'::timestamptz) ORDER BY up_to DESC LIMIT 1
) newest
"""
_CURRENT = """
SELECT DISTINCT ON (aggregate_id, kind, CASE WHEN kind = ANY($4::text[]) THEN sequence END) * FROM fact
WHERE customer_id = ANY($1::uuid[]) AND kind = ANY($2::text[]) AND recorded_at <= coalesce($3, 'infinity'::timestamptz)
ORDER BY aggregate_id, kind, CASE WHEN kind = ANY($4::text[]) THEN sequence END, sequence DESC
"""
# A return takes its margin from its order, however old that is.
_CURRENT_SINCE = f"""
WITH newest AS ({_CURRENT})
SELECT * FROM newest n WHERE occurred_at >= $5 OR voided OR (kind = 'order' AND aggregate_id::text IN (
  SELECT attrs->>'order_id' FROM newest WHERE kind = 'return' AND occurred_at >= $5))
"""
_REFERRALS_BY = """
SELECT * FROM fact WHERE kind = 'referral' AND customer_id = ANY($1::uuid[])
  AND recorded_at <= coalesce($2, 'infinity'::timestamptz)
"""
# By the aggregate: what voids a referral does not say who had been referred.
_REFERRALS_OF = """
SELECT * FROM fact WHERE kind = 'referral' AND recorded_at <= coalesce($2, 'infinity'::timestamptz)
  AND aggregate_id IN (
    SELECT aggregate_id FROM fact WHERE kind = 'referral' AND attrs->>'referred_id' = ANY($1::text[]))
"""
# What a cycle's own facts lead to: the needs that its interviews raised, and who was told of its improvements.
_OF_CYCLE = """
WITH own AS (
  SELECT DISTINCT aggregate_id, kind FROM fact WHERE attrs->>'cycle_id' = $1::text AND attrs ? 'cycle_id'
), need AS (
  SELECT DISTINCT aggregate_id FROM fact
  WHERE kind = 'need' AND attrs->>'interview_id' IN (SELECT aggregate_id::text FROM own WHERE kind = 'interview')
)
SELECT f.* FROM fact f JOIN own ON own.aggregate_id = f.aggregate_id AND own.kind = f.kind
UNION ALL
SELECT f.* FROM fact f JOIN own ON own.aggregate_id = f.aggregate_id WHERE f.kind = 'improvement.told'
UNION ALL
SELECT f.* FROM fact f JOIN need ON need.aggregate_id = f.aggregate_id
"""
# Walked in the order of the groups and only so far: a hundred customers of very many facts cost no more than one.
_SIZES = """
SELECT place, count(*) AS n FROM (
  SELECT w.place FROM unnest($1::uuid[], $2::int[]) AS w(id, place)
  CROSS JOIN LATERAL (SELECT FROM fact WHERE customer_id = w.id LIMIT $3) f
  LIMIT $3
) counted GROUP BY place
"""
_BLANK = "UPDATE fact SET attrs = attrs - $2::text[] WHERE customer_id = ANY($1::uuid[])"
_ERASED = """
SELECT id FROM directory_customer d
WHERE status = 'erased' AND EXISTS (SELECT 1 FROM fact f WHERE f.customer_id = d.id)
"""
_TALLY = """
SELECT kind, count(DISTINCT aggregate_id) AS n FROM fact f
WHERE event_id >= uuidv7_floor($2) AND attrs->>'source' = $1 AND NOT EXISTS (
  SELECT 1 FROM fact o WHERE o.aggregate_id = f.aggregate_id AND o.kind = f.kind
    AND o.event_id < uuidv7_floor($2) AND o.attrs->>'source' = $1)
GROUP BY kind
"""
_TRAITS = Traits._fields
_COLUMNS = tuple(field.name for field in fields(FactRow) if field.name != "traits")
_KNOWN = frozenset(_TRAITS)
_columns_of, _read = attrgetter(*_COLUMNS), itemgetter(*_COLUMNS)
_IDS = tuple(name for name in _TRAITS if name.endswith("_id"))


async def add(tx: Tx, rows: Sequence[FactRow]) -> list[tuple[UUID | None, UUID]]:
    """Enter versions of facts; gives customer and event of those that were new."""
    added = await tx.fetch(_ADD, [_values(row) for row in rows])
    return [(row["customer_id"], row["event_id"]) for row in added]


async def mark_sources(tx: Tx, reached: Mapping[tuple[str, datetime], datetime]) -> None:
    """Note how far each source has told us, and since when we know: (source, up to) -> recorded."""
    sources, moments = zip(*reached, strict=True)
    await tx.execute(_MARK_SOURCES, list(sources), list(moments), list(reached.values()))


async def reach(reader: Reader, known_at: datetime | None) -> dict[str, datetime]:
    """How far each source had told us by what was known then (now, without one)."""
    return {row["source"]: row["up_to"] for row in await reader.fetch(_REACH, known_at)}


async def of_customers(
    reader: Reader, customer_ids: Sequence[UUID], kinds: Sequence[str], known_at: datetime | None = None
) -> list[FactRow]:
    """The newest version, by what was known then, of each fact of these kinds; voided ones too."""
    rows = await reader.fetch(_CURRENT, list(customer_ids), list(kinds), known_at, REPEATED)
    return [read(row) for row in rows]


async def of_customers_since(
    reader: Reader, customer_ids: Sequence[UUID], kinds: Sequence[str], known_at: datetime | None, since: datetime
) -> list[FactRow]:
    """The same of what happened since a moment, with older orders of which something was returned since."""
    rows = await reader.fetch(_CURRENT_SINCE, list(customer_ids), list(kinds), known_at, REPEATED, since)
    return [read(row) for row in rows]


async def sizes(reader: Reader, groups: Sequence[Sequence[UUID]], most: int) -> list[int]:
    """How many versions of facts there are of each group of records, counted from the first up to `most` in all."""
    ids = [(one, place) for place, members in enumerate(groups) for one in members]
    rows = await reader.fetch(_SIZES, [one for one, _ in ids], [place for _, place in ids], most)
    found = {row["place"]: row["n"] for row in rows}
    return [found.get(place, 0) for place in range(len(groups))]


async def referrals(
    reader: Reader, *, by: Iterable[UUID] = (), of: Iterable[UUID] = (), known_at: datetime | None = None
) -> list[FactRow]:
    """Every version of the referrals that these records made, and of those that name these as referred."""
    makers, made = list(by), [str(one) for one in of]
    rows = await reader.fetch(_REFERRALS_BY, makers, known_at) if makers else []
    rows += await reader.fetch(_REFERRALS_OF, made, known_at) if made else []
    return [read(row) for row in rows]


async def of_cycle(reader: Reader, cycle_id: UUID) -> list[FactRow]:
    """Every version of what belongs to a review cycle: interviews with their needs, improvements with who was told."""
    return [read(row) for row in await reader.fetch(_OF_CYCLE, str(cycle_id))]


async def blank(tx: Tx, customer_ids: Sequence[UUID]) -> int:
    """Take out of these customers' facts whatever leads back to a conversation; amounts and times stay."""
    return int((await tx.execute(_BLANK, list(customer_ids), list(LEADING_BACK))).rpartition(" ")[2])


async def erased(reader: Reader) -> list[UUID]:
    """The erased customers of whom there are facts."""
    return [row["id"] for row in await reader.fetch(_ERASED)]


def _values(row: FactRow) -> dict[str, Any]:
    values: dict[str, Any] = dict(zip(_COLUMNS, _columns_of(row), strict=True))
    values["attrs"] = {name: value for name, value in zip(_TRAITS, row.traits, strict=True) if value is not None}
    return values


def read(row: asyncpg.Record) -> FactRow:
    """A row of `fact` as the rules know it."""
    attrs: dict[str, Any] = row["attrs"]
    if not _KNOWN.issuperset(attrs):
        attrs = {name: value for name, value in attrs.items() if name in _KNOWN}
    for name in _IDS:
        if name in attrs:
            attrs[name] = UUID(attrs[name])
    if "grades" in attrs:
        attrs["grades"] = tuple(Graded(**grade) for grade in attrs["grades"])
    return FactRow(**dict(zip(_COLUMNS, _read(row), strict=True)), traits=Traits(**attrs))


async def tally(reader: Reader, source: str, since: datetime) -> dict[str, int]:
    """How many facts of each kind were first told of since a moment by what this publisher reported."""
    return {row["kind"]: row["n"] for row in await reader.fetch(_TALLY, source, since)}
