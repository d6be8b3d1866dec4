"""Satisfaction of all customers over HTTP."""

from __future__ import annotations

from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

_SERVICE: dict[str, Any] = {
    "facet": "service",
    "grades": 40,
    "anonymous": 9,
    "expected_hundredths": 450,
    "obtained_hundredths": 310,
    "below": 28,
    "equal": 10,
    "above": 2,
}


_REPORT: dict[str, Any] = {
    "from": "2025-04-01",
    "to": "2026-03-31",
    "opinions": 44,
    "anonymous": 9,
    "whole": _SERVICE | {"facet": None},
    "items": [_SERVICE],
}


class FacetRead(BaseModel):
    """What was expected and what was got of one facet."""

    model_config = ConfigDict(from_attributes=True)

    facet: str | None = Field(description="Null: of items that belong to no facet, and of the whole.")
    grades: int = Field(description="With an expectation beside them; others cannot be compared.")
    anonymous: int = Field(description="Of them without a name: they count here and for no customer.")
    expected_hundredths: int = Field(description="The mean, in hundredths of a grade.")
    obtained_hundredths: int
    below: int = Field(description="Grades below what was expected.")
    equal: int
    above: int


class SatisfactionReport(BaseModel):
    """What customers said from one day to another."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [_REPORT]})

    from_day: date = Field(alias="from")
    to_day: date = Field(alias="to")
    opinions: int = Field(description="Cards, surveys and interviews.")
    anonymous: int
    whole: FacetRead | None = Field(description="All grades; null where there are none.")
    items: list[FacetRead] = Field(description="The widest gap below what was expected first.")
