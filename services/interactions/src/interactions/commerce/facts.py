"""What commerce tells the others: the facts of orders and what follows them, and their rows on the timeline."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from guanxi.events.interactions import (
    MovedLine,
    OrderDelivered,
    OrderDeliveredVoided,
    OrderLine,
    OrderPlaced,
    OrderPlacedVoided,
    OrderReturned,
    OrderReturnedVoided,
    PaymentOverdue,
    PaymentOverdueVoided,
    PaymentReceived,
    PaymentReceivedVoided,
    ReturnLine,
    ServicePerformed,
    ServicePerformedVoided,
)
from interactions.commerce.rules import COMPLETE, Delivery, GoodsReturn, Order, Payment, ServiceRecord, days_late
from interactions.record import Record
from interactions.timeline.rules import Entry, Kind, Summary


def placed(order: Order, kind: type[OrderPlaced] = OrderPlaced) -> OrderPlaced:
    """The order, without names of goods."""
    return kind(
        **_origin(order),
        order_id=order.id,
        placed_at=order.placed_at,
        currency=order.currency,
        total_minor=order.total_minor,
        goods_minor=order.goods_minor,
        line_count=len(order.lines),
        lines=tuple(OrderLine(sku=n.sku, quantity=n.quantity, amount_minor=n.amount_minor) for n in order.lines),
        way=order.way,
    )


def order_voided(order: Order) -> OrderPlacedVoided:
    """The order was never placed."""
    return OrderPlacedVoided(**_origin(order), order_id=order.id)


def delivered(one: Delivery, status: str | None, kind: type[OrderDelivered] = OrderDelivered) -> OrderDelivered:
    """The delivery; `status` is where its order stands by now, None while that is unknown."""
    return kind(
        **_origin(one),
        delivery_id=one.id,
        order_id=one.order_id,
        external_order=one.external_order,
        delivered_at=one.delivered_at,
        complete=None if status is None else status in COMPLETE,
        lines=tuple(MovedLine(sku=line.sku, quantity=line.quantity) for line in one.lines),
    )


def delivery_voided(one: Delivery) -> OrderDeliveredVoided:
    """Nothing was delivered."""
    return OrderDeliveredVoided(**_origin(one), delivery_id=one.id)


def returned(one: GoodsReturn, kind: type[OrderReturned] = OrderReturned) -> OrderReturned:
    """The return, without its reason in words."""
    lines = (ReturnLine(sku=n.sku, quantity=n.quantity, amount_minor=n.amount_minor or 0) for n in one.lines)
    return kind(
        **_origin(one),
        return_id=one.id,
        order_id=one.order_id,
        external_order=one.external_order,
        returned_at=one.returned_at,
        currency=one.currency,
        amount_minor=one.amount_minor,
        lines=tuple(lines),
    )


def return_voided(one: GoodsReturn) -> OrderReturnedVoided:
    """Nothing was returned."""
    return OrderReturnedVoided(**_origin(one), return_id=one.id)


def received(one: Payment, kind: type[PaymentReceived] = PaymentReceived) -> PaymentReceived:
    """The payment that came in."""
    assert one.paid_on  # noqa: S101 - the caller has looked
    return kind(**_of_payment(one), due_on=one.due_on, paid_on=one.paid_on, days_late=days_late(one))


def payment_voided(one: Payment) -> PaymentReceivedVoided:
    """Nothing was paid."""
    return PaymentReceivedVoided(**_origin(one), payment_id=one.id)


def overdue(one: Payment) -> PaymentOverdue:
    """The day is over and nothing came in."""
    assert one.due_on  # noqa: S101 - the caller has looked
    return PaymentOverdue(**_of_payment(one), due_on=one.due_on)


def overdue_voided(one: Payment) -> PaymentOverdueVoided:
    """It had been paid in time, or was not due at all."""
    return PaymentOverdueVoided(**_origin(one), payment_id=one.id)


def performed(one: ServiceRecord, kind: type[ServicePerformed] = ServicePerformed) -> ServicePerformed:
    """The service, without its note."""
    return kind(
        **_origin(one),
        service_id=one.id,
        kind=one.kind,
        sku=one.sku,
        serial=one.serial,
        performed_at=one.performed_at,
        cost_minor=one.cost_minor,
        currency=one.currency,
    )


def service_voided(one: ServiceRecord) -> ServicePerformedVoided:
    """The service was not performed."""
    return ServicePerformedVoided(**_origin(one), service_id=one.id)


def entry(one: Record) -> Entry:
    """The row of any of these on the timeline."""
    match one:
        case Order():
            summary = Summary(
                status=one.status, amount_minor=one.total_minor, currency=one.currency, count=len(one.lines)
            )
            return _entry(one, "order", one.placed_at, summary)
        case Delivery():
            count = sum(line.quantity for line in one.lines) or None
            return _entry(one, "delivery", one.delivered_at, Summary(count=count, order_id=one.order_id))
        case GoodsReturn():
            summary = Summary(amount_minor=one.amount_minor, currency=one.currency, order_id=one.order_id)
            return _entry(one, "return", one.returned_at, summary)
        case Payment():
            return _entry(one, "payment", one.at, _payment_summary(one))
        case ServiceRecord():
            summary = Summary(code=one.kind, amount_minor=one.cost_minor, currency=one.currency)
            return _entry(one, "service", one.performed_at, summary)
    raise TypeError(f"{type(one).__name__} has no place on the timeline")


def payment_state(one: Payment) -> str:
    """Whether a payment is paid, due or overdue."""
    if one.paid_on:
        return "paid"
    return "overdue" if one.overdue_at else "due"


def _payment_summary(one: Payment) -> Summary:
    return Summary(
        status=payment_state(one), amount_minor=one.amount_minor, currency=one.currency, order_id=one.order_id
    )


def _entry(one: Record, kind: Kind, at: datetime, summary: Summary) -> Entry:
    customer_id = one.customer_id
    assert isinstance(customer_id, UUID)  # noqa: S101 - all of commerce is with somebody
    return Entry(
        id=one.id,
        customer_id=customer_id,
        at=at,
        kind=kind,
        unit_id=one.unit_id,
        sequence=one.version,
        summary=summary,
    )


def _origin(one: Record) -> dict[str, Any]:
    return {"unit": one.unit_id, "source": one.source, "external_ref": one.external_ref}


def _of_payment(one: Payment) -> dict[str, Any]:
    return {
        **_origin(one),
        "payment_id": one.id,
        "order_id": one.order_id,
        "external_order": one.external_order,
        "amount_minor": one.amount_minor,
        "currency": one.currency,
    }
