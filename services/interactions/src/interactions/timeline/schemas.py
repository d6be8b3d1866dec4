"""What the timeline's readers get."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from interactions.timeline.rules import Kind


class SummaryRead(BaseModel):
    """What an entry tells at a glance; the record itself says more."""

    model_config = ConfigDict(from_attributes=True)

    status: str | None = Field(default=None, description="Where the record stands: `open`, `delivered`, `sent`, ...")
    channel: str | None = None
    direction: str | None = Field(default=None, description="`in`: the customer came to us; `out`: we went to them.")
    code: str | None = Field(default=None, description="Kind of contact, service or message; cause; platform.")
    outcome: str | None = None
    amount_minor: int | None = Field(default=None, description="In minor units of `currency`.")
    currency: str | None = None
    count: int | None = None
    due_at: datetime | None = None
    number: str | None = None
    order_id: UUID | None = None
    contact_id: UUID | None = None


class TimelineEntry(BaseModel):
    """One thing that happened between the customer and us."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID = Field(description="The record's own id: of the contact, the order, the complaint, ...")
    customer_id: UUID = Field(description="Under whose id it was recorded; a merged customer has several.")
    at: datetime
    kind: Kind
    unit: str = Field(validation_alias="unit_id", description="The unit whose record it is.")
    summary: SummaryRead
