"""Orders and what follows them, as callers enter and read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from guanxi.auth import Principal
from guanxi.db import Pool, Reader, Tx
from guanxi.problems import Conflict, NotFound, Stale, Unprocessable
from interactions import scope
from interactions.commerce import booking, debt_store, debts, rules, store
from interactions.commerce.rules import (
    Delivery,
    Followed,
    GoodsReturn,
    Line,
    Moved,
    Order,
    Payment,
    ServiceRecord,
)
from interactions.commerce.schemas import (
    NewDelivery,
    NewOrder,
    NewOrderLine,
    NewPayment,
    NewReturn,
    NewServiceRecord,
    OrderCorrection,
    line_faults,
)
from interactions.commerce.store import Filter
from interactions.moments import not_future
from interactions.record import Record
from interactions.reports import usecases as reports

R = TypeVar("R", bound=Record)


@dataclass(frozen=True, slots=True)
class Whole:
    """An order with what followed it."""

    order: Order
    followed: Followed


async def place(tx: Tx, principal: Principal, body: NewOrder) -> Whole:
    """Enter an order."""
    await scope.locked_customer(tx, principal, body.customer_id)
    lines = _lines(body.lines)
    parts = body.model_dump(include={"discount_minor", "tax_minor", "shipping_minor"})
    sums = rules.add_up(lines, **parts, total_minor=body.total_minor)
    order = Order(
        id=tx.new_id(),
        customer_id=body.customer_id,
        unit_id=principal.unit,
        external_ref=body.external_ref,
        recorded_at=tx.now,
        placed_at=not_future(body.placed_at, tx.now, "placed_at"),
        currency=body.currency,
        lines=lines,
        **parts,
        goods_minor=sums.goods_minor,
        total_minor=sums.total_minor,
        way=body.way,
        purpose=body.purpose,
    )
    (placed,) = await booking.place(tx, [order], {})
    return Whole(placed, Followed())


async def correct_order(tx: Tx, principal: Principal, order_id: UUID, version: int, body: OrderCorrection) -> Whole:
    """Put an order right; 404, 409 once it is cancelled, 412 when it has changed since."""
    before = await _order_for(tx, principal, order_id)
    if before.version != version:
        raise Stale(before.version)
    changes = body.model_dump(exclude_unset=True, exclude={"lines", "total_minor"})
    if body.lines:
        changes["lines"] = _lines(body.lines)
    if body.placed_at:
        not_future(body.placed_at, tx.now, "placed_at")
    await booking.revise_order(tx, rules.corrected(before, changes, body.total_minor))
    return await whole(tx, principal, order_id)


async def deliver(tx: Tx, principal: Principal, order_id: UUID, body: NewDelivery) -> Delivery:
    """Enter a delivery of an order."""
    order = await _order_for(tx, principal, order_id)
    delivery = Delivery(
        id=tx.new_id(),
        customer_id=order.customer_id,
        unit_id=principal.unit,
        external_ref=body.external_ref,
        recorded_at=tx.now,
        external_order=None,
        order_id=order.id,
        delivered_at=not_future(body.delivered_at, tx.now, "delivered_at"),
        lines=tuple(Moved(sku=line.sku, quantity=line.quantity) for line in body.lines),
    )
    (entered,) = await booking.follow(tx, [delivery], {})
    return entered


async def give_back(tx: Tx, principal: Principal, order_id: UUID, body: NewReturn) -> GoodsReturn:
    """Enter goods of an order that came back; 422 for more than were ordered."""
    order = await _order_for(tx, principal, order_id)
    lines = tuple(Moved(sku=n.sku, quantity=n.quantity, amount_minor=n.amount_minor) for n in body.lines)
    before = (await store.followed(tx, [order.id]))[order.id].returns
    rules.check_returned(order, before, lines)
    back = GoodsReturn(
        id=tx.new_id(),
        customer_id=order.customer_id,
        unit_id=principal.unit,
        external_ref=body.external_ref,
        recorded_at=tx.now,
        external_order=None,
        order_id=order.id,
        returned_at=not_future(body.returned_at, tx.now, "returned_at"),
        currency=order.currency,
        amount_minor=rules.sum_returned(lines),
        lines=lines,
        reason=body.reason,
    )
    (entered,) = await booking.follow(tx, [back], {})
    return entered


async def pay(tx: Tx, principal: Principal, order_id: UUID, body: NewPayment) -> Payment:
    """Enter what is due or was paid for an order."""
    order = await _order_for(tx, principal, order_id)
    _not_paid_ahead(body.paid_on, tx.now)
    today = tx.now.astimezone((await debts.zones(tx))[principal.unit]).date()
    payment = Payment(
        id=tx.new_id(),
        customer_id=order.customer_id,
        unit_id=principal.unit,
        external_ref=body.external_ref,
        recorded_at=tx.now,
        external_order=None,
        order_id=order.id,
        at=rules.payment_moment(body.paid_on, tx.now),
        due_on=body.due_on,
        paid_on=body.paid_on if body.paid_on or body.due_on else today,
        amount_minor=body.amount_minor,
        currency=body.currency or order.currency,
    )
    (entered,) = await booking.follow(tx, [payment], {})
    return entered


async def correct_payment(
    tx: Tx, principal: Principal, payment_id: UUID, version: int, changes: Mapping[str, Any]
) -> Payment:
    """Put a payment right, or say that what was due has been paid; 404, 409 once voided, 412 when it has changed."""
    found = await find(tx, principal, Payment, payment_id)
    if found.customer_id:
        await scope.locked_customer(tx, principal, found.customer_id)
    before = (await debt_store.lock_payments(tx, [payment_id]))[payment_id]
    if before.voided_at is not None:
        raise Conflict("payment-voided", "This payment has been voided. That is final.")
    if before.version != version:
        raise Stale(before.version)
    _not_paid_ahead(changes.get("paid_on"), tx.now)
    after = replace(before, overdue_at=None, **changes)
    if after.paid_on is None and after.due_on is None:
        raise Unprocessable.field("due_on", "missing", "A payment is due on a day, paid on one, or both.")
    (entered,) = await booking.revise(tx, [replace(after, at=rules.payment_moment(after.paid_on, tx.now))], {})
    return entered


async def perform(tx: Tx, principal: Principal, body: NewServiceRecord) -> ServiceRecord:
    """Enter a service on a product."""
    await scope.locked_customer(tx, principal, body.customer_id)
    if body.cost_minor is not None and body.currency is None:
        raise Unprocessable.field("currency", "missing", "cost_minor needs a currency.")
    service = ServiceRecord(
        id=tx.new_id(),
        customer_id=body.customer_id,
        unit_id=principal.unit,
        external_ref=body.external_ref,
        recorded_at=tx.now,
        kind=body.kind,
        sku=body.sku,
        serial=body.serial,
        performed_at=not_future(body.performed_at, tx.now, "performed_at"),
        cost_minor=body.cost_minor,
        currency=body.currency,
        note=body.note,
    )
    (entered,) = await booking.perform(tx, [service], {})
    return entered


async def void(tx: Tx, principal: Principal, kind: type[R], record_id: UUID) -> R:
    """Take a record back for ever; 404, 409 when it has been taken back before."""
    found = await find(tx, principal, kind, record_id)
    if found.source:
        # The report's row comes before the record's, as in the handlers; it keeps a later revision from reviving it.
        await reports.void_here(tx, record_id)
    voided = await booking.void(tx, kind, [record_id], {})
    if not voided:
        raise Conflict("already-voided", "This has been voided before. That is final.")
    return await find(tx, principal, kind, record_id)


async def find(reader: Reader, principal: Principal, kind: type[R], record_id: UUID) -> R:
    """One record; 404 when the reader may not see it."""
    found = await store.find(reader, principal, kind, record_id)
    if found is None:
        raise NotFound(kind.__name__.lower())
    return found


async def whole(reader: Reader, principal: Principal, order_id: UUID) -> Whole:
    """An order with what followed it, as far as the reader may see that."""
    order = await find(reader, principal, Order, order_id)
    train = (await store.followed(reader, [order.id])).get(order.id, Followed())
    return Whole(
        order,
        Followed(
            [one for one in train.deliveries if _may(principal, one) and one.voided_at is None],
            [one for one in train.returns if _may(principal, one) and one.voided_at is None],
            [one for one in train.payments if _may(principal, one) and one.voided_at is None],
        ),
    )


async def page(  # noqa: PLR0913 - one argument for each filter
    pool: Pool,
    principal: Principal,
    kind: type[R],
    after: Sequence[Any] | None,
    limit: int,
    *,
    customer_id: UUID | None = None,
    status: str | None = None,
    unmatched: bool | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[R]:
    """Records of a kind, newest first."""
    ids = await scope.ids_for(pool, principal, customer_id) if customer_id else None
    async with pool.read() as reader:
        wanted = Filter(customer_ids=ids, status=status, unmatched=unmatched, since=since, until=until)
        return await store.page(reader, principal, kind, wanted, after, limit)


async def erase(tx: Tx, customer_ids: Sequence[UUID]) -> int:
    """Blank what their source calls a customer's records of commerce, and what was said of them; how many rows."""
    return await store.erase(tx, customer_ids)


