"""What readers see of a ticket."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from complaints.fields import Read
from complaints.tickets.rules import Outsider, Ticket
from guanxi.events import Personal

StatusName = Literal[
    "received", "assigned", "in_progress", "waiting_for_customer", "answered", "resolved", "closed", "reopened"
]


class ReplyByMail(Read):
    """Where the answer may go, by e-mail; masked without `pii:read`."""

    channel: str
    address: Annotated[str, Personal("email")]


class ReplyByPhone(Read):
    """Where the answer may go, by any other way; masked without `pii:read`."""

    channel: str
    address: Annotated[str, Personal("phone")]


class ComplaintItem(Read):
    """A complaint in a list: its whole state, without what anybody said."""

    id: UUID
    version: int
    number: str
    customer_id: UUID | None
    unit: str
    """The unit whose record it is."""
    source: str | None
    external_ref: str | None
    channel: str
    cause: str
    about: str | None
    severity: str
    sku: str | None
    status: StatusName
    holder_unit: str
    """The unit that answers for it; to an external reader the code of their own unit, the name of any other."""
    holder_id: UUID | None
    """The employee who accepted it, else the unit's lead; to an external reader only one of their own."""
    offered_to: str | None
    """The unit that was asked to take it and has not accepted yet, told as `holder_unit` is."""
    service_level: str
    filed_at: datetime
    promised_at: datetime | None
    """By when the customer was promised an answer."""
    acknowledged_at: datetime | None
    answered_at: datetime | None
    resolved_at: datetime | None
    closed_at: datetime | None
    solved: bool | None
    """What the customer said of it."""
    remedy: str | None
    reopen_count: int
    handovers: int
    escalation_level: int
    """0: not escalated."""


class PeriodRead(Read):
    """A period of custody: who held the complaint, or was asked to, and why. Units are told as `holder_unit` is."""

    n: int
    from_unit: str | None
    to_unit: str
    reason: str
    note: str | None
    """What was said to the unit that was asked; not for external readers."""
    wrong_door: bool
    """Whether `from_unit` was the wrong one for this cause."""
    status: Literal["asked", "held", "ended", "withdrawn"]
    created_at: datetime
    began_at: datetime | None
    ended_at: datetime | None


class DeadlineRead(Read):
    """A moment by which a step must be done."""

    id: UUID
    kind: str
    due_at: datetime
    paused_at: datetime | None
    met_at: datetime | None
    missed_at: datetime | None
    status: Literal["open", "met", "missed", "historic", "void"]


class AnswerRead(Read):
    """What was answered; who answered, and the check of the answer, are not for external readers."""

    id: UUID
    text: str | None
    remedy: str | None
    answered_by: UUID | None
    quality: int | None
    conduct: list[str]
    in_time: bool | None
    created_at: datetime


class ReplyRead(Read):
    """What the customer said while it was their turn."""

    id: UUID
    channel: str
    text: str | None
    created_at: datetime


class VerdictRead(Read):
    """Whether it was solved, by the customer's word."""

    id: UUID
    solved: bool
    given_by: str | None
    """`customer`, or who wrote it down for them, which is not for external readers."""
    comment: str | None
    created_at: datetime


class UniformSolution(Read):
    """What was decided once for everybody who complains of the same cause and article."""

    problem_id: UUID
    text: str
    remedy: str | None
    decided_at: datetime


class ComplaintRead(ComplaintItem):
    """A complaint with everything said and done about it."""

    text: str | None
    wish: str | None
    reply_to: ReplyByMail | ReplyByPhone | None
    custody: list[PeriodRead] = Field(default_factory=list)
    answers: list[AnswerRead] = Field(default_factory=list)
    replies: list[ReplyRead] = Field(default_factory=list)
    verdicts: list[VerdictRead] = Field(default_factory=list)
    deadlines: list[DeadlineRead] = Field(default_factory=list)
    solution: UniformSolution | None = None
    """How such complaints are answered, where that is decided; not for external readers."""


def item(ticket: Ticket, outsider: Outsider | None = None) -> ComplaintItem:
    """A ticket for a list, as an external reader may see it when there is one."""
    return ComplaintItem.model_validate(_values(ticket, outsider))


def whole(ticket: Ticket, outsider: Outsider | None = None) -> ComplaintRead:
    """A ticket for one reader; what was said and done is added to it."""
    given = ticket.reply_channel and ticket.reply_address
    kind = ReplyByMail if ticket.reply_channel == "email" else ReplyByPhone
    reply_to = kind(channel=ticket.reply_channel or "", address=ticket.reply_address or "") if given else None
    return ComplaintRead.model_validate(
        {**_values(ticket, outsider), "text": ticket.text, "wish": ticket.wish, "reply_to": reply_to}
    )


def without_our_own(shown: ComplaintRead, outsider: Outsider) -> ComplaintRead:
    """Without what is said and kept among ourselves: an external reader gets what a complainant gets, and their own."""
    custody = [
        period.model_copy(
            update={
                "from_unit": outsider.seen(period.from_unit),
                "to_unit": outsider.seen(period.to_unit),
                "note": None,
            }
        )
        for period in shown.custody
    ]
    unchecked: dict[str, object] = {"answered_by": None, "quality": None, "conduct": []}
    answers = [answer.model_copy(update=unchecked) for answer in shown.answers]
    verdicts = [
        verdict if verdict.given_by == "customer" else verdict.model_copy(update={"given_by": None})
        for verdict in shown.verdicts
    ]
    return shown.model_copy(update={"custody": custody, "answers": answers, "verdicts": verdicts})


def _values(ticket: Ticket, outsider: Outsider | None) -> dict[str, object]:
    names = [name for name in ComplaintItem.model_fields if name != "unit"]
    values = {"unit": ticket.unit_id, **{name: getattr(ticket, name) for name in names}}
    if outsider is None:
        return values
    holder_id = ticket.holder_id if ticket.holder_unit == outsider.unit else None
    units = {name: outsider.seen(getattr(ticket, name)) for name in ("holder_unit", "offered_to")}
    return {**values, **units, "holder_id": holder_id}
