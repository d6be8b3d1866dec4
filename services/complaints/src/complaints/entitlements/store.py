"""All SQL on what was told of purchases and standing."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import fields
from datetime import date, datetime
from typing import Any
from uuid import UUID

import asyncpg

from complaints.entitlements.goods import Record
from complaints.entitlements.rules import Settled
from complaints.entitlements.told import KeyRow, RegionRow, TierRow
from guanxi.db import Reader, Tx, as_row

_NAMES = tuple(one.name for one in fields(Record))
_KEEP = (
    "INSERT INTO {table} SELECT * FROM jsonb_populate_recordset(NULL::{table}, $1::jsonb) ON CONFLICT (id) DO NOTHING"
)
_KEEP_DESIGNATIONS = """
INSERT INTO key_customer AS k SELECT * FROM jsonb_populate_recordset(NULL::key_customer, $1::jsonb) ORDER BY id
ON CONFLICT (id) DO UPDATE
SET version = excluded.version, recorded_at = excluded.recorded_at, customer_id = excluded.customer_id,
    since = excluded.since, until = excluded.until
WHERE k.version < excluded.version
"""
_KEEP_REGIONS = """
INSERT INTO customer_region AS r SELECT * FROM jsonb_populate_recordset(NULL::customer_region, $1::jsonb) ORDER BY id
ON CONFLICT (id) DO UPDATE
SET version = excluded.version, recorded_at = excluded.recorded_at, unit_id = excluded.unit_id,
    region = excluded.region
WHERE r.version < excluded.version
"""
# All versions of each record that was ever told of one of these customers: the newest may name another.
_RECORDS = """
SELECT * FROM purchase WHERE record_id IN (SELECT record_id FROM purchase WHERE customer_id = ANY($1::uuid[]))
"""
_COSTS = """
SELECT p.lines->0->>'sku' AS sku, p.currency, (p.at AT TIME ZONE $1::text)::date AS day,
  sum(p.amount_minor)::bigint AS amount
FROM (SELECT DISTINCT ON (record_id) * FROM purchase WHERE kind = 'service'
      ORDER BY record_id, voided DESC, version DESC) p
WHERE NOT p.voided AND p.amount_minor IS NOT NULL AND p.currency IS NOT NULL AND p.lines->0->>'sku' IS NOT NULL
GROUP BY 1, 2, 3
"""
_STEPS = "SELECT customer_id, series_id, version, tier, as_of FROM tier_change WHERE customer_id = ANY($1::uuid[])"
_DESIGNATIONS = "SELECT customer_id, since, until FROM key_customer WHERE customer_id = ANY($1::uuid[])"
_REGIONS = "SELECT id, region FROM customer_region WHERE id = ANY($1::uuid[]) AND region IS NOT NULL"
_BUYERS = """
SELECT DISTINCT customer_id FROM purchase WHERE kind IN ('order', 'delivery') AND customer_id > $1
ORDER BY customer_id LIMIT $2
"""
_CORRECTED = """
SELECT DISTINCT p.record_id, p.customer_id FROM purchase p
WHERE p.customer_id IS NOT NULL AND p.record_id IN (
  SELECT record_id FROM purchase WHERE kind = 'order' AND version > 1 AND record_id > $1
  GROUP BY record_id ORDER BY record_id LIMIT $2)
ORDER BY p.record_id, p.customer_id
"""
_BOUGHT = """
SELECT DISTINCT customer_id FROM purchase WHERE kind IN ('order', 'delivery') AND customer_id = ANY($1::uuid[])
"""
_OWNERS = """
SELECT DISTINCT customer_id FROM purchase WHERE record_id = $1 AND kind = 'order' AND customer_id IS NOT NULL ORDER BY 1
"""
# Two who decide at once: the second must see what the first has decided.
_DECIDING = "SELECT pg_advisory_xact_lock(hashtextextended('complaints.entitlement/' || $1::text, 0))"
_SETTLED = """
SELECT order_id AS about_id, at_version, decision, decided_by, reason FROM entitlement_decision
WHERE order_id = ANY($1::uuid[])
"""
_SETTLED_FOR = "SELECT customer_id, at_version FROM entitlement_decision WHERE order_id = $1"
_SETTLE = """
INSERT INTO entitlement_decision AS d
  (id, created_at, recorded_at, unit_id, customer_id, order_id, at_version, decision, reason, decided_by)
