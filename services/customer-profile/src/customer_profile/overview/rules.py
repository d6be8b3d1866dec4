"""How facts of other services become items of an overview, and how items become one page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from customer_profile.customers.rules import PERSONAL_FIELDS, Customer
from guanxi.events import Event, Fact, complaints, interactions, notifications, scores

CONTACTS, ORDERS, COMPLAINTS, PROMISES = "contacts", "orders", "complaints", "promises"
SCORES, SEGMENTS, MESSAGES = "scores", "segments", "messages"
VOIDED = "voided"
FIRM_ONLY = (SCORES, SEGMENTS)
"""What the firm thinks of a customer is no business of an external unit."""
LENGTHS = {CONTACTS: 10, ORDERS: 10, COMPLAINTS: 20, PROMISES: 20, SCORES: 20, SEGMENTS: 20, MESSAGES: 10}
"""Section -> how many items an overview shows."""
ENTERED = (CONTACTS, ORDERS, COMPLAINTS, PROMISES)
"""What people and publishers enter; the rest is worked out or sent by services themselves."""
HIDDEN = (VOIDED, "closed", "left")
"""Statuses of what an overview does not show: void, a complaint that is over, a segment the customer has left."""
_FURTHEST = ("prospect", "former", "dormant", "active")
"""Of several records: who buys from one of them is a customer, whatever the others say."""
_FILLED = (*PERSONAL_FIELDS, "time_zone", "owner_id")


@dataclass(frozen=True, slots=True)
class Kind:
    """What one type of fact says: in which section, with which status, and which of its fields are shown.

    A fact without `shown` fields changes only the status.
    """

    section: str
    status: str
    at: str | None = None
    shown: tuple[str, ...] = ()
    status_field: str | None = None


_SOURCE = "source"
"""The publisher that reported it; what has none was entered by hand, which tells an undone merge where it belongs."""
_CONTACT = Kind(CONTACTS, "done", "occurred_at", ("channel", "direction", "kind", "outcome", "employee_id", _SOURCE))
_ORDER_SHOWN = ("external_ref", "total_minor", "currency", "line_count", "way", _SOURCE)
_ORDER = Kind(ORDERS, "placed", "placed_at", _ORDER_SHOWN)
_TICKET_SHOWN = ("number", "cause", "severity", "channel", "holder_unit", "promised_at", "escalation_level", _SOURCE)
_TICKET = Kind(COMPLAINTS, "", "filed_at", _TICKET_SHOWN, "status")
_SCORE = Kind(SCORES, "", None, ("kind", "value", "band", "previous_band", "as_of", "version"), "band")
_SEGMENT = Kind(SEGMENTS, "", None, ("segment", "tier", "previous_tier", "as_of"), "direction")


def _promise(status: str) -> Kind:
    shown = ("due_at", "made_at", "fulfilling_unit", "promiser_id", "what_code", _SOURCE)
    return Kind(PROMISES, status, "due_at", shown)


def _message(status: str, at: str) -> Kind:
    return Kind(MESSAGES, status, at, ("intent", "message_class", "channel"))


KINDS: Mapping[type[Fact], Kind] = {
    interactions.CustomerContacted: _CONTACT,
    interactions.CustomerContactedCorrected: _CONTACT,
    interactions.CustomerContactedVoided: Kind(CONTACTS, VOIDED),
    interactions.OrderPlaced: _ORDER,
    interactions.OrderPlacedCorrected: _ORDER,
    interactions.OrderPlacedVoided: Kind(ORDERS, VOIDED),
    interactions.PromiseMade: _promise("open"),
    interactions.PromiseMadeCorrected: _promise("open"),
    interactions.PromiseMadeVoided: Kind(PROMISES, VOIDED),
    interactions.PromiseKept: _promise("kept"),
    interactions.PromiseKeptVoided: Kind(PROMISES, "open"),
    interactions.PromiseBroken: _promise("broken"),
    interactions.PromiseBrokenVoided: Kind(PROMISES, "open"),
    interactions.PromiseRenegotiated: _promise("renegotiated"),
    interactions.PromiseWithdrawn: _promise("withdrawn"),
    complaints.ComplaintFiled: _TICKET,
    complaints.ComplaintFiledCorrected: _TICKET,
    complaints.ComplaintFiledVoided: Kind(COMPLAINTS, VOIDED),
    complaints.ComplaintHandedOver: _TICKET,
    complaints.ComplaintWaiting: _TICKET,
    complaints.ComplaintResumed: _TICKET,
    complaints.ComplaintEscalated: _TICKET,
    complaints.ComplaintAnswered: _TICKET,
    complaints.ComplaintResolved: _TICKET,
    complaints.ComplaintReopened: _TICKET,
    complaints.ComplaintClosed: _TICKET,
    scores.ScoreChanged: _SCORE,
    scores.SegmentChanged: _SEGMENT,
    notifications.NotificationSent: _message("sent", "sent_at"),
    notifications.NotificationFailed: _message("failed", "failed_at"),
    notifications.NotificationSuppressed: _message("suppressed", "suppressed_at"),
}


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that a service said of a customer. Without a body it only changes the status."""

    section: str
    item_id: UUID
    customer_id: UUID
    unit_id: str | None
    sequence: int
    status: str
    at: datetime
    recorded_at: datetime
    body_sequence: int | None = None
    body: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """Items of one kind, the newest first; `as_of` is when we last learned anything for it."""

    items: Sequence[Item] = ()
    as_of: datetime | None = None


