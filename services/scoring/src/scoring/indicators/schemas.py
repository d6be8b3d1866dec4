"""Quality indicators over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from guanxi.events.fields import BasisPoints, Code, Grade

_INDICATORS: list[dict[str, Any]] = [
    {"code": "delivery", "weight_bp": 6000, "target": 4, "facet": "service"},
    {"code": "defects", "weight_bp": 4000, "target": 4, "facet": "quality"},
]

_VERSION: dict[str, Any] = {"indicators": _INDICATORS, "cycle_id": None}


class IndicatorBody(BaseModel):
    """One quality indicator."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    code: Code
    weight_bp: BasisPoints
    """How much it counts, in hundredths of a percent; all add up to 10000."""
    target: Grade
    """What is to be obtained."""
    facet: Code | None = None
    """The facet of satisfaction that it belongs to."""


class NewIndicators(BaseModel):
    """Another version: all indicators."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=True,
        json_schema_extra={"examples": [_VERSION]},
    )

    indicators: Annotated[list[IndicatorBody], Field(min_length=1, max_length=50)]
    cycle_id: UUID | None = None
    """The review cycle whose evaluation led to it."""


class IndicatorRead(BaseModel):
    """One quality indicator."""

    model_config = ConfigDict(from_attributes=True)

    code: str
    weight_bp: int
    target: int
    facet: str | None


class IndicatorsRead(BaseModel):
    """One version of the quality indicators; the highest number is in force."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    number: int
    indicators: list[IndicatorRead]
    cycle_id: UUID | None
    set_by: UUID | None = Field(description="The employee who set it.")
    set_at: datetime
