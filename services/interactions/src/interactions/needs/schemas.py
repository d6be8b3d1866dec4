"""Needs over HTTP."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from guanxi.events.fields import Code, PersonalShortText, UtcTime
from interactions.needs.rules import Raised


class NeedRaised(BaseModel):
    """Something that the customer needs of us."""

    model_config = ConfigDict(extra="forbid")

    what: PersonalShortText
    pressing: StrictBool = Field(default=False, description="Whether somebody has to answer it now.")
    indicator: Code | None = Field(default=None, description="The quality indicator that it touches.")
    assignee: UUID | None = Field(default=None, description="Who has to answer; else the lead of `assignee_unit`.")
    assignee_unit: Code | None = Field(default=None, description="The unit that has to answer; else the assignee's.")
    due_at: UtcTime | None = Field(
        default=None, description="By when. A pressing one, if not given: the end of that unit's next working day."
    )

    def told(self, field: str = "") -> Raised:
        """As the rules know it; `field` is where it stands in the request."""
        names = ("what", "pressing", "indicator", "assignee", "assignee_unit", "due_at")
        return Raised(field=field, **{name: getattr(self, name) for name in names})


class NewNeed(NeedRaised):
    """A need that came up outside an interview."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "customer_id": "0198c0de-0000-7000-8000-000000000001",
                    "what": "Twelve more stands before the fair.",
                    "pressing": True,
                    "assignee_unit": "logistics",
                }
            ]
        },
    )

    customer_id: UUID
    contact_id: UUID | None = Field(default=None, description="The exchange in which it came up.")
    raised_at: UtcTime | None = Field(default=None, description="Now, if not given; not in the future.")


class NewAnswer(BaseModel):
    """What was answered."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"words": "The stands leave on Thursday."}]}
    )

    words: PersonalShortText | None = None
    at: UtcTime | None = Field(default=None, description="Now, if not given; not in the future.")


class NewConfirmation(BaseModel):
    """That the answer helped."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reason": "said-on-the-phone"}]})

    reason: Code | None = Field(default=None, description="A code of yours; it is kept in the audit trail.")


class NewReopening(BaseModel):
    """That the answer did not help."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reason": "wrong-stands"}]})

    reason: Code | None = Field(default=None, description="A code of yours; it is kept in the audit trail.")


class NeedRead(BaseModel):
    """A need as it stands."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    customer_id: UUID
    unit: str = Field(validation_alias="unit_id", description="The unit whose record it is.")
    interview_id: UUID | None
    contact_id: UUID | None
    what: str | None
    indicator: str | None
    pressing: bool
    status: str
    assignee_id: UUID | None = Field(description="Null: whoever leads `assignee_unit`.")
    assignee_unit: str
    raised_by: UUID | None
    raised_at: datetime
    recorded_at: datetime
    due_at: datetime | None
    answer: str | None
    answered_at: datetime | None
    answered_by: UUID | None
    in_time: bool | None = Field(
        description="Responded in time: null without `due_at`, and while there is still time; false once that is over."
    )
    overdue_at: datetime | None
    reopened: int = Field(description="How often an answer did not help.")
    voided_at: datetime | None