def item(event: Event[Any]) -> Item | None:
    """The item a fact makes; None for what is of no customer, and for messages to staff."""
    kind = KINDS[type(event.data)]
    if event.subject is None or (kind.section == MESSAGES and event.data.recipient != "customer"):
        return None
    data = event.data.model_dump(mode="json", exclude_none=True)
    body = {name: data[name] for name in kind.shown if name in data} if kind.shown else None
    return Item(
        section=kind.section,
        item_id=event.aggregateid,
        customer_id=event.subject,
        unit_id=data.get("unit"),
        sequence=event.sequence,
        status=data[kind.status_field] if kind.status_field else kind.status,
        at=getattr(event.data, kind.at) if kind.at else event.time,
        recorded_at=event.recordedtime,
        body_sequence=event.sequence if body is not None else None,
        body=body,
    )


@dataclass(frozen=True, slots=True)
class Rows:
    """How many things a service keeps under one record, and who reported them; no source is by hand."""

    section: str
    customer_id: UUID
    source: str | None
    count: int
    at: datetime


def newest(items: Iterable[Item]) -> list[Item]:
    """One item for each thing: the newest status, and the newest body, which may be another's. Sorted for locking."""
    best: dict[tuple[str, UUID], Item] = {}
    for one in items:
        key = (one.section, one.item_id)
        best[key] = joined(best[key], one) if key in best else one
    return [best[key] for key in sorted(best)]


def joined(one: Item, two: Item) -> Item:
    """What two facts of one thing say together, whichever came first; voided is final."""
    low, high = sorted((one, two), key=lambda i: i.sequence)
    body = max(one, two, key=lambda i: -1 if i.body_sequence is None else i.body_sequence)
    return Item(
        section=one.section,
        item_id=one.item_id,
        customer_id=high.customer_id,
        unit_id=high.unit_id or low.unit_id,
        sequence=high.sequence,
        status=VOIDED if VOIDED in (one.status, two.status) else high.status,
        at=body.at,
        recorded_at=max(one.recorded_at, two.recorded_at),
        body_sequence=body.body_sequence,
        body=body.body,
    )


def sections(
    items: Iterable[Item], as_of: Mapping[str, datetime], canonical_id: UUID, *, internal: bool
) -> dict[str, Section]:
    """The sections of an overview; of several records' scores those of the canonical record count, else the newest."""
    shown: dict[str, list[Item]] = {name: [] for name in LENGTHS if internal or name not in FIRM_ONLY}
    for one in sorted(items, key=lambda i: (i.at, i.item_id), reverse=True):
        if one.section in shown and one.status not in HIDDEN and one.body is not None:
            shown[one.section].append(one)
    for name, key in ((SCORES, "kind"), (SEGMENTS, "segment")):
        if name in shown:
            shown[name] = _one_each(shown[name], key, canonical_id)
    return {name: Section(tuple(found[: LENGTHS[name]]), as_of.get(name)) for name, found in shown.items()}


def one_profile(speaks: Customer, others: Sequence[Customer]) -> Customer:
    """The record that speaks, with what it lacks from the others, oldest first, and everybody's ways to be reached.

    It is as far along as the record that is furthest, and as new as the newest.
    """
    filled: dict[str, Any] = {
        name: next((value for other in others if (value := getattr(other, name)) is not None), None)
        for name in _FILLED
        if getattr(speaks, name) is None
    }
    points = {(p.kind, p.value): p for one in (*reversed(others), speaks) for p in reversed(one.contact_points)}
    return replace(
        speaks,
        **filled,
        lifecycle=max((one.lifecycle for one in (speaks, *others)), key=_FURTHEST.index),
        recorded_at=max(one.recorded_at for one in (speaks, *others)),
        contact_points=tuple(reversed(points.values())),
    )


def tier_of(segments: Iterable[Item]) -> str | None:
    """The tier that the customer is in, if any segment has tiers."""
    return next((one.body["tier"] for one in segments if one.body and one.body.get("tier")), None)


def _one_each(items: Iterable[Item], key: str, canonical_id: UUID) -> list[Item]:
    found: dict[str, Item] = {}
    for one in sorted(items, key=lambda i: i.customer_id != canonical_id):
        found.setdefault((one.body or {})[key], one)
    return list(found.values())


@dataclass(frozen=True, slots=True)
class Overview:
    """One customer on one page; `profile` is the merged file, `sections` what the other services said."""

    asked: UUID
    profile: Customer
    members: tuple[UUID, ...]
    sections: Mapping[str, Section]
