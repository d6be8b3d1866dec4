"""Invitations and filled-in cards over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, Strict, StrictBool

from guanxi.events.fields import Channel, Code, PersonalText, UtcTime
from interactions.cards.rules import Filled, Mark
from interactions.questionnaires.schemas import QuestionnaireCode

LONGEST_TEXT = 4000
"""Characters of the free text of a card."""
MOST_PRINTED = 500
_Grade = Annotated[int, Strict(), Field(ge=0, le=100)]


class NewInvitation(BaseModel):
    """That a customer was handed, or is to be sent, a card or survey."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "customer_id": "0198c0de-0000-7000-8000-000000000001",
                    "questionnaire": "after-delivery",
                    "channel": "visit",
                    "handed_by": "0198c0de-0000-7000-8000-000000000002",
                }
            ]
        },
    )

    customer_id: UUID
    questionnaire: QuestionnaireCode = Field(description="Of kind `card`, `survey` or `exit`; its newest version.")
    channel: Channel
    handed_by: UUID | None = Field(default=None, description="The employee who gave it in person; none when sent.")
    invited_at: UtcTime | None = Field(default=None, description="Now, if not given; not in the future.")


class NewPrintRun(BaseModel):
    """Cards to be printed for nobody in particular."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"count": 100}]})

    count: Annotated[int, Strict(), Field(ge=1, le=MOST_PRINTED)]


class NewGrade(BaseModel):
    """One graded question, on the card's own scale."""

    model_config = ConfigDict(extra="forbid")

    item: Code
    obtained: _Grade
    expected: _Grade | None = None


class NewResponse(BaseModel):
    """A card as it was filled in; its code is all that is needed."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "code": "7F3K-9QMA-2XBT-40HE",
                    "grades": [{"item": "service", "expected": 5, "obtained": 3}],
                    "free_text": "The stands came a day late.",
                    "signed": False,
                }
            ]
        },
    )

    code: Annotated[str, Field(min_length=1, max_length=64)]
    grades: Annotated[list[NewGrade], Field(max_length=60)] = []
    free_text: Annotated[PersonalText, Field(max_length=LONGEST_TEXT)] | None = None
    signed: StrictBool = Field(
        default=False,
        description="Whether the opinion may be kept under the name of the customer who was invited. It never must be: "
        "without it nothing that is stored or told leads to them. A printed card has nobody's name.",
    )

    def filled(self) -> Filled:
        """As the rules know it."""
        marks = tuple(Mark(**one.model_dump()) for one in self.grades)
        return Filled(marks=marks, free_text=self.free_text, signed=self.signed)


class InvitationRow(BaseModel):
    """An invitation as it stands."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    customer_id: UUID
    unit: str = Field(validation_alias="unit_id", description="The unit whose record it is.")
    questionnaire: str
    questionnaire_version: int
    channel: str
    handed_by: UUID | None
    invited_at: datetime
    lapses_at: datetime
    status: str = Field(description="`issued`, `answered` or `lapsed`; when and how it was answered is not kept here.")
    voided_at: datetime | None


class InvitationMade(InvitationRow):
    """An invitation with what to hand over."""

    code: str
    link: str = Field(description="The page of the card; whoever has it may fill it in, once.")


class PrintRunRead(BaseModel):
    """Cards for print, with their codes."""

    id: UUID
    questionnaire: str
    questionnaire_version: int
    count: int
    codes: list[str]
    sheet: str = Field(description="The path of the sheet to print.")


class ResponseTaken(BaseModel):
    """That a card was taken; nothing in it leads to the opinion."""

    questionnaire: str
    questionnaire_version: int
    signed: bool = Field(description="Whether it is kept under a name.")
