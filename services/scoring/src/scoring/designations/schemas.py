"""Designations over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from guanxi.events.fields import Code
from scoring.designations.rules import Decision, Status

_CUSTOMER = "01980f5e-0a6e-7c31-9d0f-3f1f6a0b2c11"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


def _example(**value: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [value]})


class NewDesignation(_Strict):
    """A customer who is to be a key customer."""

    model_config = _example(customer_id=_CUSTOMER, reason="opens-the-north")

    customer_id: UUID
    reason: Code
    """Why, as a code: strategic importance need not show in profit."""


class NewDecision(_Strict):
    """What becomes of a proposal."""

    model_config = _example(decision="approved", reason="agreed-with-sales")

    decision: Decision
    reason: Code | None = None


class NewEnding(_Strict):
    """Why a customer is a key customer no more."""

    model_config = _example(reason="gone-to-another-region")

    reason: Code


class DesignationRead(BaseModel):
    """A designation: `proposed`, `approved`, `refused` or `ended`."""

    model_config = ConfigDict(from_attributes=True, use_attribute_docstrings=True)

    id: UUID
    version: int
    customer_id: UUID
    status: Status
    reason: str
    """`top-tier` or, of another tier that the segment takes, `key-segment`; or what a person gave."""
    proposed_by: str
    """`guanxi` where the segment of key customers has proposed it."""
    decided_by: str | None
    decision_reason: str | None
    since: datetime | None
    """When it was approved."""
    until: datetime | None
    """When it ended after that."""
    ended_by: str | None
    end_reason: str | None
    """`left-top-tier` or `left-key-segment` where nobody had decided yet; else what a person gave."""
    created_at: datetime
    recorded_at: datetime