VALUES ($1, $2, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (order_id) DO UPDATE SET version = d.version + 1, recorded_at = excluded.recorded_at,
  customer_id = excluded.customer_id, at_version = excluded.at_version,
  decision = excluded.decision, reason = excluded.reason,
  decided_by = excluded.decided_by
"""
_SOLD = """
SELECT l->>'sku' AS sku, sum((l->>'quantity')::bigint)::bigint AS pieces FROM (
  SELECT DISTINCT ON (record_id) * FROM purchase
  WHERE record_id IN (SELECT record_id FROM purchase WHERE kind = 'order' AND at >= $1 AND at < $2)
  ORDER BY record_id, voided DESC, version DESC) p, jsonb_array_elements(p.lines) AS x(l)
WHERE NOT p.voided AND p.at >= $1 AND p.at < $2 AND l->>'sku' IS NOT NULL GROUP BY 1
"""


async def keep_records(tx: Tx, records: Sequence[Record]) -> None:
    """Add versions of records; one that is there already is the same."""
    await tx.execute(_KEEP.format(table="purchase"), [as_row(one) for one in records])


async def keep_steps(tx: Tx, steps: Sequence[TierRow]) -> None:
    """Add steps between tiers."""
    await tx.execute(_KEEP.format(table="tier_change"), [as_row(one) for one in steps])


async def keep_designations(tx: Tx, some: Sequence[KeyRow]) -> None:
    """Keep each designation's newest state; each at most once."""
    await tx.execute(_KEEP_DESIGNATIONS, [as_row(one) for one in some])


async def keep_regions(tx: Tx, some: Sequence[RegionRow]) -> None:
    """Keep each customer's newest region; each at most once."""
    await tx.execute(_KEEP_REGIONS, [as_row(one) for one in some])


async def records(reader: Reader, customer_ids: Collection[UUID]) -> list[Record]:
    """All versions of all records that were ever told of one of these customers."""
    return [_record(row) for row in await reader.fetch(_RECORDS, list(customer_ids))]


async def steps(reader: Reader, customer_ids: Collection[UUID]) -> list[asyncpg.Record]:
    """Their steps between tiers."""
    return await reader.fetch(_STEPS, list(customer_ids))


async def designations(reader: Reader, customer_ids: Collection[UUID]) -> list[asyncpg.Record]:
    """Their designations as key customers."""
    return await reader.fetch(_DESIGNATIONS, list(customer_ids))


async def regions(reader: Reader, customer_ids: Collection[UUID]) -> dict[UUID, str]:
    """The regions of those whose is known."""
    return {row["id"]: row["region"] for row in await reader.fetch(_REGIONS, list(customer_ids))}


async def settled(reader: Reader, order_ids: Collection[UUID]) -> dict[UUID, Settled]:
    """What people have decided about these orders."""
    rows = await reader.fetch(_SETTLED, list(order_ids))
    return {row["about_id"]: Settled(**dict(row)) for row in rows}


async def settled_for(reader: Reader, order_id: UUID) -> tuple[UUID, int] | None:
    """Of whom, and as of which version of an order, a person has decided last."""
    row = await reader.fetchrow(_SETTLED_FOR, order_id)
    return (row["customer_id"], row["at_version"]) if row else None


async def settle(tx: Tx, made: Settled, customer_id: UUID, unit: str) -> None:
    """Keep what a person has decided about an order; the last word counts."""
    values = (made.about_id, made.at_version, made.decision, made.reason, made.decided_by)
    await tx.execute(_SETTLE, tx.new_id(), tx.now, unit, customer_id, *values)


async def buyers(reader: Reader, after: UUID, limit: int) -> list[UUID]:
    """Customers who ever bought, by id, after this one."""
    return [row["customer_id"] for row in await reader.fetch(_BUYERS, after, limit)]


async def bought(reader: Reader, customer_ids: Collection[UUID]) -> set[UUID]:
    """Those of these customers who ever bought."""
    return {row["customer_id"] for row in await reader.fetch(_BOUGHT, list(customer_ids))}


async def owners(reader: Reader, order_id: UUID) -> list[UUID]:
    """Whose an order is or ever was; nobody's while it is unknown here."""
    return [row["customer_id"] for row in await reader.fetch(_OWNERS, order_id)]


async def hold_decision(tx: Tx, order_id: UUID) -> None:
    """Let nobody else decide about this order until the transaction ends."""
    await tx.execute(_DECIDING, str(order_id))


async def corrected(reader: Reader, after: UUID, limit: int) -> list[tuple[UUID, UUID]]:
    """Orders of which a later version is known, each with everybody whose it ever was, by id, after this one."""
    return [(row["record_id"], row["customer_id"]) for row in await reader.fetch(_CORRECTED, after, limit)]


async def service_costs(reader: Reader, zone: str) -> list[tuple[str, str, date, int]]:
    """What service has cost: article, currency, day in the time zone, sum in minor units."""
    return [(row["sku"], row["currency"], row["day"], row["amount"]) for row in await reader.fetch(_COSTS, zone)]


async def sold(reader: Reader, since: datetime, before: datetime) -> dict[str, int]:
    """Pieces of each article in the orders placed from one moment until before another, as they stand."""
    return {row["sku"]: row["pieces"] for row in await reader.fetch(_SOLD, since, before)}


def _record(row: asyncpg.Record) -> Record:
    values: dict[str, Any] = {name: row[name] for name in _NAMES}
    return Record(**values)
