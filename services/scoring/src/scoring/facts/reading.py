"""Turning events into facts: which event says what about which kind of fact.

A table, so that "what becomes of a missed deadline?" is one look-up, and a new event type is one new row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from guanxi.events import Event
from guanxi.events import Fact as EventFact
from guanxi.events import complaints as c
from guanxi.events import interactions as i
from scoring.facts.rules import FactRow, Traits

BASIS = 10_000
STEP = timedelta(minutes=15)
"""How exactly a source's progress is kept: the days of all time zones begin at such a moment."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
REPORTED = (
    *(i.OrderPlaced, i.OrderDelivered, i.OrderReturned, i.PaymentReceived, i.ServicePerformed),
    *(i.CustomerContacted, i.OpinionGiven, i.MentionObserved, c.ComplaintFiled),
)
"""What a publisher tells, corrections included."""
PROMISE_KINDS = ("promise", "promise.kept", "promise.broken", "promise.renegotiated", "promise.withdrawn")
COMPLAINT_KINDS = ("complaint", "complaint.answered", "complaint.resolved", "complaint.reopened", "complaint.closed")


@dataclass(frozen=True, slots=True)
class Said:
    """What an event says of one kind of fact; `at` names the field that holds when it happened.

    `traits` gets the event's data and the publisher who reported it.
    """

    kind: str
    at: str
    traits: Callable[[Any, str | None], Traits]
    amount: str | None = None


def _order(data: i.OrderPlaced, source: str | None) -> Traits:
    declared = [line for line in data.lines if line.margin_bp is not None]
    return Traits(
        source=source,
        count=data.line_count,
        total_minor=data.total_minor,
        margin_minor=sum(line.amount_minor * (line.margin_bp or 0) for line in declared) // BASIS,
        unmargined_minor=data.goods_minor - sum(line.amount_minor for line in declared),
    )


def _contact(data: i.CustomerContacted, source: str | None) -> Traits:
    return Traits(
        source=source,
        code=data.kind,
        channel=data.channel,
        direction=data.direction,
        outcome=data.outcome,
        count=data.cue_count,
        rival_named=data.rival_named,
    )


def _promise(data: Any, source: str | None) -> Traits:
    kept_at = getattr(data, "kept_at", None)
    return Traits(
        source=source,
        code=data.what_code,
        fulfilling_unit=data.fulfilling_unit,
        promiser_id=data.promiser_id,
        contact_id=data.contact_id,
        in_time=None if kept_at is None else kept_at <= data.due_at,
        outcome=getattr(data, "reason", None),
    )


def _opinion(data: i.OpinionGiven, source: str | None) -> Traits:
    return Traits(
        source=source,
        code=data.questionnaire,
        count=len(data.grades),
        expected=sum(grade.expected for grade in data.grades if grade.expected is not None),
        obtained=sum(grade.obtained for grade in data.grades),
    )


def _ticket(data: Any, source: str | None) -> Traits:
    return Traits(
        source=source,
        status=data.status,
        cause=data.cause,
        severity=data.severity,
        count=data.reopen_count,
        in_time=getattr(data, "in_time", None),
        solved=getattr(data, "solved", None),
    )


def _of_order(data: Any, source: str | None) -> Traits:
    return Traits(source=source, order_id=data.order_id, days_late=getattr(data, "days_late", None))


def _deadline(data: c.DeadlineMissed, source: str | None) -> Traits:
    return Traits(
        source=source, code=data.kind, cause=data.cause, severity=data.severity, complaint_id=data.complaint_id
    )


_TICKET = Said("complaint", "filed_at", _ticket)
_ORDER = Said("order", "placed_at", _order, "goods_minor")
_DELIVERY = Said("delivery", "delivered_at", _of_order)
_RETURN = Said("return", "returned_at", _of_order, "amount_minor")
_PAYMENT = Said("payment", "paid_on", _of_order, "amount_minor")
_SERVICE = Said("service", "performed_at", lambda data, source: Traits(source=source, code=data.kind), "cost_minor")
_CONTACT = Said("contact", "occurred_at", _contact)
_MADE = Said("promise", "made_at", _promise)
_OPINION = Said("opinion", "given_at", _opinion)
_MENTION = Said("mention", "observed_at", lambda data, source: Traits(source=source, sentiment=data.sentiment))

