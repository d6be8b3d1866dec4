"""All SQL on estimates of wallets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import sqlalchemy as sa

from guanxi.db import Reader, Tx, after_key
from scoring.wallet.rules import Estimate
from scoring.wallet.tables import wallet_estimate

_NAMES = tuple(field.name for field in fields(Estimate))
_COLUMNS = ", ".join(_NAMES)
_ADD = f"""
INSERT INTO wallet_estimate ({_COLUMNS}, created_at)
SELECT {_COLUMNS}, recorded_at FROM jsonb_populate_record(NULL::wallet_estimate, $1::jsonb)
"""
_OF = f"""
SELECT {_COLUMNS} FROM wallet_estimate
WHERE customer_id = ANY($1::uuid[]) AND recorded_at <= coalesce($2, 'infinity'::timestamptz)
"""
_FIND = f"SELECT {_COLUMNS} FROM wallet_estimate WHERE id = $1"
_FORGET = "DELETE FROM wallet_estimate WHERE customer_id = ANY($1::uuid[])"
_W = wallet_estimate.c


async def add(tx: Tx, one: Estimate) -> None:
    """Write an estimate."""
    await tx.execute(_ADD, asdict(one))


async def find(reader: Reader, estimate_id: UUID) -> Estimate | None:
    """One estimate."""
    row = await reader.fetchrow(_FIND, estimate_id)
    return _estimate(row) if row else None


async def of_customers(reader: Reader, customer_ids: Iterable[UUID], known_at: datetime | None) -> list[Estimate]:
    """The estimates of these records, by what was known at a moment."""
    return [_estimate(row) for row in await reader.fetch(_OF, list(customer_ids), known_at)]


async def page(reader: Reader, customer_ids: Sequence[UUID], after: Sequence[Any] | None, limit: int) -> list[Estimate]:
    """The estimates of these records, what was entered last first, one more than `limit`."""
    select = sa.select(wallet_estimate).where(_W.customer_id.in_(customer_ids))
    rows = await reader.all(after_key(select, (_W.id,), after, limit, descending=True))
    return [_estimate(row) for row in rows]


async def forget(tx: Tx, customer_ids: Sequence[UUID]) -> int:
    """Delete these customers' estimates."""
    return int((await tx.execute(_FORGET, list(customer_ids))).rpartition(" ")[2])


def _estimate(row: asyncpg.Record) -> Estimate:
    return Estimate(**{name: row[name] for name in _NAMES})
