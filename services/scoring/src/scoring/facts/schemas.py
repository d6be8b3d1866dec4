"""Facts over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class GradeRead(BaseModel):
    """What was expected and what was got of one thing, on the questionnaire's scale."""

    model_config = ConfigDict(from_attributes=True)

    code: str | None = Field(description="The facet, or the quality indicator; null where the item has none.")
    expected: int | None
    obtained: int
    importance: int | None


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
    pressing: bool | None
    days_late: int | None
    count: int | None
    total_minor: int | None
    margin_minor: int | None
    unmargined_minor: int | None
    expected: int | None
    obtained: int | None
    grades: list[GradeRead] | None
    promiser_id: UUID | None
    employee_id: UUID | None
    contact_id: UUID | None
    order_id: UUID | None
    complaint_id: UUID | None
    invitation_id: UUID | None
    interview_id: UUID | None
    cycle_id: UUID | None
    referred_id: UUID | None


_ORDER: dict[str, Any] = {
    "source": "dealer-17",
    "count": 3,
    "total_minor": 45800000,
    "margin_minor": 9100000,
    "unmargined_minor": 12000000,
}
_EXAMPLE: dict[str, Any] = {
    "id": "01980f5e-3b1d-7a52-8e44-5c9b1d2e3f40",
    "kind": "order",
    "sequence": 1,
    "customer_id": "01980f5e-0a6e-7c31-9d0f-3f1f6a0b2c11",
    "unit": "dealer-17",
    "occurred_at": "2026-03-02T02:00:00Z",
    "recorded_at": "2026-03-02T02:00:04Z",
    "amount_minor": 42000000,
    "currency": "CNY",
    "traits": dict.fromkeys(FactTraits.model_fields) | _ORDER,
    "voided": False,
    "event_id": "01980f5e-3b1e-7c00-9f3a-7d8e9fa0b1c2",
}


class FactRead(BaseModel):
    """One version of one fact."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [_EXAMPLE]})

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
