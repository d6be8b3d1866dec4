"""All SQL of agreements."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import fields
from datetime import date
from typing import Any
from uuid import UUID

import asyncpg
import sqlalchemy as sa

from customer_profile.agreements.rules import Agreement
from customer_profile.agreements.tables import agreement
from guanxi.db import Reader, Tx, after_key
from guanxi.events.entitlements import ClauseTerms

_NAMES = tuple(one.name for one in fields(Agreement))
_ADD = """
INSERT INTO agreement (id, version, created_at, recorded_at, unit_id, customer_id, kind, since, until, clauses,
  currency, reference, document_hash, changed_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
"""
_SAVE = """
UPDATE agreement SET version = $2, recorded_at = $3, kind = $4, since = $5, until = $6, clauses = $7, currency = $8,
  reference = $9, document_hash = $10, changed_by = $11
WHERE id = $1
"""
_KEEP = """
INSERT INTO agreement_version (agreement_id, version, recorded_at, customer_id, kind, since, until, clauses, currency,
  reference, document_hash, changed_by)
SELECT id, version, recorded_at, customer_id, kind, since, until, clauses, currency, reference, document_hash,
  changed_by
FROM agreement WHERE id = $1
"""
_ONE = "SELECT * FROM agreement WHERE id = $1"
_OF_RECORD = "SELECT * FROM agreement WHERE customer_id = $1 ORDER BY id"
_VERSIONS = """
SELECT a.id, a.created_at, a.unit_id, v.version, v.recorded_at, v.customer_id, v.kind, v.since, v.until, v.clauses,
  v.currency, v.reference, v.document_hash, v.changed_by
FROM agreement_version v JOIN agreement a ON a.id = v.agreement_id
WHERE v.agreement_id = $1 AND ($2::bigint IS NULL OR v.version < $2) ORDER BY v.version DESC LIMIT $3
"""
_ERASE = """
WITH kept AS (
  UPDATE agreement_version SET reference = NULL, document_hash = NULL
  WHERE customer_id = ANY($1::uuid[]) AND (reference IS NOT NULL OR document_hash IS NOT NULL))
UPDATE agreement SET reference = NULL, document_hash = NULL
WHERE customer_id = ANY($1::uuid[]) AND (reference IS NOT NULL OR document_hash IS NOT NULL)
"""


async def add(tx: Tx, made: Agreement) -> None:
    """Enter an agreement, with its first version."""
    base = (made.id, made.version, made.created_at, made.recorded_at, made.unit_id, made.customer_id)
    await tx.execute(_ADD, *base, *_said(made))
    await tx.execute(_KEEP, made.id)


async def save(tx: Tx, one: Agreement) -> None:
    """Write the next version of an agreement that is held."""
    await tx.execute(_SAVE, one.id, one.version, one.recorded_at, *_said(one))
    await tx.execute(_KEEP, one.id)


async def find(reader: Reader, agreement_id: UUID, *, lock: bool = False) -> Agreement | None:
    """One agreement as it stands."""
    row = await reader.fetchrow(f"{_ONE} FOR UPDATE" if lock else _ONE, agreement_id)
    return _agreement(row) if row else None


async def of_record(reader: Reader, customer_id: UUID) -> list[Agreement]:
    """The agreements with exactly this record."""
    return [_agreement(row) for row in await reader.fetch(_OF_RECORD, customer_id)]


async def versions(reader: Reader, agreement_id: UUID, before: int | None, limit: int) -> list[Agreement]:
    """What an agreement said, the newest version first, and one more than `limit`."""
    return [_agreement(row) for row in await reader.fetch(_VERSIONS, agreement_id, before, limit + 1)]


async def page(  # noqa: PLR0913 - the parts of a query
    reader: Reader,
    of: Collection[UUID],
    *,
    kind: str | None,
    on: date | None,
    after: Sequence[Any] | None,
    limit: int,
) -> list[Agreement]:
    """Agreements with these records, the newest first, and one more than `limit`; with `on` those in force that day."""
    table = agreement
    statement = sa.select(table).where(table.c.customer_id.in_(of))
    if kind is not None:
        statement = statement.where(table.c.kind == kind)
    if on is not None:
        statement = statement.where(table.c.since <= on, sa.or_(table.c.until.is_(None), table.c.until >= on))
    rows = await reader.all(after_key(statement, [table.c.id], after, limit, descending=True))
    return [_agreement(row) for row in rows]


async def erase(tx: Tx, customer_ids: Sequence[UUID]) -> int:
    """Blank what tells whose these agreements were; what was agreed stays. How many had it."""
    tag = await tx.execute(_ERASE, list(customer_ids))
    return int(tag.split()[-1])


def _said(one: Agreement) -> tuple[Any, ...]:
    clauses = [clause.model_dump(mode="json") for clause in one.clauses]
    return one.kind, one.since, one.until, clauses, one.currency, one.reference, one.document_hash, one.changed_by


def _agreement(row: asyncpg.Record) -> Agreement:
    values = {name: row[name] for name in _NAMES}
    return Agreement(**{**values, "clauses": tuple(ClauseTerms.model_validate(one) for one in values["clauses"])})
