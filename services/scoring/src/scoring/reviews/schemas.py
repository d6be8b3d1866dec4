"""Review cycles over HTTP."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from guanxi.events.fields import Code, IsoDate
from scoring.indicators.schemas import IndicatorRead
from scoring.opinions.schemas import FacetRead
from scoring.reviews.rules import Cycle, Evidence, State, Status, Step, counted, missing
from scoring.scorecards.reviewing import ReviewRule


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class NewStep(_Strict):
    """Who owns a step and by when it is to be done."""

    code: Code
    """Of `key_customers`, `indicators`, `interviews`, `pressing_needs`, `improvement`, `evaluation`, `revision` and
    `telling`."""
    owner_id: UUID | None = None
    """An employee; none: the lead of the unit."""
    due_on: IsoDate | None = None
    """None: by the rule, so many days after the step before it."""


class NewCycle(_Strict):
    """A review cycle to come."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=True,
        json_schema_extra={
            "examples": [{"unit": "head-office", "starts_on": "2026-04-01", "steps": [{"code": "interviews"}]}]
        },
    )

    unit: Code = "head-office"
    """The internal unit that runs it."""
    starts_on: IsoDate | None = None
    """None: today. It waits for the cycle that runs then."""
    steps: Annotated[list[NewStep], Field(max_length=8)] = []
    """Only where there is something to say of a step."""


class StepDone(_Strict):
    """That a step is done."""

    outcome: Code | None = None
    """How the evaluation (`met`, `partly_met`, `missed`) or the revision (`revised`, `unchanged`) came out."""


class StepRead(BaseModel):
    """One step of a cycle."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    cycle_id: UUID
    n: int
    code: str
    owner_id: UUID | None
    due_on: date
    state: State
    started_at: datetime | None
    done_at: datetime | None
    done_by: str | None
    outcome: str | None


class StepWithEvidence(StepRead):
    """A step with what the facts show of it."""

    evidence: int = Field(description="What the step goes by, counted now.")
    missing: str | None = Field(description="What is still lacking; null when it can be done.")


class CycleRead(BaseModel):
    """A review cycle: `planned`, `running` or `closed`."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    number: int
    unit: str = Field(validation_alias="unit_id")
    status: Status
    starts_on: date
    started_on: date | None
    closed_at: datetime | None
    next_cycle_id: UUID | None
    steps: list[StepRead]


class StepsRead(BaseModel):
    """The steps of a cycle in order."""

    items: list[StepWithEvidence]


class SpanRead(BaseModel):
    """What the interviewed customers brought in a span of days."""

    model_config = ConfigDict(from_attributes=True)

    customers: int = Field(description="Those who ordered in it.")
    orders: int
    revenue_minor: int | None = Field(description="Goods less returned goods; null where an exchange rate is missing.")
    cost_minor: int | None = Field(description="Service and goodwill.")
    profit_minor: int | None


class ImprovementRead(BaseModel):
    """An improvement that came of the cycle."""

    improvement_id: UUID
    indicator: str | None
    published_at: datetime
    told: int | None = Field(description="Customers told of it; null while nobody has been.")


class IndicatorReportRead(BaseModel):
    """An indicator before the first improvement and after; of its facet's grades too."""

    model_config = ConfigDict(from_attributes=True)

    indicator: IndicatorRead
    before: FacetRead | None
    after: FacetRead | None


class CycleReport(BaseModel):
    """What a cycle has led to so far; money in minor units of the firm's currency."""

    cycle: CycleRead
    currency: str
    window_days: int = Field(description="Each span of `before` and `after` is so long.")
    interviews: int
    interviewed: int = Field(description="Records that were interviewed.")
    pressing_needs: int
    pressing_open: int
    answered_in_time: int
    improved_at: datetime | None = Field(description="From here on is after; null: there is nothing to compare yet.")
    improvements: list[ImprovementRead]
    indicators: list[IndicatorReportRead]
    before: SpanRead
    after: SpanRead
    retained: int = Field(description="Who ordered before and after.")
    retention_bp: int | None


def with_evidence(step: Step, found: Evidence, rule: ReviewRule) -> dict[str, Any]:
    """A step with what the facts show of it."""
    one = rule.step(step.code)
    lacking = None if step.state == "done" else missing(one, found, None)
    return StepRead.model_validate(step).model_dump() | {"evidence": counted(step.code, found), "missing": lacking}


def cycle_read(cycle: Cycle) -> CycleRead:
    """A cycle with its steps."""
    return CycleRead.model_validate(cycle)
