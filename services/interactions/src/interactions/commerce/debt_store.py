"""Statements of payments that are waited for, and of those that are late."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from guanxi.db import Tx
from interactions.commerce.rules import DUE_KIND, Payment
from interactions.commerce.store import by_ids, record_of, select_of
from interactions.commerce.tables import payment

_LOCK_DUE = "SELECT id FROM due WHERE kind = $1 AND id = ANY($2::uuid[]) ORDER BY id FOR UPDATE"
_OVERDUE = "UPDATE payment SET overdue_at = $2, version = version + 1 WHERE id = $1 RETURNING version"
_LET_OFF = "UPDATE payment SET overdue_at = NULL, version = version + 1 WHERE id = ANY($1::uuid[]) RETURNING id"
# Against an order's being taken back meanwhile: whoever does that locks the order's payments first, then the order.
_CANCELLED = "SELECT voided_at IS NOT NULL FROM sales_order WHERE id = $1 FOR SHARE"


async def lock_payments(tx: Tx, ids: Collection[UUID]) -> dict[UUID, Payment]:
    """Those of these payments that are known, locked, after what is scheduled of them.

    Whoever works off what is due locks the due row, then the payment. So does everybody who needs both.
    """
    if not ids:
        return {}
    await tx.fetch(_LOCK_DUE, DUE_KIND, list(ids))
    select = select_of(Payment).where(payment.c.id.in_(list(ids))).order_by(payment.c.id).with_for_update()
    return {one.id: one for one in (record_of(Payment, row) for row in await tx.all(select))}


async def set_overdue(tx: Tx, payment_id: UUID, at: datetime) -> int:
    """Note since when a payment is overdue; its new version."""
    version: int = await tx.fetchval(_OVERDUE, payment_id, at)
    return version


async def let_off(tx: Tx, ids: Collection[UUID]) -> list[Payment]:
    """Note that these payments are overdue no more; gives them as they are now."""
    freed = [row["id"] for row in await tx.fetch(_LET_OFF, list(ids))] if ids else []
    return await by_ids(tx, Payment, freed) if freed else []


async def lock_payments_of(tx: Tx, order_ids: Collection[UUID]) -> list[Payment]:
    """The payments of these orders, locked as by `lock_payments`; the orders are locked after them, never before."""
    ids = [row["id"] for row in await tx.all(sa.select(payment.c.id).where(payment.c.order_id.in_(list(order_ids))))]
    return list((await lock_payments(tx, ids)).values())


async def cancelled(tx: Tx, order_id: UUID) -> bool:
    """Whether an order was taken back; until the end of this transaction it stays as it is."""
    return bool(await tx.fetchval(_CANCELLED, order_id))
