"""Segments over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

Language = Mapping[str, str]


class ActionRead(BaseModel):
    """One thing recommended for a tier."""

    model_config = ConfigDict(from_attributes=True)

    code: str
    text: Language = Field(validation_alias="texts")


class TreatmentRead(BaseModel):
    """What a tier is recommended; people decide."""

    tier: str
    actions: list[ActionRead]


class TreatmentList(BaseModel):
    """Tiers, best first, with what each is recommended."""

    items: list[TreatmentRead]


class TierSumRead(BaseModel):
    """What the customers of one tier come to."""

    model_config = ConfigDict(from_attributes=True)

    tier: str
    customers: int
    value_sum: int = Field(description="Sum of their points.")
    profit_minor: int = Field(description="Their profit of the last year, in minor units of the firm's currency.")


class TierRead(TierSumRead):
    """A tier with its thresholds and what it is recommended."""

    name: Language
    enters_from: int | None = Field(description="The value at which customers enter; null: the lowest tier.")
    kept_from: int | None = Field(description="The value below which they fall.")
    actions: list[ActionRead]


class TierList(BaseModel):
    """The tiers, best first."""

    currency: str
    items: list[TierRead]


class SegmentRead(BaseModel):
    """A group of customers by a rule."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    purpose: str
    rule: str
    names: Language
    tiers: list[str] = Field(description="The tiers it takes; empty: all, and a member's tier is told.")


class SegmentList(BaseModel):
    """All segments."""

    version: int
    items: list[SegmentRead]


class SegmentSummary(BaseModel):
    """A segment in figures."""

    segment: str
    currency: str
    customers: int
    tiers: list[TierSumRead]


class MemberRead(BaseModel):
    """One member of a segment."""

    model_config = ConfigDict(from_attributes=True)

    customer_id: UUID
    tier: str
    since: date | None = Field(description="The day, in the time of the facts, since when in this tier; null: ever.")
    as_of: date
    value: int | None
    profit_minor: int | None
    members: list[UUID] = Field(description="The records merged into the customer, its own included.")


class MoveRead(BaseModel):
    """One customer's change of tier."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    customer_id: UUID
    previous_tier: str
    tier: str
    direction: str
    moved_on: date = Field(description="The day on which the facts moved it.")
    recorded_at: datetime = Field(description="When we found out.")
    value: int | None
