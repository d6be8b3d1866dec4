"""What may become of a ticket: its states, who holds it, when it goes up a level. Pure; refusals are `Conflict`s.

Not closed means exactly one holder: `holder_unit` is never empty, and a hand-over moves it only when it is accepted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from guanxi.problems import Conflict


class Status(StrEnum):
    """Where a ticket stands."""

    RECEIVED = "received"
    ASSIGNED = "assigned"
    IN_PROGRESS = "in_progress"
    WAITING = "waiting_for_customer"
    ANSWERED = "answered"
    RESOLVED = "resolved"
    CLOSED = "closed"
    REOPENED = "reopened"


class Step(StrEnum):
    """What moves a ticket from one status to the next."""

    ASSIGN = "assign"
    TAKE_UP = "take_up"
    WAIT = "wait"
    GO_ON = "go_on"
    ANSWER = "answer"
    RESOLVE = "resolve"
    CLOSE = "close"
    REOPEN = "reopen"


MOVES: dict[tuple[Status, Step], Status] = {
    (Status.RECEIVED, Step.ASSIGN): Status.ASSIGNED,
    (Status.REOPENED, Step.ASSIGN): Status.ASSIGNED,
    (Status.ASSIGNED, Step.TAKE_UP): Status.IN_PROGRESS,
    (Status.IN_PROGRESS, Step.WAIT): Status.WAITING,
    (Status.WAITING, Step.GO_ON): Status.IN_PROGRESS,
    (Status.IN_PROGRESS, Step.ANSWER): Status.ANSWERED,
    (Status.ANSWERED, Step.RESOLVE): Status.RESOLVED,
    (Status.RESOLVED, Step.CLOSE): Status.CLOSED,
    (Status.ANSWERED, Step.REOPEN): Status.REOPENED,
    (Status.RESOLVED, Step.REOPEN): Status.REOPENED,
    (Status.CLOSED, Step.REOPEN): Status.REOPENED,
}
"""The whole state machine; what is not in it is refused."""

BEING_WORKED_ON = frozenset({Status.RECEIVED, Status.ASSIGNED, Status.IN_PROGRESS, Status.WAITING, Status.REOPENED})
"""The states in which an answer is owed."""

_REFUSED = {
    Step.WAIT: ("not-in-progress", "Only what somebody works on can wait for the customer: accept it first."),
    Step.ANSWER: ("already-answered", "This complaint has been answered; reopen it to answer again."),
    Step.RESOLVE: ("not-answered", "Only an answered complaint can be resolved. Not yours? Hand it on with a reason."),
    Step.CLOSE: ("not-resolved", "Only a resolved complaint can be closed. Not yours? Hand it on with a reason."),
    Step.REOPEN: ("not-answered", "Only what has been answered can be reopened."),
}


DUE = "deadline"
"""The kind of a ticket's row in `due`, which is for the next of its deadlines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """A complaint, whole; the columns of its row."""

    id: UUID
    version: int = 1
    created_at: datetime
    recorded_at: datetime
    unit_id: str
    number: str
    customer_id: UUID | None = None
    source: str | None = None
    external_ref: str | None = None
    channel: str
    cause: str = "other"
    about: str | None = None
    severity: str = "normal"
    sku: str | None = None
    text: str | None = None
    wish: str | None = None
    reply_channel: str | None = None
    reply_address: str | None = None
    status: Status = Status.RECEIVED
    holder_unit: str
    holder_id: UUID | None = None
    offered_to: str | None = None
    service_level: str = "ordinary"
    historic: bool = False
    filed_at: datetime
    promised_at: datetime | None = None
    acknowledged_at: datetime | None = None
    answered_at: datetime | None = None
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    solved: bool | None = None
    remedy: str | None = None
    reopen_count: int = 0
    handovers: int = 0
    wrong_minutes: int = 0
    escalation_level: int = 0
    erased_at: datetime | None = None
    voided_at: datetime | None = None

    @property
    def open(self) -> bool:
        """True while somebody must still do something about it."""
        return self.status is not Status.CLOSED


@dataclass(frozen=True, slots=True)
class Outsider:
    """A reader of an external unit; `names` are those of all units, by code."""

    unit: str
    names: Mapping[str, str]

    def seen(self, code: str | None) -> str | None:
        """A unit as this reader may know it: their own by its code, any other by its name."""
        return code if code is None or code == self.unit else self.names.get(code, code)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which tickets a reader asks for; None means any. `customers` are all ids of one customer."""

    status: Sequence[str] | None = None
    holder_unit: str | None = None
    holder_id: UUID | None = None
    customers: Sequence[UUID] | None = None
    cause: str | None = None
    level: str | None = None
    escalated: bool | None = None
    overdue: bool | None = None
    since: datetime | None = None
    now: datetime


def move(status: Status, step: Step) -> Status:
    """The status after one step; raises `Conflict` for a step that the state machine does not have."""
    after = MOVES.get((status, step))
    if after is not None:
        return after
    if status is Status.CLOSED and step is not Step.REOPEN:
        raise Conflict("already-closed", "This complaint is closed; reopen it to go on with it.")
    code, detail = _REFUSED.get(step, ("wrong-state", f"A complaint that is {status} cannot do this."))
    raise Conflict(code, detail)


def assign(ticket: Ticket) -> Ticket:
    """Let the holder's unit know that it is theirs."""
    return replace(ticket, status=move(ticket.status, Step.ASSIGN))


