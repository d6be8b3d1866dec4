"""Plan items over HTTP."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from guanxi.events.fields import Code, IsoDate, PersonalShortText, UtcTime
from interactions.plans.rules import Kind


class NewPlanItem(BaseModel):
    """Something to be done with a customer."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "customer_id": "0198c0de-0000-7000-8000-000000000001",
                    "kind": "visit",
                    "due_on": "2026-04-03",
                    "what": "Look at the new stands together.",
                }
            ]
        },
    )

    customer_id: UUID
    kind: Kind
    due_on: IsoDate = Field(description="The day, in the time zone of the caller's unit; not over yet.")
    assignee: UUID | None = Field(default=None, description="Who is to do it; the caller, if not given.")
    what: PersonalShortText | None = None
    reason: Code | None = Field(default=None, description="A code of yours.")


class NewCompletion(BaseModel):
    """That it was done."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"contact_id": "0198c0de-0000-7000-8000-000000000003"}]},
    )

    at: UtcTime | None = Field(default=None, description="The contact's moment, or now; not in the future.")
    contact_id: UUID | None = Field(default=None, description="The exchange with this customer that did it.")


class NewCancellation(BaseModel):
    """Why it need not be done any more."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reason": "they-are-away"}]})

    reason: Code = Field(description="A code of yours; it is kept in the audit trail.")


class PlanItemRead(BaseModel):
    """A plan item as it stands."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    customer_id: UUID
    unit: str = Field(validation_alias="unit_id", description="The unit whose record it is.")
    kind: str
    due_on: date
    closes_at: datetime = Field(description="When the day is over in the unit's time zone.")
    assignee_id: UUID | None = Field(description="Null: the lead of the unit.")
    what: str | None
    reason: str | None
    cause_id: UUID | None = Field(description="What asked for it: a contact, a care task, a hand-over.")
    status: str
    done_at: datetime | None
    contact_id: UUID | None
    missed_at: datetime | None
    recorded_at: datetime
