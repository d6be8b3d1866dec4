"""Estimates of wallets over HTTP."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, Strict

from guanxi.events.fields import Currency, IsoDate
from scoring.wallet.rules import Share, Source, Stage

_NEW: dict[str, Any] = {
    "estimated_on": "2026-03-31",
    "source": "visit",
    "total_minor": 90000000,
    "currency": "CNY",
    "industry_stage": "growth",
}


class NewEstimate(BaseModel):
    """All that a customer spends in a year on what we sell, as somebody has found out."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, use_attribute_docstrings=True, json_schema_extra={"examples": [_NEW]}
    )

    estimated_on: IsoDate
    source: Source
    """How it was found out."""
    total_minor: Annotated[int, Strict(), Field(ge=0, le=10**15)]
    """With us and elsewhere, in minor units of the currency; whoever has found out nothing but the stage repeats it."""
    currency: Currency
    industry_stage: Stage | None = None
    """Where the customer's industry stands; it holds, while estimates are believed, until one says otherwise."""


class EstimateRead(BaseModel):
    """An estimate with our part of it."""

    id: UUID
    customer_id: UUID = Field(description="The id under which it was entered.")
    estimated_on: date
    source: Source
    total_minor: int
    currency: str
    industry_stage: Stage | None
    entered_by: str
    recorded_at: datetime
    ours_minor: int | None = Field(
        description="Goods ordered in the year up to that day, in the firm's currency; null where a rate is missing."
    )
    share_bp: int | None = Field(description="Our part of the whole, in hundredths of a percent, at most all of it.")


def estimate_read(one: Share) -> EstimateRead:
    """An estimate in the words of the answer."""
    names = [name for name in EstimateRead.model_fields if hasattr(one.estimate, name)]
    values = {name: getattr(one.estimate, name) for name in names}
    return EstimateRead(**values, ours_minor=one.ours_minor, share_bp=one.share_bp)
