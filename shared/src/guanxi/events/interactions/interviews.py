"""Interviews of key customers by front-line staff, and the needs that they bring to light."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from guanxi.events.fields import Code, Count, Grade, Part, UtcTime, Vocabulary
from guanxi.events.interactions._base import Recorded

NEED_STATES = ("assigned", "answered", "confirmed", "reopened")


class IndicatorGrade(Part):
    """What the customer expected of one quality indicator, what they got, and how much it matters to them."""

    indicator: Code
    expected: Grade | None = None
    obtained: Grade
    importance: Grade | None = None


class InterviewCompleted(Recorded, type="guanxi.interactions.InterviewCompleted.v1"):
    """A customer was interviewed along a guide; what was said stays with interactions."""

    interview_id: UUID
    guide: Code
    """The questionnaire that led it."""
    guide_version: Count
    cycle_id: UUID | None = None
    """The review cycle that it belongs to."""
    interviewer_id: UUID | None = None
    held_at: UtcTime
    grades: tuple[IndicatorGrade, ...]
    questions: Count
    """How many questions the guide has."""
    answered: Count
    """How many of them were answered."""
    need_count: Count = 0
    opportunity_count: Count = 0


class InterviewCompletedCorrected(InterviewCompleted, type="guanxi.interactions.InterviewCompletedCorrected.v1"):
    """The whole interview as it was."""


class InterviewCompletedVoided(Recorded, type="guanxi.interactions.InterviewCompletedVoided.v1"):
    """The interview was not held."""

    interview_id: UUID


class Need(Recorded):
    """A need as it stands; aggregate is the need. Its words stay with interactions."""

    need_id: UUID
    interview_id: UUID | None = None
    contact_id: UUID | None = None
    """The contact in which it came up, when not in an interview."""
    indicator: Code | None = None
    """The quality indicator that it touches."""
    pressing: bool
    """Whether somebody has to answer it now."""
    assignee_id: UUID | None = None
    """Who has to answer; none: the lead of the unit."""
    assignee_unit: Code
    raised_by: UUID | None = None
    raised_at: UtcTime
    due_at: UtcTime | None = None
    """By when it has to be answered."""
    status: Annotated[Code, Vocabulary(NEED_STATES)]


class NeedRaised(Need, type="guanxi.interactions.NeedRaised.v1"):
    """The customer needs something, and somebody of ours has to answer."""


class NeedAnswered(Need, type="guanxi.interactions.NeedAnswered.v1"):
    """The need was answered; the event's time is when."""

    answered_by: UUID | None = None
    answered_at: UtcTime
    in_time: bool | None = None
    """Whether it came by `due_at`; none without one."""


class NeedReopened(Need, type="guanxi.interactions.NeedReopened.v1"):
    """The answer did not help."""


class NeedOverdue(Need, type="guanxi.interactions.NeedOverdue.v1"):
    """The moment came and nobody had answered."""

    overdue_at: UtcTime


class NeedVoided(Recorded, type="guanxi.interactions.NeedVoided.v1"):
    """There was no such need; final."""

    need_id: UUID
