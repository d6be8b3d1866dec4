"""Facts in the words that rules need: whom they name, and when they are nobody's business."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

from guanxi.events import Event, Fact
from guanxi.events.complaints import ComplaintHandedOver, DeadlineMissed, Ticket
from guanxi.events.improvements import ImprovementPublished
from guanxi.events.interactions import PromiseBroken, PromiseDueSoon
from guanxi.events.interactions.interviews import Need, NeedAnswered, NeedRaised
from guanxi.events.interactions.outreach import ContactPlanned, HandoverPlanned, PlanItemMissed
from guanxi.events.relationships import CareTaskOpened, RelationshipAtRisk
from guanxi.events.reviews import ReviewStep
from guanxi.events.scores import SegmentChanged
from notifications.alerts.rules import Cause
from notifications.templates.rules import LANGUAGES, title_in, titles_of

LOST, CARE = "lost", "care"
_PLANNED = "planned"


def cause_of(event: Event[Any]) -> Cause:
    """A fact in the words that rules need."""
    cause = Cause(event.id, event.type, event.aggregateid, event.sequence, event.subject, {})
    for kind, read in _READERS.items():
        if isinstance(event.data, kind):
            return read(cause, event.data)
    return cause


def _of_ticket(cause: Cause, data: Ticket) -> Cause:
    facts = {"number": data.number, "cause": data.cause, "severity": data.severity}
    held = replace(cause, facts=facts, unit=data.unit, holder_unit=data.holder_unit, holder_id=data.holder_id)
    if isinstance(data, ComplaintHandedOver):
        return replace(held, to_unit=data.to_unit, to_holder_id=data.to_holder_id)
    return held


def _of_deadline(cause: Cause, data: DeadlineMissed) -> Cause:
    # Its aggregate is the deadline; what it is about, and what settles it, is the complaint.
    return replace(
        cause,
        id=data.complaint_id,
        sequence=data.complaint_sequence or 0,
        facts={"number": data.number, "deadline": data.kind, "due_at": data.due_at.isoformat()},
        unit=data.unit,
        holder_unit=data.holder_unit,
        holder_id=data.holder_id,
    )


def _of_promise(cause: Cause, data: PromiseBroken | PromiseDueSoon) -> Cause:
    facts = {"due_at": data.due_at.isoformat(), **_given(what=data.what_code)}
    promised = replace(cause, facts=facts, unit=data.unit, fulfilling_unit=data.fulfilling_unit)
    return replace(promised, promiser_id=data.promiser_id)


def _of_segment(cause: Cause, data: SegmentChanged) -> Cause:
    facts = {"segment": data.segment, "tier": data.tier or "", "previous_tier": data.previous_tier or ""}
    return replace(cause, facts=facts, fallen_from=data.previous_tier if data.direction == "down" else None)


def _of_need(cause: Cause, data: Need) -> Cause:
    facts = _given(due_at=_text(data.due_at), indicator=data.indicator)
    need = replace(cause, facts=facts, unit=data.unit, assignee_unit=data.assignee_unit, assignee_id=data.assignee_id)
    if isinstance(data, NeedAnswered):
        told = data.raised_by is not None and data.raised_by != data.answered_by
        return replace(need, raiser_id=data.raised_by, silent=not told)
    return replace(need, silent=isinstance(data, NeedRaised) and not data.pressing)


def _of_plan(cause: Cause, data: ContactPlanned) -> Cause:
    facts = {"kind": data.kind, "due_on": data.due_on.isoformat(), **_given(reason=data.reason)}
    # A care task tells its owner itself; what was merely planned stands in the plan of whoever planned it.
    told = isinstance(data, PlanItemMissed) or (data.kind == CARE and data.cause_id is None)
    planned = replace(cause, facts=facts, unit=data.unit, assignee_unit=data.unit, assignee_id=data.assignee_id)
    return replace(planned, silent=data.cancelled or not told)


def _of_handover(cause: Cause, data: HandoverPlanned) -> Cause:
    facts = {"reason": data.reason, **_given(leaves_on=_text(data.leaves_on), visit_on=_text(data.joint_visit_on))}
    over = replace(cause, facts=facts, unit=data.unit, silent=data.status != _PLANNED)
    return replace(over, leaver_id=data.from_id, successor_id=data.to_id)


def _of_care(cause: Cause, data: CareTaskOpened) -> Cause:
    facts = {"due_on": data.due_on.isoformat(), **_given(cause=data.cause)}
    return replace(cause, facts=facts, unit=data.unit, assignee_unit=data.unit, assignee_id=data.owner_id)


def _of_risk(cause: Cause, data: RelationshipAtRisk) -> Cause:
    facts = {"risk": data.risk, "as_of": data.as_of.isoformat(), **_given(cause=data.cause)}
    return replace(cause, facts=facts, silent=data.risk != LOST or data.previous_risk == LOST)


def _of_step(cause: Cause, data: ReviewStep) -> Cause:
    facts = {"step": data.code, "n": str(data.n), "cycle": str(data.cycle), "due_on": data.due_on.isoformat()}
    return replace(cause, facts=facts, unit=data.unit, assignee_unit=data.unit, assignee_id=data.owner_id)


def _of_improvement(cause: Cause, data: ImprovementPublished) -> Cause:
    title = title_in(titles_of((one.language, one.words) for one in data.titles), LANGUAGES[0])
    return replace(cause, facts={"title": title, "effective_on": data.effective_on.isoformat()})


def _given(**values: str | None) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}


def _text(moment: date | None) -> str | None:
    return moment.isoformat() if moment else None


_READERS: dict[type[Fact], Callable[[Cause, Any], Cause]] = {
    Ticket: _of_ticket,
    DeadlineMissed: _of_deadline,
    PromiseBroken: _of_promise,
    PromiseDueSoon: _of_promise,
    SegmentChanged: _of_segment,
    Need: _of_need,
    ContactPlanned: _of_plan,
    HandoverPlanned: _of_handover,
    CareTaskOpened: _of_care,
    RelationshipAtRisk: _of_risk,
    ReviewStep: _of_step,
    ImprovementPublished: _of_improvement,
}
