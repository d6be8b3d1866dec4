"""Reports of orders, deliveries, returns, payments and service, as records."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypedDict
from uuid import UUID

from guanxi.db import Tx
from guanxi.events import Event, Fact
from guanxi.events.reports import (
    DeliveryReported,
    OrderReported,
    PaymentReported,
    Resolved,
    ReturnReported,
    ServiceReported,
)
from interactions.commerce import booking, debts
from interactions.commerce.rules import (
    Delivery,
    GoodsReturn,
    Line,
    Moved,
    Order,
    Payment,
    ServiceRecord,
    payment_moment,
)
from interactions.record import Record
from interactions.reports import usecases as reports
from interactions.reports.rules import Admitted


async def orders(tx: Tx, events: Sequence[Event[OrderReported]]) -> None:
    """Enter reported orders."""
    admitted = await reports.admit(tx, events)
    await booking.place(tx, [_order(one, tx.now) for one in admitted], _causes(admitted))


async def deliveries(tx: Tx, events: Sequence[Event[DeliveryReported]]) -> None:
    """Enter reported deliveries."""
    admitted = await reports.admit(tx, events)
    await booking.follow(tx, [_delivery(one, tx.now) for one in admitted], _causes(admitted))


async def returns(tx: Tx, events: Sequence[Event[ReturnReported]]) -> None:
    """Enter reported returns."""
    admitted = await reports.admit(tx, events)
    await booking.follow(tx, [_return(one, tx.now) for one in admitted], _causes(admitted))


async def payments(tx: Tx, events: Sequence[Event[PaymentReported]]) -> None:
    """Enter reported payments and what is due."""
    admitted = await reports.admit(tx, events)
    zones = await debts.zones(tx) if admitted else {}
    await booking.follow(tx, [_payment(one, tx.now, zones) for one in admitted], _causes(admitted))


async def services(tx: Tx, events: Sequence[Event[ServiceReported]]) -> None:
    """Enter reported service."""
    admitted = await reports.admit(tx, events)
    await booking.perform(tx, [_service(one, tx.now) for one in admitted], _causes(admitted))


async def take_back(tx: Tx, kind: type[Record], events: Sequence[Event[Any]]) -> None:
    """Void what was reported wrongly."""
    causes = await reports.void(tx, events)
    await booking.void(tx, kind, list(causes), causes)


class _Origin(TypedDict):
    id: UUID
    customer_id: UUID | None
    unit_id: str
    source: str
    external_ref: str | None
    recorded_at: datetime
    voided_at: datetime | None


def _origin(report: Admitted[Any], now: datetime) -> _Origin:
    event, data = report.event, report.event.data
    assert isinstance(data, Resolved)  # noqa: S101 - these handlers get nothing else
    return _Origin(
        id=event.aggregateid,
        customer_id=event.subject,
        unit_id=data.unit,
        source=data.source,
        external_ref=getattr(data, "external_ref", None),
        recorded_at=now,
        voided_at=report.voided_at,
    )


def _order(report: Admitted[OrderReported], now: datetime) -> Order:
    data = report.event.data
    return Order(
        **_origin(report, now),
        placed_at=data.placed_at,
        currency=data.currency,
        lines=tuple(
            Line(
                sku=line.sku,
                name=line.name,
                quantity=line.quantity,
                unit_price_minor=line.unit_price_minor,
                amount_minor=line.total_minor,
            )
            for line in data.lines
        ),
        discount_minor=data.discount_minor,
        tax_minor=data.tax_minor,
        shipping_minor=data.shipping_minor,
        goods_minor=data.goods_minor,
        total_minor=data.sum_minor,
        way=data.way,
        purpose=data.purpose,
    )


def _delivery(report: Admitted[DeliveryReported], now: datetime) -> Delivery:
    data = report.event.data
    return Delivery(
        **_origin(report, now),
        external_order=data.external_order,
        delivered_at=data.delivered_at,
        lines=tuple(Moved(sku=line.sku, quantity=line.quantity) for line in data.lines),
    )


def _return(report: Admitted[ReturnReported], now: datetime) -> GoodsReturn:
    data = report.event.data
    return GoodsReturn(
        **_origin(report, now),
        external_order=data.external_order,
        returned_at=data.returned_at,
        currency=data.currency,
        amount_minor=sum(line.amount_minor for line in data.lines),
        lines=tuple(Moved(sku=n.sku, quantity=n.quantity, amount_minor=n.amount_minor) for n in data.lines),
        reason=data.reason,
    )


def _payment(report: Admitted[PaymentReported], now: datetime, zones: debts.Zones) -> Payment:
    event, data = report.event, report.event.data
    paid_on = data.paid_on
    if paid_on is None and data.due_on is None:
        paid_on = event.time.astimezone(zones[data.unit]).date()
    return Payment(
        **_origin(report, now),
        external_order=data.external_order,
        at=payment_moment(data.paid_on, event.time),
        due_on=data.due_on,
        paid_on=paid_on,
        amount_minor=data.amount_minor,
        currency=data.currency,
    )


def _service(report: Admitted[ServiceReported], now: datetime) -> ServiceRecord:
    data = report.event.data
    return ServiceRecord(
        **_origin(report, now),
        kind=data.kind,
        sku=data.sku,
        serial=data.serial,
        performed_at=data.performed_at,
        cost_minor=data.cost_minor,
        currency=data.currency,
        note=data.note,
    )


def _causes(admitted: Sequence[Admitted[Fact]]) -> dict[UUID, Event[Any]]:
    return {one.event.aggregateid: one.event for one in admitted}
