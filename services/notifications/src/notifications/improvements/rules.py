"""Whom an improvement is told to, by which words, and what came of it in all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from guanxi.events import Event
from guanxi.events.improvements import ComplaintImproved, ImprovementPublished
from guanxi.ports import derived_id
from notifications.lateness import too_late
from notifications.messages.rules import Wanted
from notifications.templates.rules import titles_of

TOLD, ASKED = "improvement-told", "improvement-survey"
"""Intents of both messages, and codes of their templates."""
QUIET = timedelta(minutes=2)
"""After so long without another complainant nobody else is waited for: who was erased since never comes."""
Outcome = Literal["told", "not_told", "pending"]


@dataclass(frozen=True, slots=True)
class Improvement:
    """An improvement as it was published; `said` is what we last said of its tellings."""

    id: UUID
    titles: dict[str, str]
    effective_on: date
    published_at: datetime
    complainants: int
    anonymous: int
    said: dict[str, Any] | None
    said_sequence: int
    finished_at: datetime | None
    heard_at: datetime


@dataclass(frozen=True, slots=True)
class Telling:
    """One record that an improvement concerns, with what became of its message; none where it was learned too late."""

    id: UUID
    improvement_id: UUID
    customer_id: UUID
    complaint_id: UUID
    event_id: UUID
    unit_id: str
    ask_at: datetime | None
    better: bool | None
    replied_at: datetime | None
    message_id: UUID | None
    settled_at: datetime | None
    outcome: Outcome
    why_not: str | None


@dataclass(frozen=True, slots=True)
class Counted:
    """Customers with one outcome and reason, merged records as one; `latest` is when the last of them came."""

    outcome: Outcome
    reason: str | None
    customers: int
    asked: int
    better: int
    not_better: int
    latest: datetime


@dataclass(frozen=True, slots=True)
class Tally:
    """How many customers were told, merged records counting as one; `latest` is when the last of them came."""

    told: int
    pending: int
    not_told: dict[str, int]
    asked: int
    better: int
    not_better: int
    latest: datetime | None

    @property
    def customers(self) -> int:
        """All of them."""
        return self.told + self.pending + sum(self.not_told.values())


def telling_id(improvement_id: UUID, customer_id: UUID) -> UUID:
    """The id of the telling of an improvement to one record: the same whichever of its complaints comes first."""
    return derived_id(improvement_id, f"telling/{customer_id}")


def key_of(intent: str, improvement_id: UUID, customer_id: UUID) -> str:
    """What is the same for everything that asks for the same message."""
    return f"{intent}:{improvement_id}:{customer_id}"


def wanted_of(event: Event[ComplaintImproved], now: datetime) -> Wanted | None:
    """The message that tells of the improvement; None for a complaint without a name and for what came too late."""
    if event.subject is None or too_late(event, now):
        return None
    # No leave by the complaint's own address: that was given for its answer. So it is the same message, with the same
    # permission, whichever of several complaints comes first.
    data = event.data
    return Wanted(
        intent=TOLD,
        key=key_of(TOLD, data.improvement_id, event.subject),
        message_class="service",
        channel="email",
        recipient="customer",
        unit=data.unit,
        customer_id=event.subject,
        employee_id=None,
        ticket_id=None,
        facts={**titles_of((one.language, one.words) for one in data.titles), "date": data.effective_on.isoformat()},
        cause_type=ImprovementPublished.TYPE,
        cause_id=data.improvement_id,
        cause_event_id=event.id,
    )


def asking(told: Telling, improvement: Improvement) -> Wanted:
    """The message that asks a customer who was told whether it is better now."""
    return Wanted(
        intent=ASKED,
        key=key_of(ASKED, told.improvement_id, told.customer_id),
        message_class="survey",
        channel="email",
        recipient="customer",
        unit=told.unit_id,
        customer_id=told.customer_id,
        employee_id=None,
        ticket_id=None,
        facts={**titles_of(improvement.titles.items()), "date": improvement.effective_on.isoformat()},
        cause_type=ImprovementPublished.TYPE,
        cause_id=told.improvement_id,
        cause_event_id=told.event_id,
    )


def tally(parts: Iterable[Counted]) -> Tally:
    """All parts together."""
    parts = list(parts)
    return Tally(
        told=sum(one.customers for one in parts if one.outcome == "told"),
        pending=sum(one.customers for one in parts if one.outcome == "pending"),
        not_told={one.reason: one.customers for one in sorted(parts, key=_reason) if one.reason is not None},
        asked=sum(one.asked for one in parts),
        better=sum(one.better for one in parts),
        not_better=sum(one.not_better for one in parts),
        latest=max((one.latest for one in parts), default=None),
    )


def awaited_until(improvement: Improvement, counted: Tally) -> datetime | None:
    """Until when others may come whom it concerns; None when as many are here as complained when it was published.

    Some of those never come: who was erased since, whose complaint was voided, who was joined with another.
    """
    if counted.customers >= improvement.complainants:
        return None
    return max(improvement.heard_at, counted.latest or improvement.heard_at) + QUIET


def _reason(one: Counted) -> str:
    return one.reason or ""
