"""Segments over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

Language = Mapping[str, str]
_CUSTOMER = "01980f5e-0a6e-7c31-9d0f-3f1f6a0b2c11"
_SUM: dict[str, Any] = {"tier": "top", "customers": 12, "value_sum": 974, "profit_minor": 331200000}
_TALK = {"zh-Hans": "每月主动沟通一次", "zh-Hant": "每月主動溝通一次", "en": "Talk to them once a month"}
_ACTION = {"code": "talk-more", "text": _TALK}


def _example(value: dict[str, Any]) -> ConfigDict:
    return ConfigDict(from_attributes=True, json_schema_extra={"examples": [value]})


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

    model_config = _example(
        _SUM
        | {"name": {"zh-Hans": "高利润", "zh-Hant": "高利潤", "en": "Top"}, "enters_from": 75, "kept_from": 68}
        | {"actions": [_ACTION]}
    )

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

    model_config = _example({"segment": "key-customers", "currency": "CNY", "customers": 12, "tiers": [_SUM]})

    segment: str
    currency: str
    customers: int
    tiers: list[TierSumRead]


class MemberRead(BaseModel):
    """One member of a segment."""

    model_config = _example(
        {"customer_id": _CUSTOMER, "tier": "top", "since": "2026-03-02", "as_of": "2026-03-31", "value": 83}
        | {"profit_minor": 27600000, "members": [_CUSTOMER]}
    )

    customer_id: UUID
    tier: str
    since: date | None = Field(description="The day, in the time of the facts, since when in this tier; null: ever.")
    as_of: date
    value: int | None
    profit_minor: int | None
    members: list[UUID] = Field(description="The records merged into the customer, its own included.")


class MoveRead(BaseModel):
    """One customer's change of tier."""

    model_config = _example(
        {"id": "01980f5e-9c2b-7d10-b1a4-0e5f6a7b8c9d", "customer_id": _CUSTOMER, "previous_tier": "middle"}
        | {"tier": "top", "direction": "up", "moved_on": "2026-03-02", "recorded_at": "2026-03-02T08:00:00Z"}
        | {"value": 83}
    )

    id: UUID
    customer_id: UUID
    previous_tier: str
    tier: str
    direction: str
    moved_on: date = Field(description="The day on which the facts moved it.")
    recorded_at: datetime = Field(description="When we found out.")
    value: int | None
