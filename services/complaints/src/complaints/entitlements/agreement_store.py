"""All SQL on what was told of agreements, and on decisions about what they had promised."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import fields
from typing import Any
from uuid import UUID

import asyncpg

from complaints.entitlements.agreements import Copy, Decided, Promise
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
_DECIDED = """
SELECT agreement_id, promised_version, clause, decision FROM agreement_decision WHERE agreement_id = ANY($1::uuid[])
"""
_LAST = """
SELECT customer_id, at_version FROM agreement_decision WHERE agreement_id = $1 ORDER BY at_version DESC LIMIT 1
"""
_DECIDE = """
INSERT INTO agreement_decision (id, created_at, recorded_at, unit_id, customer_id, agreement_id, at_version, decision,
  reason, decided_by, promised_version, clause)
SELECT p.id, $1, $1, $2, $3, $4, $5, $6, $7, $8, p.promised_version, p.clause
FROM unnest($9::uuid[], $10::bigint[], $11::text[]) AS p(id, promised_version, clause)
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


async def decided(reader: Reader, agreement_ids: Collection[UUID]) -> dict[UUID, dict[Promise, str]]:
    """What people have decided about what each of these agreements had promised."""
    found: dict[UUID, dict[Promise, str]] = {}
    for row in await reader.fetch(_DECIDED, list(agreement_ids)):
        found.setdefault(row["agreement_id"], {})[row["promised_version"], row["clause"]] = row["decision"]
    return found


async def last_decided(reader: Reader, agreement_id: UUID) -> tuple[UUID, int] | None:
    """Whose an agreement is that was decided about, and the version that stood at the last decision."""
    row = await reader.fetchrow(_LAST, agreement_id)
    return (row["customer_id"], row["at_version"]) if row else None


async def decide(tx: Tx, made: Decided, unit: str) -> None:
    """Keep what a person has decided about promises that nobody had decided about."""
    said = (made.agreement_id, made.at_version, made.decision, made.reason, made.decided_by)
    ids = [tx.new_id() for _ in made.promises]
    versions, clauses = [version for version, _ in made.promises], [code for _, code in made.promises]
    await tx.execute(_DECIDE, tx.now, unit, made.customer_id, *said, ids, versions, clauses)


def _copy(row: asyncpg.Record) -> Copy:
    values: dict[str, Any] = {name: row[name] for name in _NAMES}
    return Copy(**values)
