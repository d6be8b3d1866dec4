"""Questionnaires over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, Strict, StrictBool, StringConstraints

from guanxi.events.fields import Code, ShortText, Vocabulary
from interactions.questionnaires.rules import FACETS, Asks, Kind, Language, Question, Scale

Words = Annotated[dict[Language, ShortText], Field(min_length=1, examples=[{"en": "Delivered when we said?"}])]
"""The same words in one or more languages."""
QuestionnaireCode = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=64), Field(examples=["kqi-2026"])
]
"""A code that stands in a path: no slash."""
_Grade = Annotated[int, Strict(), Field(ge=0, le=100)]
_GUIDE: dict[str, Any] = {
    "title": {"en": "Interview of key customers"},
    "questions": [
        {
            "item": "punctual",
            "text": {"en": "Do we deliver when we said?", "zh-Hans": "我们是否按时交货？"},
            "indicator": "delivery-on-time",
            "facet": "service",
        },
        {"item": "plans", "text": {"en": "What do you plan for next year?"}, "asks": "words"},
    ],
}


class NewScale(BaseModel):
    """The grades on offer. Facts carry them stretched evenly to 0 to 10: of 1 to 5, a 4 is an 8."""

    model_config = ConfigDict(extra="forbid")

    lowest: _Grade = 0
    highest: _Grade = 10

    def made(self) -> Scale:
        """As the rules know it."""
        return Scale(lowest=self.lowest, highest=self.highest)


class NewQuestion(BaseModel):
    """One question."""

    model_config = ConfigDict(extra="forbid")

    item: Code = Field(description="Its name within the questionnaire; keep it from version to version.")
    text: Words
    asks: Asks = Field(default="grade", description="For a grade on the scale, or for words.")
    facet: Annotated[Code, Vocabulary(FACETS)] | None = Field(default=None, description="What it is about.")
    indicator: Code | None = Field(
        default=None, description="The quality indicator that it measures; each graded one of an interview has its own."
    )
    asks_expected: StrictBool = Field(default=False, description="Whether it also asks what was expected.")

    def made(self) -> Question:
        """As the rules know it."""
        return Question(**self.model_dump())


class NewVersion(BaseModel):
    """What a questionnaire asks from now on; what was answered before stays with the version that asked it."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_GUIDE]})

    title: Words
    questions: Annotated[list[NewQuestion], Field(min_length=1, max_length=60)]
    scale: NewScale = NewScale()
    lapse_days: Annotated[int, Strict(), Field(ge=1, le=365)] = Field(
        default=30, description="An invitation that is not answered for so many days has lapsed."
    )


class NewQuestionnaire(NewVersion):
    """A questionnaire under a code of its own."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"code": "kqi-2026", "kind": "interview", **_GUIDE}]}
    )

    code: QuestionnaireCode
    kind: Kind = Field(description="A `card` has 5 to 10 graded questions, each in the three languages.")


class ScaleRead(BaseModel):
    """The grades on offer."""

    model_config = ConfigDict(from_attributes=True)

    lowest: int
    highest: int


class QuestionRead(BaseModel):
    """One question."""

    model_config = ConfigDict(from_attributes=True)

    item: str
    text: dict[str, str]
    asks: str
    facet: str | None
    indicator: str | None
    asks_expected: bool


class QuestionnaireRead(BaseModel):
    """One version of a questionnaire."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    code: str
    version: int
    kind: str
    unit: str = Field(validation_alias="unit_id", description="The unit that made this version.")
    recorded_at: datetime
    title: dict[str, str]
    questions: list[QuestionRead]
    scale: ScaleRead
    lapse_days: int


def shown(found: Any) -> QuestionnaireRead:
    """A version for its reader."""
    return QuestionnaireRead.model_validate(found)
