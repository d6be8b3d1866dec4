"""Commerce that sources reported, and what the end of a day does to what is due."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from guanxi.db import Tx
from guanxi.events import Event, Fact, reports
from interactions.commerce import booking, debts, taking_in
from interactions.commerce.rules import Delivery, GoodsReturn, Order, Payment, ServiceRecord
from interactions.record import Record

Handler = Callable[[Tx, Sequence[Event[Any]]], Awaitable[None]]


def _voiding(kind: type[Record]) -> Handler:
    async def on_voided(tx: Tx, events: Sequence[Event[Any]]) -> None:
        await taking_in.take_back(tx, kind, events)

    return on_voided


HANDLERS: dict[type[Fact], Handler] = {
    reports.OrderReported: taking_in.orders,
    reports.OrderReportedCorrected: taking_in.orders,
    reports.OrderReportedVoided: _voiding(Order),
    reports.DeliveryReported: taking_in.deliveries,
    reports.DeliveryReportedCorrected: taking_in.deliveries,
    reports.DeliveryReportedVoided: _voiding(Delivery),
    reports.ReturnReported: taking_in.returns,
    reports.ReturnReportedCorrected: taking_in.returns,
    reports.ReturnReportedVoided: _voiding(GoodsReturn),
    reports.PaymentReported: taking_in.payments,
    reports.PaymentReportedCorrected: taking_in.payments,
    reports.PaymentReportedVoided: _voiding(Payment),
    reports.ServiceReported: taking_in.services,
    reports.ServiceReportedCorrected: taking_in.services,
    reports.ServiceReportedVoided: _voiding(ServiceRecord),
}
"""What sources report of commerce, for the topology."""


async def on_payment_due(tx: Tx, payment_id: UUID, _at: datetime) -> None:
    """The day is over: what has not been paid is overdue."""
    await debts.fall_overdue(tx, payment_id)


async def on_look_again(tx: Tx, record_id: UUID, _at: datetime) -> None:
    """An order and what follows it were written at the same moment: they meet now."""
    await booking.look_again(tx, record_id)
