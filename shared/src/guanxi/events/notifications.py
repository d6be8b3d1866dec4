"""Who was told, who was not and why, and who may be told; contents and addresses stay with notifications."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from guanxi.events._envelope import Fact
from guanxi.events.fields import Channel, Code, Count, IsoDate, Language, Part, UtcTime, Vocabulary

CLASSES = ("service", "transactional", "marketing", "survey", "personal", "staff")
RECIPIENTS = ("customer", "employee", "unit")
SUPPRESSIONS = (
    *("no_permission", "no_address", "budget", "quiet_hours", "historic"),
    *("erased", "duplicate", "superseded"),
)
PERMISSION_STATES = ("unknown", "asked", "granted", "denied", "withdrawn", "expired")


class Message(Fact):
    """A message of ours: for whom, what kind, and what it was about."""

    message_id: UUID
    intent: Code
    """The rule or campaign that wanted it; one message goes out per intent, cause and canonical customer."""
    message_class: Annotated[Code, Vocabulary(CLASSES)]
    template: Code
    language: Language | None = None
    channel: Channel
    recipient: Annotated[Code, Vocabulary(RECIPIENTS)]
    employee_id: UUID | None = None
    unit: Code
    """The unit of the customer or of the employee told."""
    cause_type: Code | None = None
    """Type of the event that it answers to."""
    cause_id: UUID | None = None
    """Aggregate id of that event: the complaint, the promise, ..."""


class NotificationSent(Message, type="guanxi.notifications.NotificationSent.v1"):
    """The provider took the message."""

    sent_at: UtcTime
    attempts: Count = 1


class NotificationFailed(Message, type="guanxi.notifications.NotificationFailed.v1"):
    """The message will not be tried again."""

    failed_at: UtcTime
    attempts: Count
    reason: Code


class NotificationSuppressed(Message, type="guanxi.notifications.NotificationSuppressed.v1"):
    """The message was not sent, for a reason of ours."""

    suppressed_at: UtcTime
    reason: Annotated[Code, Vocabulary(SUPPRESSIONS)]


class ConsentChanged(Fact, type="guanxi.notifications.ConsentChanged.v1"):
    """What a customer allows changed; aggregate is the permission (customer, purpose, channel)."""

    permission_id: UUID
    purpose: Annotated[Code, Vocabulary(CLASSES)]
    channel: Channel
    state: Annotated[Code, Vocabulary(PERMISSION_STATES)]
    previous_state: Annotated[Code, Vocabulary(PERMISSION_STATES)]
    unit: Code
    source: Code | None = None
    """The publisher that reported it; none when said to us."""
    at: UtcTime
    """When the customer said so."""


class ContactReserved(Fact, type="guanxi.notifications.ContactReserved.v1"):
    """A contact with the customer was granted within this week's budget; aggregate is the reservation."""

    reservation_id: UUID
    unit: Code
    kind: Code
    week: IsoDate
    """Monday of the week."""


class ContactRefused(Fact, type="guanxi.notifications.ContactRefused.v1"):
    """The week's budget of contacts with the customer is used up; aggregate is the reservation."""

    reservation_id: UUID
    unit: Code
    kind: Code
    week: IsoDate
    reason: Code


class NotTold(Part):
    """How many were not told, for one reason."""

    reason: Annotated[Code, Vocabulary(SUPPRESSIONS)]
    customers: Count


class ImprovementTold(Fact, type="guanxi.notifications.ImprovementTold.v1"):
    """All whom an improvement concerns have been told, or will not be; no subject, aggregate is the improvement.

    Said anew, whole, when later complaints join it.
    """

    improvement_id: UUID
    told: Count
    not_told: tuple[NotTold, ...] = ()
    finished_at: UtcTime
