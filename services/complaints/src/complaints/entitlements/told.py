"""What an event of another service says of purchases and standing, as the row that keeps it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from complaints.entitlements.agreements import Copy
from complaints.entitlements.goods import DELIVERY, ORDER, RETURN, SERVICE, Record
from guanxi.events import Event, Fact
from guanxi.events.customers import AgreementChanged
from guanxi.events.directory import CustomerState
from guanxi.events.interactions import (
    OrderDelivered,
    OrderDeliveredVoided,
    OrderPlaced,
    OrderPlacedVoided,
    OrderReturned,
    OrderReturnedVoided,
    ServicePerformed,
    ServicePerformedVoided,
)
from guanxi.events.scores import KeyCustomerDesignated, SegmentChanged

_OFFICE = "head-office"
_VOIDS: dict[type[Fact], str] = {
    OrderPlacedVoided: ORDER,
    OrderDeliveredVoided: DELIVERY,
    OrderReturnedVoided: RETURN,
    ServicePerformedVoided: SERVICE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TierRow:
    """One step of a customer in a segment; the columns of its row."""

    id: UUID
    version: int
    created_at: datetime
    recorded_at: datetime
    unit_id: str
    series_id: UUID
    customer_id: UUID
    segment: str
    tier: str | None
    as_of: date


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRow:
    """One designation as it stands; the columns of its row."""

    id: UUID
    version: int
    created_at: datetime
    recorded_at: datetime
    unit_id: str
    customer_id: UUID
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionRow:
    """Where a customer is; the columns of its row."""

    id: UUID
    version: int
    created_at: datetime
    recorded_at: datetime
    unit_id: str
    region: str | None


def record_of(event: Event[Any], customer_id: UUID | None) -> Record:
    """A version of an order, delivery, return or service; a voided one says nothing but that."""
    said = event.data
    kind, values = _said(said)
    return Record(
        id=event.id,
        version=event.sequence,
        created_at=event.recordedtime,
        recorded_at=event.recordedtime,
        unit_id=said.unit,
        record_id=event.aggregateid,
        kind=kind,
        customer_id=customer_id,
        **{"at": event.time, **values},
    )


def _said(said: Fact) -> tuple[str, Mapping[str, Any]]:
    if isinstance(said, OrderPlaced):
        money = {"currency": said.currency, "amount_minor": said.total_minor}
        return ORDER, {"order_id": said.order_id, "at": said.placed_at, "lines": _lines(said.lines), **money}
    if isinstance(said, OrderDelivered):
        return DELIVERY, {"order_id": said.order_id, "at": said.delivered_at, "lines": _lines(said.lines)}
    if isinstance(said, OrderReturned):
        return RETURN, {"order_id": said.order_id, "at": said.returned_at, "lines": _lines(said.lines)}
    if isinstance(said, ServicePerformed):
        lines = [{"sku": said.sku, "quantity": 1}] if said.sku else []
        money = {"currency": said.currency, "amount_minor": said.cost_minor}
        return SERVICE, {"at": said.performed_at, "lines": lines, **money}
    return _VOIDS[type(said)], {"voided": True}


def _lines(lines: Sequence[Any]) -> list[dict[str, Any]]:
    return [{"sku": line.sku, "quantity": line.quantity} for line in lines]


def agreement_of(event: Event[AgreementChanged]) -> Copy:
    """A version of an agreement, without what only its owner needs."""
    said = event.data
    return Copy(
        id=event.id,
        version=event.sequence,
        created_at=event.recordedtime,
        recorded_at=event.recordedtime,
        unit_id=said.unit,
        agreement_id=said.agreement_id,
        customer_id=said.customer_id,
        kind=said.kind,
        since=said.since,
        until=said.until,
        currency=said.currency,
        clauses=[clause.model_dump(mode="json", exclude_none=True) for clause in said.clauses],
    )


def step_of(event: Event[SegmentChanged], customer_id: UUID) -> TierRow:
    """A step of a customer in a segment."""
    said = event.data
    return TierRow(
        id=event.id,
        version=event.sequence,
        created_at=event.recordedtime,
        recorded_at=event.recordedtime,
        unit_id=_OFFICE,
        series_id=event.aggregateid,
        customer_id=customer_id,
        segment=said.segment,
        tier=said.tier,
        as_of=said.as_of,
    )


def designation_of(event: Event[KeyCustomerDesignated], customer_id: UUID) -> KeyRow:
    """From when to when a customer is a key customer."""
    return KeyRow(
        id=event.aggregateid,
        version=event.sequence,
        created_at=event.recordedtime,
        recorded_at=event.recordedtime,
        unit_id=_OFFICE,
        customer_id=customer_id,
        since=event.data.since,
        until=event.data.until,
    )


def region_of(event: Event[CustomerState]) -> RegionRow:
    """Where a customer is."""
    return RegionRow(
        id=event.data.id,
        version=event.sequence,
        created_at=event.recordedtime,
        recorded_at=event.recordedtime,
        unit_id=event.data.unit,
        region=event.data.region,
    )
