"""Facts over HTTP."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class FactTraits(BaseModel):
    """What the fact says beyond its amount; fields that its kind does not use are null."""

    model_config = ConfigDict(from_attributes=True)

    source: str | None
    status: str | None
    code: str | None
    channel: str | None
    direction: str | None
    outcome: str | None
    cause: str | None
    severity: str | None
    sentiment: str | None
    fulfilling_unit: str | None
    in_time: bool | None
    solved: bool | None
    rival_named: bool | None
    days_late: int | None
    count: int | None
    total_minor: int | None
    margin_minor: int | None
    unmargined_minor: int | None
    expected: int | None
    obtained: int | None
    promiser_id: UUID | None
    contact_id: UUID | None
    order_id: UUID | None
    complaint_id: UUID | None


class FactRead(BaseModel):
    """One version of one fact."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID = Field(
        validation_alias="aggregate_id", description="The order, promise, complaint ... that the fact is about."
    )
    kind: str
    sequence: int = Field(description="Its version, of which the highest counts; where a thing may happen again, each.")
    customer_id: UUID = Field(description="The id under which it was recorded, for ever.")
    unit: str = Field(validation_alias="unit_id")
    occurred_at: datetime
    recorded_at: datetime = Field(description="When we learned of this version.")
    amount_minor: int | None
    currency: str | None
    traits: FactTraits
    voided: bool
    event_id: UUID = Field(description="The event that told us.")
