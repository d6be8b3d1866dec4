"""Interviews over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, Strict

from guanxi.events.fields import Channel, Code, Money, PersonalShortText, PersonalText, PersonName, Sku, UtcTime
from guanxi.http import Correction
from interactions.interviews.rules import Answer
from interactions.needs.schemas import NeedRaised, NeedRead
from interactions.questionnaires.schemas import QuestionnaireCode, QuestionnaireRead

_Grade = Annotated[int, Strict(), Field(ge=0, le=100)]


class NewInterviewAnswer(BaseModel):
    """What the customer said to one question; grades are on the guide's scale."""

    model_config = ConfigDict(extra="forbid")

    item: Code = Field(description="The question's name in the guide.")
    expected: _Grade | None = None
    obtained: _Grade | None = None
    importance: _Grade | None = Field(default=None, description="How much it matters to them.")
    words: PersonalText | None = None

    def made(self) -> Answer:
        """As the rules know it."""
        return Answer(**self.model_dump())


class NewOpportunity(BaseModel):
    """Something that the customer may buy of us, found in the interview."""

    model_config = ConfigDict(extra="forbid")

    what: PersonalShortText
    sku: Sku | None = None
    amount_minor: Money | None = Field(default=None, description="What it may come to, in minor units of `currency`.")
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] | None = Field(default=None, description="ISO 4217.")


_Answers = Annotated[list[NewInterviewAnswer], Field(max_length=60)]
_Opportunities = Annotated[list[NewOpportunity], Field(max_length=20)]


class NewInterview(BaseModel):
    """An interview that was held."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "customer_id": "0198c0de-0000-7000-8000-000000000001",
                    "questionnaire": "kqi-2026",
                    "contact_person": "張建國",
                    "answers": [
                        {"item": "punctual", "expected": 9, "obtained": 6, "importance": 10},
                        {"item": "plans", "words": "A second plant in spring."},
                    ],
                    "opportunities": [{"what": "Stands for the second plant.", "sku": "tower-1200"}],
                    "needs": [{"what": "Twelve more stands before the fair.", "pressing": True}],
                }
            ]
        },
    )

    customer_id: UUID
    questionnaire: QuestionnaireCode = Field(description="The guide, of kind `interview`.")
    version: Annotated[int, Strict(), Field(ge=1, le=1_000_000)] | None = Field(
        default=None, description="The guide's newest, if not given."
    )
    cycle_id: UUID | None = Field(default=None, description="The review cycle that it belongs to.")
    interviewer: UUID | None = Field(default=None, description="Who of ours; the caller, if not given.")
    contact_person: PersonName | None = Field(default=None, description="With whom, at the customer's.")
    channel: Channel = "visit"
    held_at: UtcTime | None = Field(default=None, description="Now, if not given; not in the future.")
    answers: _Answers
    note: PersonalText | None = None
    opportunities: _Opportunities = []
    needs: Annotated[list[NeedRaised], Field(max_length=20)] = []


class InterviewCorrection(Correction):
    """The fields that were wrong, as they should have been; `answers` replace all answers, needs have steps instead."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"answers": [{"item": "punctual", "expected": 9, "obtained": 7}]}]}
    )

    contact_person: PersonName | None = None
    held_at: UtcTime | None = None
    answers: _Answers | None = None
    note: PersonalText | None = None
    opportunities: _Opportunities | None = None

    FILLED = frozenset({"held_at", "answers", "opportunities"})


class IndicatorGradeRead(BaseModel):
    """One quality indicator, on the guide's scale."""

    model_config = ConfigDict(from_attributes=True)

    item: str
    indicator: str
    expected: int | None
    obtained: int
    importance: int | None


class OpportunityRead(BaseModel):
    """Something that the customer may buy of us."""

    what: str
    sku: str | None
    amount_minor: int | None
    currency: str | None


class InterviewRow(BaseModel):
    """An interview as it stands."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    customer_id: UUID
    unit: str = Field(validation_alias="unit_id", description="The unit whose record it is.")
    questionnaire: str
    questionnaire_version: int
    cycle_id: UUID | None
    interviewer_id: UUID | None
    contact_id: UUID = Field(description="The contact that it was; correct and void it here.")
    contact_person: str | None
    held_at: datetime
    recorded_at: datetime
    grades: list[IndicatorGradeRead]
    words: dict[str, str] | None = Field(description="By the question's name; null once erased.")
    note: str | None
    opportunities: list[OpportunityRead] | None = Field(description="Null once erased.")
    questions: int = Field(description="How many questions the guide has.")
    answered: int = Field(description="How many of them were answered.")
    need_count: int
    opportunity_count: int
    voided_at: datetime | None


class InterviewRead(InterviewRow):
    """An interview with the needs raised in it, each with whether we responded in time."""

    needs: list[NeedRead]


class LastGrade(BaseModel):
    """What the customer said of an indicator the last time."""

    model_config = ConfigDict(from_attributes=True)

    indicator: str
    expected: int | None
    obtained: int
    importance: int | None
    held_at: datetime


class IndicatorInForce(BaseModel):
    """A quality indicator as it counts now."""

    model_config = ConfigDict(from_attributes=True)

    code: str
    weight_bp: int = Field(description="How much it counts, in hundredths of a percent; all add up to 10000.")
    target: int = Field(description="What is to be obtained, 0 to 10.")
    facet: str | None


class CoverageRead(BaseModel):
    """The quality indicators in force, and where the guide differs from them."""

    model_config = ConfigDict(from_attributes=True)

    number: int = Field(description="The version in force; 0 before the first.")
    indicators: list[IndicatorInForce]
    not_asked: list[str] = Field(description="Indicators in force that no question asks for, the heaviest first.")
    not_in_force: list[str] = Field(description="Indicators that questions name and that do not hold now.")


class Guide(BaseModel):
    """What to ask, and what there is to come back to."""

    questionnaire: QuestionnaireRead
    coverage: CoverageRead | None = Field(
        description="The quality indicators in force held against the guide; null for external units."
    )
    cycle_id: UUID | None
    last: list[LastGrade] = Field(description="This customer's grades of the guide's indicators, 0 to 10.")
    open_needs: list[NeedRead] = Field(description="What this customer still waits for: answer it first.")
