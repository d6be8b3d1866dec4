"""What an event says of one kind of fact: which of its fields, under which of a fact's names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from guanxi.events import complaints as c
from guanxi.events import entitlements as e
from guanxi.events import improvements as m
from guanxi.events import interactions as i
from guanxi.events.interactions import interviews as v
from scoring.facts.rules import Graded, Traits

BASIS = 10_000


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
        employee_id=data.employee_id,
    )


def promise(data: Any, source: str | None) -> Traits:
    """A promise as it stands."""
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
        status=data.kind,
        count=len(data.grades),
        expected=sum(grade.expected for grade in data.grades if grade.expected is not None),
        obtained=sum(grade.obtained for grade in data.grades),
        grades=tuple(Graded(grade.facet, grade.expected, grade.obtained) for grade in data.grades),
        invitation_id=data.invitation_id,
    )


def _interview(data: i.InterviewCompleted, source: str | None) -> Traits:
    return Traits(
        source=source,
        code=data.guide,
        status="interview",
        count=len(data.grades),
        expected=sum(grade.expected for grade in data.grades if grade.expected is not None),
        obtained=sum(grade.obtained for grade in data.grades),
        grades=tuple(Graded(one.indicator, one.expected, one.obtained, one.importance) for one in data.grades),
        employee_id=data.interviewer_id,
        cycle_id=data.cycle_id,
    )


def need(data: v.Need, source: str | None) -> Traits:
    """A need as it stands."""
    return Traits(
        source=source,
        status=data.status,
        code=data.indicator,
        pressing=data.pressing,
        in_time=getattr(data, "in_time", None),
        fulfilling_unit=data.assignee_unit,
        contact_id=data.contact_id,
        interview_id=data.interview_id,
    )


def _invitation(data: i.SurveyInvited, source: str | None) -> Traits:
    return Traits(source=source, code=data.questionnaire, channel=data.channel, employee_id=data.handed_by)


def _handover(data: i.HandoverPlanned, source: str | None) -> Traits:
    return Traits(source=source, status=data.status, code=data.reason, employee_id=data.from_id)


def _goodwill(data: e.Goodwill, source: str | None) -> Traits:
    status = "spent" if isinstance(data, e.GoodwillSpent) else "approved"
    return Traits(source=source, status=status, code=data.kind, complaint_id=data.complaint_id)


def _improvement(data: m.ImprovementPublished, source: str | None) -> Traits:
    return Traits(source=source, code=data.indicator, cause=data.cause, cycle_id=data.cycle_id)


def ticket(data: Any, source: str | None) -> Traits:
    """A complaint as it stands."""
    return Traits(
        source=source,
        status=data.status,
        cause=data.cause,
        severity=data.severity,
        count=data.reopen_count,
        in_time=getattr(data, "in_time", None),
        solved=getattr(data, "solved", None),
    )


def of_order(data: Any, source: str | None) -> Traits:
    """What is said of an order, or paid for it."""
    return Traits(source=source, order_id=data.order_id, days_late=getattr(data, "days_late", None))


def deadline(data: c.DeadlineMissed, source: str | None) -> Traits:
    """A deadline of a complaint."""
    return Traits(
        source=source, code=data.kind, cause=data.cause, severity=data.severity, complaint_id=data.complaint_id
    )


def _improved(data: m.ComplaintImproved, source: str | None) -> Traits:
    return Traits(source=source, cause=data.cause, complaint_id=data.complaint_id)


TICKET = Said("complaint", "filed_at", ticket)
ORDER = Said("order", "placed_at", _order, "goods_minor")
DELIVERY = Said("delivery", "delivered_at", of_order)
RETURN = Said("return", "returned_at", of_order, "amount_minor")
PAYMENT = Said("payment", "paid_on", of_order, "amount_minor")
SERVICE = Said("service", "performed_at", lambda data, source: Traits(source=source, code=data.kind), "cost_minor")
CONTACT = Said("contact", "occurred_at", _contact)
MADE = Said("promise", "made_at", promise)
OPINION = Said("opinion", "given_at", _opinion)
MENTION = Said("mention", "observed_at", lambda data, source: Traits(source=source, sentiment=data.sentiment))
INTERVIEW = Said("interview", "held_at", _interview)
NEED = Said("need", "raised_at", need)

LAPSED = Said("invitation.lapsed", "lapses_at", _invitation)
INVITED = Said("invitation", "invited_at", _invitation)
HANDOVER = Said("handover", "", _handover)
GOODWILL = Said("goodwill", "approved_at", _goodwill, "cost_minor")
GOODWILL_SPENT = Said("goodwill", "spent_at", _goodwill, "cost_minor")
"""The newer version of what was approved: what it cost takes the place of the estimate."""
IMPROVEMENT = Said("improvement", "published_at", _improvement)
IMPROVED = Said("complaint.improved", "", _improved)
TOLD = Said("improvement.told", "finished_at", lambda data, source: Traits(source=source, count=data.told))
REFERRAL = Said("referral", "referred_on", lambda data, source: Traits(source=source, referred_id=data.referred_id))
AGREEMENT = Said(
    "agreement",
    "since",
    lambda data, source: Traits(source=source, code=data.kind, count=_days(data.since, data.until)),
)


def _days(first: date, last: date | None) -> int | None:
    """How many days that is, both included; none where there is no last one."""
    return None if last is None else max(0, (last - first).days + 1)
