"""Promises over HTTP."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from guanxi.events.fields import Code, PersonalShortText, UtcTime
from interactions.promises.rules import Ending, Status


class PromiseRead(BaseModel):
    """A promise as it stands."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    customer_id: UUID
    unit: str = Field(validation_alias="unit_id", description="The unit whose record it is.")
    source: str | None = Field(description="The publisher, when it came in a report.")
    contact_id: UUID | None = Field(description="The contact in which it was made.")
    what: str | None
    what_code: str | None
    promiser_id: UUID | None = Field(description="The employee who promised.")
    promiser: str | None = Field(validation_alias="promiser_name", description="Their name, where a report gave it.")
    fulfilling_unit: str = Field(description="The unit that has to keep it.")
    made_at: datetime
    due_at: datetime
    status: Status = Field(description="`historic`: we learned of it after its moment, and more than 48 hours late.")
    settled_at: datetime | None = Field(description="When it was kept, broken, renegotiated or withdrawn.")
    settled_by: str | None = Field(description="Who said so; `due` when its moment came and nobody had.")
    reason: str | None
    note: str | None
    replaces: UUID | None = Field(description="The renegotiated promise in whose place this one stands.")
    replaced_by: UUID | None
    reminded_at: datetime | None = Field(description="When its promiser was reminded that its moment draws near.")
    voided_at: datetime | None


class NewOutcome(BaseModel):
    """What became of a promise."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"outcome": "kept"}]})

    outcome: Ending
    at: UtcTime | None = Field(default=None, description="When; now, unless it is given. Not in the future.")
    new_due_at: UtcTime | None = Field(default=None, description="The new moment; needed for `renegotiated` only.")
    reason: Code | None = Field(default=None, description="A code of yours, such as `supplier-late`.")
    note: PersonalShortText | None = Field(default=None, description="In words; they stay with this service.")
