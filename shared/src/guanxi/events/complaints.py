"""What went wrong. Each fact carries the whole state of the ticket after it, so that readers need no other one.

The subject is the customer (none when anonymous), the aggregate is the complaint, `sequence` its version.
"""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from guanxi.events._envelope import Fact
from guanxi.events.fields import (
    AddressText,
    Channel,
    Code,
    Count,
    Part,
    RecordReference,
    Reference,
    Sku,
    UtcTime,
    Vocabulary,
)

CAUSES = ("quality", "price", "indifference", "image", "neglect", "other")
SEVERITIES = ("low", "normal", "high", "critical")
ABOUT = ("internal", "external")
STATUSES = (
    *("received", "assigned", "in_progress", "waiting_for_customer"),
    *("answered", "resolved", "closed", "reopened"),
)
REMEDIES = ("answer", "repair", "exchange", "refund", "goodwill", "apology", "none")
ESCALATIONS = ("handovers", "wrong_hands", "deadline", "person")
DEADLINES = ("acknowledge", "answer", "resolve", "custody")


class ReplyTo(Part):
    """The address given for this complaint, and for nothing else."""

    channel: Channel
    address: AddressText


class Ticket(Fact):
    """The whole state of a complaint."""

    complaint_id: UUID
    number: Reference
    """What people call it by."""
    unit: Code
    """The unit whose record it is."""
    source: Code | None = None
    external_ref: RecordReference | None = None
    channel: Channel
    cause: Annotated[Code, Vocabulary(CAUSES)]
    about: Annotated[Code, Vocabulary(ABOUT)] | None = None
    severity: Annotated[Code, Vocabulary(SEVERITIES)]
    sku: Sku | None = None
    status: Annotated[Code, Vocabulary(STATUSES)]
    holder_unit: Code
    """The unit that answers for it; there always is one until it is closed."""
    holder_id: UUID | None = None
    """The employee who accepted it, else the lead of the unit; none where the unit has no lead."""
    service_level: Code
    filed_at: UtcTime
    promised_at: UtcTime | None = None
    """When an answer was promised, counted from `filed_at`: already past where the complaint was on its way for long.
    None where it was for more than 48 hours."""
    answered_at: UtcTime | None = None
    resolved_at: UtcTime | None = None
    closed_at: UtcTime | None = None
    reopen_count: Count = 0
    handovers: Count = 0
    """How often it was handed on."""
    escalation_level: Count = 0
    reply_to: ReplyTo | None = None


class ComplaintFiled(Ticket, type="guanxi.complaints.ComplaintFiled.v1"):
    """Somebody complained, and a unit holds it."""


class ComplaintFiledCorrected(Ticket, type="guanxi.complaints.ComplaintFiledCorrected.v1"):
    """What was complained of was reported wrongly; this is the whole ticket as it should have been."""


class ComplaintFiledVoided(Fact, type="guanxi.complaints.ComplaintFiledVoided.v1"):
    """Nobody complained; final."""

    complaint_id: UUID
    number: Reference
    unit: Code
    source: Code | None = None
    external_ref: RecordReference | None = None


class ComplaintHandedOver(Ticket, type="guanxi.complaints.ComplaintHandedOver.v1"):
    """Another unit or person took it over, or was asked to; the old holder keeps it until accepted."""

    from_unit: Code
    to_unit: Code
    from_holder_id: UUID | None = None
    to_holder_id: UUID | None = None
    reason: Code
    wrong_door: bool = False
    """Whether the old unit was the wrong one for this cause."""
    accepted: bool = True
    """False while the new holder has not accepted yet."""


class ComplaintEscalated(Ticket, type="guanxi.complaints.ComplaintEscalated.v1"):
    """It went up a level."""

    reason: Annotated[Code, Vocabulary(ESCALATIONS)]


class ComplaintWaiting(Ticket, type="guanxi.complaints.ComplaintWaiting.v1"):
    """It is the customer's turn: the deadlines stand still until they say something."""


class ComplaintResumed(Ticket, type="guanxi.complaints.ComplaintResumed.v1"):
    """The customer said something, so it is our turn again; `promised_at` has moved by as long as it waited."""


class ComplaintAnswered(Ticket, type="guanxi.complaints.ComplaintAnswered.v1"):
    """The customer got an answer; its words stay with complaints."""

    answer_id: UUID
    answered_by: UUID | None = None
    in_time: bool | None = None
    """Whether it came by `promised_at`; none without one."""


class ComplaintResolved(Ticket, type="guanxi.complaints.ComplaintResolved.v1"):
    """What was wrong has been put right, as we see it."""

    remedy: Annotated[Code, Vocabulary(REMEDIES)] | None = None
    resolved_by: UUID | None = None
    in_time: bool | None = None
    """Whether it came by the deadline for resolving; none without one."""


class ComplaintReopened(Ticket, type="guanxi.complaints.ComplaintReopened.v1"):
    """It was not solved."""

    by_customer: bool
    reason: Code | None = None


class ComplaintClosed(Ticket, type="guanxi.complaints.ComplaintClosed.v1"):
    """It is over."""

    solved: bool | None = None
    """What the customer said; none when they said nothing."""


class DeadlineMissed(Fact, type="guanxi.complaints.DeadlineMissed.v1"):
    """A moment that a service standard set went by; aggregate is the deadline."""

    deadline_id: UUID
    complaint_id: UUID
    number: Reference
    unit: Code
    kind: Annotated[Code, Vocabulary(DEADLINES)]
    due_at: UtcTime
    cause: Annotated[Code, Vocabulary(CAUSES)]
    severity: Annotated[Code, Vocabulary(SEVERITIES)]
    status: Annotated[Code, Vocabulary(STATUSES)]
    holder_unit: Code
    holder_id: UUID | None = None
    service_level: Code
    escalation_level: Count = 0
    complaint_sequence: Count | None = None
    """Version of the complaint when it was missed: what tells whether a resolution came before or after it."""


class DeadlineMissedVoided(Fact, type="guanxi.complaints.DeadlineMissedVoided.v1"):
    """No deadline was missed, because nobody complained; final."""

    deadline_id: UUID
    complaint_id: UUID
    number: Reference
    unit: Code
    kind: Annotated[Code, Vocabulary(DEADLINES)]