async def _order_for(tx: Tx, principal: Principal, order_id: UUID) -> Order:
    found = await find(tx, principal, Order, order_id)
    if found.customer_id:
        await scope.locked_customer(tx, principal, found.customer_id)
    (order,) = await store.lock_orders(tx, [order_id])
    if order.voided_at is not None:
        raise Conflict("order-cancelled", "This order has been cancelled: nothing follows it.")
    return order


def _may(principal: Principal, one: Record) -> bool:
    return principal.internal or one.unit_id == principal.unit


def _not_paid_ahead(paid_on: date | None, now: datetime) -> None:
    # A day begins up to fourteen hours earlier elsewhere than in UTC.
    if paid_on is not None and paid_on > (now + timedelta(hours=14)).date():
        raise Unprocessable.field("paid_on", "in-the-future", "This cannot have been paid yet.")


def _lines(lines: Sequence[NewOrderLine]) -> tuple[Line, ...]:
    if faults := tuple(line_faults(lines)):
        raise Unprocessable("Some lines are not valid.", faults)
    return tuple(
        Line(
            sku=line.sku,
            name=line.name,
            quantity=line.quantity,
            unit_price_minor=line.unit_price_minor,
            amount_minor=line.amount_minor
            if line.amount_minor is not None
            else line.quantity * (line.unit_price_minor or 0),
        )
        for line in lines
    )
