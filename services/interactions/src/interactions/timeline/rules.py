"""An entry of the timeline: when, what kind, and a few codes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from guanxi.events import Event
from guanxi.events.complaints import Ticket
from guanxi.events.notifications import Message, NotificationFailed, NotificationSent, NotificationSuppressed

Kind = Literal[
    "contact",
    "order",
    "delivery",
    "return",
    "payment",
    "service",
    "promise",
    "opinion",
    "mention",
    "interview",
    "need",
    "complaint",
    "message",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What an entry tells at a glance: codes, sums and moments, never words of a person."""

    status: str | None = None
    channel: str | None = None
    direction: str | None = None
    code: str | None = None
    """What kind of contact, service, questionnaire, platform, cause or message it was."""
    outcome: str | None = None
    amount_minor: int | None = None
    currency: str | None = None
    count: int | None = None
    due_at: datetime | None = None
    number: str | None = None
    order_id: UUID | None = None
    contact_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that happened; `id` is the id of the record it stands for, `sequence` that record's version."""

    id: UUID
    customer_id: UUID
    at: datetime
    kind: Kind
    unit_id: str
    sequence: int
    summary: Summary
    voided: bool = False


def of_ticket(event: Event[Ticket]) -> Entry | None:
    """The entry of a complaint as this fact leaves it; none for an anonymous one."""
    if event.subject is None:
        return None
    ticket = event.data
    return Entry(
        id=ticket.complaint_id,
        customer_id=event.subject,
        at=ticket.filed_at,
        kind="complaint",
        unit_id=ticket.unit,
        sequence=event.sequence,
        summary=Summary(
            status=ticket.status,
            channel=ticket.channel,
            code=ticket.cause,
            number=ticket.number,
            due_at=ticket.promised_at,
            count=ticket.reopen_count or None,
        ),
    )


def of_message(event: Event[Message]) -> Entry | None:
    """The entry of a message to the customer; none for what our own staff were told."""
    message = event.data
    if event.subject is None or message.recipient != "customer":
        return None
    status, at, outcome = _fate(message)
    return Entry(
        id=message.message_id,
        customer_id=event.subject,
        at=at,
        kind="message",
        unit_id=message.unit,
        sequence=event.sequence,
        summary=Summary(
            status=status, channel=message.channel, direction="out", code=message.message_class, outcome=outcome
        ),
    )


def _fate(message: Message) -> tuple[str, datetime, str | None]:
    match message:
        case NotificationSent():
            return "sent", message.sent_at, None
        case NotificationFailed():
            return "failed", message.failed_at, message.reason
        case NotificationSuppressed():
            return "suppressed", message.suppressed_at, message.reason
    raise TypeError(f"{type(message).__name__} is the fate of no message")