def offer(ticket: Ticket, to_unit: str) -> Ticket:
    """Ask another unit to take it; the holder keeps it until that unit accepts. A new offer replaces the last."""
    if ticket.status not in BEING_WORKED_ON:
        code = "already-closed" if not ticket.open else "already-answered"
        raise Conflict(code, f"A complaint that is {ticket.status} is not handed on; reopen it first.")
    if to_unit == ticket.holder_unit:
        raise Conflict("same-unit", "That unit holds it already.")
    return replace(ticket, offered_to=to_unit)


def accept(ticket: Ticket, holder_id: UUID | None, now: datetime) -> Ticket:
    """Take it up: the unit it was offered to becomes its holder, else somebody of the present unit takes it on."""
    if ticket.status not in BEING_WORKED_ON:
        raise Conflict("nothing-to-accept", f"This complaint is {ticket.status}: there is nothing to accept.")
    taken = replace(
        ticket,
        status=_taken_up(ticket.status),
        holder_unit=ticket.offered_to or ticket.holder_unit,
        holder_id=holder_id,
        offered_to=None,
        handovers=ticket.handovers + (ticket.offered_to is not None),
        acknowledged_at=ticket.acknowledged_at or now,
    )
    if ticket.status in {Status.IN_PROGRESS, Status.WAITING} and _same_hands(ticket, taken):
        raise Conflict("already-accepted", "It has been accepted already.")
    return taken


def fall_to(ticket: Ticket, unit: str, lead_id: UUID | None) -> Ticket:
    """Give it to a unit and its lead without asking, because its holder has left; that unit need not be asked then."""
    offered_to = None if ticket.offered_to == unit else ticket.offered_to
    return replace(ticket, holder_unit=unit, holder_id=lead_id, offered_to=offered_to)


def wait(ticket: Ticket) -> Ticket:
    """Nothing can go on before the customer says something."""
    return replace(ticket, status=move(ticket.status, Step.WAIT))


def go_on(ticket: Ticket) -> Ticket:
    """The customer has said something; what waited for it goes on, anything else stays as it is."""
    if not ticket.open:
        move(ticket.status, Step.GO_ON)
    return replace(ticket, status=Status.IN_PROGRESS) if ticket.status is Status.WAITING else ticket


def answer(ticket: Ticket, taker_id: UUID | None, remedy: str | None, now: datetime) -> Ticket:
    """Answer it. What nobody has accepted, `taker_id` of its unit has thereby accepted; an offer that stands is off."""
    status = _taken_up(ticket.status) if ticket.status in BEING_WORKED_ON else ticket.status
    if status is Status.WAITING:
        status = move(status, Step.GO_ON)
    taken_up = ticket.status in {Status.IN_PROGRESS, Status.WAITING}
    return replace(
        ticket,
        status=move(status, Step.ANSWER),
        holder_id=ticket.holder_id if taken_up else taker_id or ticket.holder_id,
        offered_to=None,
        acknowledged_at=ticket.acknowledged_at or now,
        answered_at=now,
        remedy=remedy or ticket.remedy,
    )


def resolve(ticket: Ticket, remedy: str | None, now: datetime) -> Ticket:
    """What was wrong has been put right."""
    return replace(ticket, status=move(ticket.status, Step.RESOLVE), resolved_at=now, remedy=remedy or ticket.remedy)


def close(ticket: Ticket, now: datetime, *, solved: bool | None = None) -> Ticket:
    """It is over; `solved` is what the customer says of it."""
    return replace(ticket, status=move(ticket.status, Step.CLOSE), closed_at=now, solved=solved)


def reopen(ticket: Ticket) -> Ticket:
    """It was not solved: an answer is owed again, by the unit that held it last."""
    return replace(
        ticket,
        status=move(ticket.status, Step.REOPEN),
        reopen_count=ticket.reopen_count + 1,
        answered_at=None,
        resolved_at=None,
        closed_at=None,
        solved=None,
    )


def escalate(ticket: Ticket) -> Ticket:
    """Raise its level by one."""
    return replace(ticket, escalation_level=ticket.escalation_level + 1)


def handed_on_too_often(ticket: Ticket, limit: int) -> bool:
    """True at each `limit`-th hand-over: the third escalates, and so does the sixth."""
    return ticket.handovers > 0 and ticket.handovers % limit == 0


def _taken_up(status: Status) -> Status:
    for step in (Step.ASSIGN, Step.TAKE_UP):
        status = MOVES.get((status, step), status)
    return status


def _same_hands(before: Ticket, after: Ticket) -> bool:
    return (before.holder_unit, before.holder_id) == (after.holder_unit, after.holder_id)
