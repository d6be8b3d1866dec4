"""What is told of a need: how it stands, never its words."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from guanxi.events.interactions import Need as NeedFact
from guanxi.events.interactions import NeedAnswered, NeedOverdue, NeedRaised, NeedReopened, NeedVoided
from interactions.needs.rules import Need


def raised(need: Need) -> NeedFact:
    """The fact that somebody has to answer."""
    return NeedRaised(**_state(need))


def answered(need: Need) -> NeedFact:
    """The fact that it was answered, and again with the new status when the customer has confirmed it."""
    assert need.answered_at  # noqa: S101 - an answer has its moment
    state = _state(need)
    return NeedAnswered(**state, answered_by=need.answered_by, answered_at=need.answered_at, in_time=need.in_time)


def reopened(need: Need) -> NeedFact:
    """The fact that the answer did not help."""
    return NeedReopened(**_state(need))


def overdue(need: Need) -> NeedFact:
    """The fact that its moment came without an answer."""
    assert need.overdue_at  # noqa: S101 - the rule has set it
    return NeedOverdue(**_state(need), overdue_at=need.overdue_at)


def voided(need: Need) -> NeedVoided:
    """The fact that there was none."""
    return NeedVoided(unit=need.unit_id, need_id=need.id)


def moment(need: Need) -> datetime:
    """When it was answered, else when it was raised."""
    return need.answered_at or need.raised_at


def _state(need: Need) -> dict[str, Any]:
    return {
        "unit": need.unit_id,
        "need_id": need.id,
        "interview_id": need.interview_id,
        "contact_id": need.contact_id,
        "indicator": need.indicator,
        "pressing": need.pressing,
        "assignee_id": need.assignee_id,
        "assignee_unit": need.assignee_unit,
        "raised_by": need.raised_by,
        "raised_at": need.raised_at,
        "due_at": need.due_at,
        "status": need.status,
    }
