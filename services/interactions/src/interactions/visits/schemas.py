"""Daily visit reports over HTTP."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, Strict

from guanxi.events.fields import (
    Code,
    IsoDate,
    PersonalNote,
    PersonalShortText,
    PersonalText,
    PersonName,
    UtcTime,
    Vocabulary,
)
from interactions.contacts.rules import Need
from interactions.contacts.schemas import InteractionRow, NewPromise
from interactions.plans.rules import Kind
from interactions.visits.rules import CUES, ROLES

MOST_VISITS = 40
MINUTES_OF_A_DAY = 1440


class NewCue(BaseModel):
    """What was read between the words."""

    model_config = ConfigDict(extra="forbid")

    mark: Annotated[Code, Vocabulary(CUES)] = Field(description="A code of the known ones, or of your own.")
    words: Annotated[PersonalNote, Field(max_length=120)] | None = None


class NextStep(BaseModel):
    """What is to be done next; it becomes a plan item of the employee."""

    model_config = ConfigDict(extra="forbid")

    on: IsoDate
    kind: Kind = "visit"
    what: PersonalShortText | None = None


class NewVisit(BaseModel):
    """One visit of the day."""

    model_config = ConfigDict(extra="forbid")

    customer_id: UUID
    at: UtcTime | None = Field(default=None, description="On the day of the report; noon, if not given.")
    whom: PersonName | None = Field(default=None, description="Whom the employee spoke with.")
    role: Annotated[Code, Vocabulary(ROLES)] | None = Field(default=None, description="Their part in buying.")
    purpose: PersonalShortText | None = None
    result: PersonalText | None = None
    need: Need | None = Field(default=None, description="Whether they need something now, later or not at all.")
    need_on: IsoDate | None = Field(default=None, description="When they will need it.")
    minutes: Annotated[int, Strict(), Field(ge=0, le=MINUTES_OF_A_DAY)] | None = None
    cues: Annotated[list[NewCue], Field(max_length=20)] = []
    rival_named: PersonalNote | None = None
    promises: Annotated[list[NewPromise], Field(max_length=20)] = []
    next: NextStep | None = None
    plan_item: UUID | None = Field(default=None, description="The plan item that this visit did.")


class NewVisitReport(BaseModel):
    """An employee's day on the road."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "on": "2026-03-31",
                    "visits": [
                        {
                            "customer_id": "0198c0de-0000-7000-8000-000000000001",
                            "whom": "張建國",
                            "role": "decision_maker",
                            "purpose": "The late stands.",
                            "result": "Says all is well; did not show the store room.",
                            "need": "later",
                            "need_on": "2026-05-01",
                            "minutes": 45,
                            "cues": [{"mark": "said-fine-was-not", "words": "looked away"}],
                            "promises": [{"what": "forty stands", "due_at": "2026-04-03T09:00:00Z"}],
                            "next": {"on": "2026-04-07", "what": "See the store room."},
                        }
                    ],
                }
            ]
        },
    )

    employee: UUID | None = Field(default=None, description="Whose day; the caller's, if not given.")
    on: IsoDate = Field(description="In the time zone of the employee's unit; not in the future.")
    visits: Annotated[list[NewVisit], Field(min_length=1, max_length=MOST_VISITS)]


class VisitReportRow(BaseModel):
    """A day on the road."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    unit: str = Field(validation_alias="unit_id", description="The employee's unit.")
    employee_id: UUID
    on: date = Field(validation_alias="day")
    recorded_at: datetime
    visits: int
    customers: int
    minutes: int = Field(description="Time with customers.")
    cue_count: int
    promise_count: int
    need_count: int = Field(description="Visits on which something was needed, now or later.")


class VisitLineRead(BaseModel):
    """One visit, as its contact stands now."""

    n: int
    role: str | None
    contact: InteractionRow
    plan_item_id: UUID | None = Field(description="What this visit did.")
    next_item_id: UUID | None = Field(description="What is planned next.")


class VisitReportRead(VisitReportRow):
    """A day on the road with its visits."""

    lines: list[VisitLineRead]