SAYS: dict[type[EventFact], tuple[Said, ...]] = {
    i.OrderPlaced: (_ORDER,),
    i.OrderPlacedCorrected: (_ORDER,),
    i.OrderDelivered: (_DELIVERY,),
    i.OrderDeliveredCorrected: (_DELIVERY,),
    i.OrderReturned: (_RETURN,),
    i.OrderReturnedCorrected: (_RETURN,),
    i.PaymentReceived: (_PAYMENT,),
    i.PaymentReceivedCorrected: (_PAYMENT,),
    i.PaymentOverdue: (Said("payment.overdue", "due_on", _of_order, "amount_minor"),),
    i.ServicePerformed: (_SERVICE,),
    i.ServicePerformedCorrected: (_SERVICE,),
    i.CustomerContacted: (_CONTACT,),
    i.CustomerContactedCorrected: (_CONTACT,),
    i.PromiseMade: (_MADE,),
    i.PromiseMadeCorrected: (_MADE,),
    i.PromiseKept: (Said("promise.kept", "kept_at", _promise),),
    i.PromiseBroken: (Said("promise.broken", "broken_at", _promise),),
    i.PromiseRenegotiated: (Said("promise.renegotiated", "renegotiated_at", _promise),),
    i.PromiseWithdrawn: (Said("promise.withdrawn", "withdrawn_at", _promise),),
    i.OpinionGiven: (_OPINION,),
    i.OpinionGivenCorrected: (_OPINION,),
    i.MentionObserved: (_MENTION,),
    i.MentionObservedCorrected: (_MENTION,),
    c.ComplaintFiled: (_TICKET,),
    c.ComplaintFiledCorrected: (_TICKET,),
    c.ComplaintHandedOver: (_TICKET,),
    c.ComplaintEscalated: (_TICKET,),
    c.ComplaintWaiting: (_TICKET,),
    c.ComplaintResumed: (_TICKET,),
    c.ComplaintAnswered: (_TICKET, Said("complaint.answered", "", _ticket)),
    c.ComplaintResolved: (_TICKET, Said("complaint.resolved", "", _ticket)),
    c.ComplaintReopened: (_TICKET, Said("complaint.reopened", "", _ticket)),
    c.ComplaintClosed: (_TICKET, Said("complaint.closed", "", _ticket)),
    c.DeadlineMissed: (Said("deadline.missed", "due_at", _deadline),),
}
"""Event type -> what it says; an empty `at` means the event's own time."""

VOIDS: dict[type[EventFact], tuple[str, ...]] = {
    i.OrderPlacedVoided: ("order",),
    i.OrderDeliveredVoided: ("delivery",),
    i.OrderReturnedVoided: ("return",),
    i.PaymentReceivedVoided: ("payment",),
    i.PaymentOverdueVoided: ("payment.overdue",),
    i.ServicePerformedVoided: ("service",),
    i.CustomerContactedVoided: ("contact",),
    i.PromiseMadeVoided: PROMISE_KINDS,
    i.PromiseKeptVoided: ("promise.kept",),
    i.PromiseBrokenVoided: ("promise.broken",),
    i.OpinionGivenVoided: ("opinion",),
    i.MentionObservedVoided: ("mention",),
    c.ComplaintFiledVoided: COMPLAINT_KINDS,
    c.DeadlineMissedVoided: ("deadline.missed",),
}
"""Event type -> what did not happen to its aggregate: a promise never made was never broken either."""


def rows_of(event: Event[Any]) -> list[FactRow]:
    """The versions of facts that an event brings."""
    kind = type(event.data)
    if kind in VOIDS:
        return [_voided(event, name) for name in VOIDS[kind]]
    return [_row(event, said) for said in SAYS[kind]]


def rows(events: Iterable[Event[Any]]) -> list[FactRow]:
    """The same for a batch."""
    return [row for event in events for row in rows_of(event)]


def reached(events: Sequence[Event[Any]]) -> dict[tuple[str, datetime], datetime]:
    """How far publishers have told us: (source, moment in steps of `STEP`) -> when we first knew that it was there.

    Only by what they report themselves: what we did about it afterwards also names them, and says nothing of theirs.
    """
    first: dict[tuple[str, datetime], datetime] = {}
    for event in events:
        source = getattr(event.data, "source", None)
        if source is not None and isinstance(event.data, REPORTED):
            # A report dated ahead (a publisher's clock is fast) cannot have told of what was still to come.
            at = min(event.time, event.recordedtime)
            key = (source, at - (at - _EPOCH) % STEP)
            first[key] = min(event.recordedtime, first.get(key, event.recordedtime))
    return _newest(first)


def _newest(first: dict[tuple[str, datetime], datetime]) -> dict[tuple[str, datetime], datetime]:
    # Who has told of a later moment has told of those before: a replay of years is one row a batch.
    kept: dict[tuple[str, datetime], datetime] = {}
    earliest: dict[str, datetime] = {}
    for (source, up_to), known in sorted(first.items(), reverse=True):
        if source not in earliest or known < earliest[source]:
            kept[source, up_to] = earliest[source] = known
    return kept


def _row(event: Event[Any], said: Said) -> FactRow:
    data = event.data
    return FactRow(
        aggregate_id=event.aggregateid,
        kind=said.kind,
        sequence=event.sequence,
        customer_id=event.subject,
        unit_id=data.unit,
        occurred_at=_moment(getattr(data, said.at)) if said.at else event.time,
        recorded_at=event.recordedtime,
        amount_minor=getattr(data, said.amount) if said.amount else None,
        currency=getattr(data, "currency", None) if said.amount else None,
        traits=said.traits(data, getattr(data, "source", None)),
        event_id=event.id,
    )


def _voided(event: Event[Any], kind: str) -> FactRow:
    return FactRow(
        aggregate_id=event.aggregateid,
        kind=kind,
        sequence=event.sequence,
        customer_id=event.subject,
        unit_id=event.data.unit,
        occurred_at=event.time,
        recorded_at=event.recordedtime,
        voided=True,
        event_id=event.id,
    )


def _moment(value: datetime | date) -> datetime:
    # A date without a zone: noon UTC falls on that date from the Americas to East Asia.
    return value if isinstance(value, datetime) else datetime.combine(value, time(12), UTC)
