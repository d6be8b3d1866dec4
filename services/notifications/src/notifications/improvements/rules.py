"""Whom an improvement is told to, by which words, and what came of it in all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
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
_WAITING = frozenset({"queued", "held", "sending"})
_SENT = frozenset({"sent", "delivered"})
Outcome = Literal["told", "not_told", "pending"]
_SAID: Outcome = "told"
_OPEN: Outcome = "pending"
_TWICE = "duplicate"


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


@dataclass(frozen=True, slots=True)
class Telling:
    """One record that an improvement concerns, with what became of its message; no status where none was wanted."""

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
    status: str | None
    reason: str | None
    settled_at: datetime | None

    @property
    def outcome(self) -> Outcome:
        """Whether the customer was told."""
        if self.status in _SENT:
            return _SAID
        return _OPEN if self.status in _WAITING else "not_told"

    @property
    def why_not(self) -> str | None:
        """Why it was not told; without a message it was learned too late to tell anybody."""
        if self.outcome != "not_told":
            return None
        return "historic" if self.status is None else self.reason or self.status


@dataclass(frozen=True, slots=True)
class Tally:
    """How many customers were told, merged records counting as one."""

    told: int
    pending: int
    not_told: dict[str, int]
    asked: int
    better: int
    not_better: int


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


def tally(tellings: Iterable[Telling], canonical: Mapping[UUID, UUID]) -> Tally:
    """Count customers, not records: one who was told under any record was told."""
    groups: dict[UUID, list[Telling]] = {}
    for one in tellings:
        groups.setdefault(canonical.get(one.customer_id, one.customer_id), []).append(one)
    ends = [_end(group) for group in groups.values()]
    reasons = Counter(end for end in ends if end not in (_SAID, _OPEN))
    replies = [next((one.better for one in group if one.better is not None), None) for group in groups.values()]
    return Tally(
        told=ends.count(_SAID),
        pending=ends.count(_OPEN),
        not_told=dict(sorted(reasons.items())),
        asked=sum(any(one.ask_at for one in group) for group in groups.values()),
        better=replies.count(True),
        not_better=replies.count(False),
    )


def finished(improvement: Improvement, tellings: Iterable[Telling], counted: Tally) -> bool:
    """Whether all whom it concerns have an outcome.

    Records are counted, not customers: those who complained under two records that were joined since are one less.
    """
    return counted.pending == 0 and len(list(tellings)) >= improvement.complainants


def _end(group: list[Telling]) -> str:
    ends = {one.outcome for one in group}
    if _SAID in ends:
        return _SAID
    if _OPEN in ends:
        return _OPEN
    reasons = sorted(one.why_not or "" for one in group)
    return next((one for one in reasons if one != _TWICE), _TWICE)
