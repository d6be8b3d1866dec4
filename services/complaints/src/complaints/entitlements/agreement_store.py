"""All SQL on what was told of agreements, and on decisions about what they had promised."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import fields
from typing import Any
from uuid import UUID

import asyncpg

from complaints.entitlements.agreements import Copy
from complaints.entitlements.rules import Settled
from guanxi.db import Reader, Tx, as_row

_NAMES = tuple(one.name for one in fields(Copy))
_KEEP = """
INSERT INTO agreement_copy SELECT * FROM jsonb_populate_recordset(NULL::agreement_copy, $1::jsonb)
ON CONFLICT (id) DO NOTHING
"""
_OF = "SELECT * FROM agreement_copy WHERE customer_id = ANY($1::uuid[])"
_CUSTOMER = "SELECT customer_id FROM agreement_copy WHERE agreement_id = $1 LIMIT 1"
_CHANGED = """
SELECT DISTINCT agreement_id, customer_id FROM agreement_copy WHERE version > 1 AND agreement_id > $1
ORDER BY agreement_id LIMIT $2
"""
# Two who decide at once: the second must see what the first has decided.
_DECIDING = "SELECT pg_advisory_xact_lock(hashtextextended('complaints.agreement/' || $1::text, 0))"
_SETTLED = """
SELECT agreement_id AS about_id, at_version, decision, decided_by, reason FROM agreement_decision
WHERE agreement_id = ANY($1::uuid[])
"""
_SETTLE = """
INSERT INTO agreement_decision AS d
  (id, created_at, recorded_at, unit_id, customer_id, agreement_id, at_version, decision, reason, decided_by)
VALUES ($1, $2, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (agreement_id) DO UPDATE SET version = d.version + 1, recorded_at = excluded.recorded_at,
  at_version = excluded.at_version, decision = excluded.decision, reason = excluded.reason,
  decided_by = excluded.decided_by
"""


async def keep(tx: Tx, copies: Sequence[Copy]) -> None:
    """Add versions of agreements; one that is there already is the same."""
    await tx.execute(_KEEP, [as_row(one) for one in copies])


async def copies(reader: Reader, customer_ids: Collection[UUID]) -> list[Copy]:
    """All versions of all agreements with these records."""
    return [_copy(row) for row in await reader.fetch(_OF, list(customer_ids))]


async def customer(reader: Reader, agreement_id: UUID) -> UUID | None:
    """Whose an agreement is; None while it is unknown here."""
    found: UUID | None = await reader.fetchval(_CUSTOMER, agreement_id)
    return found


async def changed(reader: Reader, after: UUID, limit: int) -> list[tuple[UUID, UUID]]:
    """Agreements of which a later version is known, each with whose it is, by id, after this one."""
    return [(row["agreement_id"], row["customer_id"]) for row in await reader.fetch(_CHANGED, after, limit)]


async def hold_decision(tx: Tx, agreement_id: UUID) -> None:
    """Let nobody else decide about this agreement until the transaction ends."""
    await tx.execute(_DECIDING, str(agreement_id))


async def settled(reader: Reader, agreement_ids: Collection[UUID]) -> dict[UUID, Settled]:
    """What people have decided about these agreements."""
    rows = await reader.fetch(_SETTLED, list(agreement_ids))
    return {row["about_id"]: Settled(**dict(row)) for row in rows}


async def settle(tx: Tx, made: Settled, customer_id: UUID, unit: str) -> None:
    """Keep what a person has decided about an agreement; the last word counts."""
    values = (made.about_id, made.at_version, made.decision, made.reason, made.decided_by)
    await tx.execute(_SETTLE, tx.new_id(), tx.now, unit, customer_id, *values)


def _copy(row: asyncpg.Record) -> Copy:
    values: dict[str, Any] = {name: row[name] for name in _NAMES}
    return Copy(**values)
