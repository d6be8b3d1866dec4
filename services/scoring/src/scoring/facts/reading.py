"""Turning events into facts: which event says what about which kind of fact.

A table, so that "what becomes of a missed deadline?" is one look-up, and a new event type is one new row.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from guanxi.events import Event
from guanxi.events import Fact as EventFact
from guanxi.events import complaints as c
from guanxi.events import customers as k
from guanxi.events import entitlements as e
from guanxi.events import improvements as m
from guanxi.events import interactions as i
from guanxi.events import notifications as n
from scoring.facts import saying as says
from scoring.facts.rules import FactRow
from scoring.facts.saying import Said

FIRM = "head-office"
STEP = timedelta(minutes=15)
"""How exactly a source's progress is kept: the days of all time zones begin at such a moment."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
REPORTED = (
    *(i.OrderPlaced, i.OrderDelivered, i.OrderReturned, i.PaymentReceived, i.ServicePerformed),
    *(i.CustomerContacted, i.OpinionGiven, i.MentionObserved, c.ComplaintFiled),
)
"""What a publisher tells, corrections included."""
PROMISE_KINDS = ("promise", "promise.kept", "promise.broken", "promise.renegotiated", "promise.withdrawn")
NEED_KINDS = ("need", "need.answered", "need.reopened", "need.overdue")
COMPLAINT_KINDS = ("complaint", "complaint.answered", "complaint.resolved", "complaint.reopened", "complaint.closed")


SAYS: dict[type[EventFact], tuple[Said, ...]] = {
    i.OrderPlaced: (says.ORDER,),
    i.OrderPlacedCorrected: (says.ORDER,),
    i.OrderDelivered: (says.DELIVERY,),
    i.OrderDeliveredCorrected: (says.DELIVERY,),
    i.OrderReturned: (says.RETURN,),
    i.OrderReturnedCorrected: (says.RETURN,),
    i.PaymentReceived: (says.PAYMENT,),
    i.PaymentReceivedCorrected: (says.PAYMENT,),
    i.PaymentOverdue: (Said("payment.overdue", "due_on", says.of_order, "amount_minor"),),
    i.ServicePerformed: (says.SERVICE,),
    i.ServicePerformedCorrected: (says.SERVICE,),
    i.CustomerContacted: (says.CONTACT,),
    i.CustomerContactedCorrected: (says.CONTACT,),
    i.PromiseMade: (says.MADE,),
    i.PromiseMadeCorrected: (says.MADE,),
    i.PromiseKept: (Said("promise.kept", "kept_at", says.promise),),
    i.PromiseBroken: (Said("promise.broken", "broken_at", says.promise),),
    i.PromiseRenegotiated: (Said("promise.renegotiated", "renegotiated_at", says.promise),),
    i.PromiseWithdrawn: (Said("promise.withdrawn", "withdrawn_at", says.promise),),
    i.OpinionGiven: (says.OPINION,),
    i.OpinionGivenCorrected: (says.OPINION,),
    i.MentionObserved: (says.MENTION,),
    i.MentionObservedCorrected: (says.MENTION,),
    c.ComplaintFiled: (says.TICKET,),
    c.ComplaintFiledCorrected: (says.TICKET,),
    c.ComplaintHandedOver: (says.TICKET,),
    c.ComplaintEscalated: (says.TICKET,),
    c.ComplaintWaiting: (says.TICKET,),
    c.ComplaintResumed: (says.TICKET,),
    c.ComplaintAnswered: (says.TICKET, Said("complaint.answered", "", says.ticket)),
    c.ComplaintResolved: (says.TICKET, Said("complaint.resolved", "", says.ticket)),
    c.ComplaintReopened: (says.TICKET, Said("complaint.reopened", "", says.ticket)),
    c.ComplaintClosed: (says.TICKET, Said("complaint.closed", "", says.ticket)),
    c.DeadlineMissed: (Said("deadline.missed", "due_at", says.deadline),),
    i.InterviewCompleted: (says.INTERVIEW,),
    i.InterviewCompletedCorrected: (says.INTERVIEW,),
    i.NeedRaised: (says.NEED,),
    i.NeedAnswered: (says.NEED, Said("need.answered", "answered_at", says.need)),
    i.NeedReopened: (says.NEED, Said("need.reopened", "", says.need)),
    i.NeedOverdue: (says.NEED, Said("need.overdue", "overdue_at", says.need)),
    i.SurveyInvited: (says.INVITED,),
    i.InvitationLapsed: (says.LAPSED,),
    i.HandoverPlanned: (says.HANDOVER,),
    e.GoodwillApproved: (says.GOODWILL,),
    e.GoodwillSpent: (says.GOODWILL_SPENT,),
    m.ImprovementPublished: (says.IMPROVEMENT,),
    m.ComplaintImproved: (says.IMPROVED,),
    n.ImprovementTold: (says.TOLD,),
    k.CustomerReferred: (says.REFERRAL,),
    k.AgreementChanged: (says.AGREEMENT,),
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
    i.InterviewCompletedVoided: ("interview",),
    i.NeedVoided: NEED_KINDS,
    k.CustomerReferredVoided: ("referral",),
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
        unit_id=_unit(data),
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
        unit_id=_unit(event.data),
        occurred_at=event.time,
        recorded_at=event.recordedtime,
        voided=True,
        event_id=event.id,
    )


def _unit(data: Any) -> str:
    # What is of the whole firm (an improvement, what was told of it) carries no unit.
    unit: str = getattr(data, "unit", FIRM)
    return unit


def _moment(value: datetime | date) -> datetime:
    # A date without a zone: noon UTC falls on that date from the Americas to East Asia.
    return value if isinstance(value, datetime) else datetime.combine(value, time(12), UTC)
