"""All SQL of referrals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from customer_profile.customers.tables import customer
from customer_profile.referrals.rules import Referral
from customer_profile.referrals.tables import referral
from guanxi.db import Reader, Tx, after_key

_COLUMNS = """id, version, created_at, unit_id, referrer_id, referred_id, referred_on, entered_by, voided_at,
 voided_by"""
_ADD = f"""
INSERT INTO referral (id, unit_id, created_at, recorded_at, referrer_id, referred_id, referred_on, entered_by)
VALUES ($1, $2, $3, $3, $4, $5, $6, $7) RETURNING {_COLUMNS}
"""
_OF_REFERRED = f"SELECT {_COLUMNS} FROM referral WHERE referred_id = ANY($1::uuid[]) AND voided_at IS NULL"
_OF_RECORD = f"""
SELECT {_COLUMNS} FROM referral WHERE voided_at IS NULL AND (referrer_id = $1 OR referred_id = $1) ORDER BY id
"""
_VOID = f"""
UPDATE referral SET voided_at = $2, voided_by = $3, recorded_at = $2, version = version + 1
WHERE id = $1 AND voided_at IS NULL RETURNING {_COLUMNS}
"""


async def add(tx: Tx, made: Referral) -> None:
    """Enter a referral."""
    what = (made.referrer_id, made.referred_id, made.referred_on, made.entered_by)
    await tx.execute(_ADD, made.id, made.unit_id, made.created_at, *what)


async def standing(reader: Reader, referred_ids: Sequence[UUID]) -> list[Referral]:
    """The referrals that stand of these records."""
    return [Referral(**dict(row)) for row in await reader.fetch(_OF_REFERRED, list(referred_ids))]


async def of_record(reader: Reader, customer_id: UUID) -> list[Referral]:
    """The referrals that stand by or of exactly this record."""
    return [Referral(**dict(row)) for row in await reader.fetch(_OF_RECORD, customer_id)]


async def one(reader: Reader, referral_id: UUID) -> Referral | None:
    """One referral."""
    row = await reader.fetchrow(f"SELECT {_COLUMNS} FROM referral WHERE id = $1", referral_id)
    return Referral(**dict(row)) if row else None


async def void(tx: Tx, referral_id: UUID, by: str) -> Referral | None:
    """Take one back; None when it was taken back before."""
    row = await tx.fetchrow(_VOID, referral_id, tx.now, by)
    return Referral(**dict(row)) if row else None


async def page(  # noqa: PLR0913 - the parts of a query
    reader: Reader,
    of: Sequence[UUID],
    *,
    referred: bool,
    unit: str | None,
    after: Sequence[Any] | None,
    limit: int,
) -> list[Referral]:
    """Referrals by these records, or with `referred` of them, the newest first, and one more than `limit`.

    With a `unit` only those whose other record is the unit's as well.
    """
    table = referral
    columns = [table.c[name.strip()] for name in _COLUMNS.split(",")]
    side, other = table.c.referrer_id, table.c.referred_id
    if referred:
        side, other = other, side
    statement = table.select().with_only_columns(*columns).where(side.in_(of))
    if unit is not None:
        statement = statement.where(other.in_(sa.select(customer.c.id).where(customer.c.unit_id == unit)))
    rows = await reader.all(after_key(statement, [table.c.id], after, limit, descending=True))
    return [Referral(**dict(row)) for row in rows]
