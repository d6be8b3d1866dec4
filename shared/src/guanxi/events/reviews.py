"""The quality review as a running cycle of eight steps, and the indicators it goes by; on the topic of scores."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from guanxi.events._envelope import Fact
from guanxi.events.fields import BasisPoints, Code, Count, Grade, IsoDate, Part, UtcTime, Vocabulary

STEPS = (
    *("key_customers", "indicators", "interviews", "pressing_needs"),
    *("improvement", "evaluation", "revision", "telling"),
)
"""Code of each step, in order: 1 to 8."""
STEP_STATES = ("waiting", "active", "done", "overdue")


class Indicator(Part):
    """A quality indicator: how much it counts and what is aimed at."""

    code: Code
    weight_bp: BasisPoints
    target: Grade
    facet: Code | None = None
    """The facet of satisfaction that it belongs to."""


class QualityIndicatorsSet(Fact, type="guanxi.scores.QualityIndicatorsSet.v1"):
    """Another version of the quality indicators holds; no subject, aggregate is the version."""

    number: Count
    indicators: tuple[Indicator, ...]
    cycle_id: UUID | None = None
    """The review cycle whose evaluation led to it."""
    set_by: UUID | None = None
    set_at: UtcTime


class ReviewStep(Fact):
    """A step of a review cycle; no subject, aggregate is the step."""

    cycle_id: UUID
    cycle: Count
    """Number of the cycle, from 1."""
    n: Count
    """1 to 8."""
    code: Annotated[Code, Vocabulary(STEPS)]
    owner_id: UUID | None = None
    unit: Code
    """The unit that runs the cycle."""
    due_on: IsoDate
    state: Annotated[Code, Vocabulary(STEP_STATES)]


class ReviewStepStarted(ReviewStep, type="guanxi.scores.ReviewStepStarted.v1"):
    """It is the turn of this step."""


class ReviewStepOverdue(ReviewStep, type="guanxi.scores.ReviewStepOverdue.v1"):
    """Its day went by."""


class ReviewStepDone(ReviewStep, type="guanxi.scores.ReviewStepDone.v1"):
    """It is done, on the evidence that the cycle's report shows."""

    done_at: UtcTime


class ReviewCycleClosed(Fact, type="guanxi.scores.ReviewCycleClosed.v1"):
    """All eight steps are done; the next cycle follows. No subject, aggregate is the cycle."""

    cycle_id: UUID
    number: Count
    unit: Code
    started_on: IsoDate
    closed_at: UtcTime
    next_cycle_id: UUID | None = None
