"""Rehearsals over HTTP; money in minor units of the firm's currency."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from guanxi.events.fields import Code
from scoring.rehearsals.rules import Rehearsal, Status

_NEW: dict[str, Any] = {"changes": {"default_margin_bp": 2500}, "reason": "margins-fell"}


class NewRehearsal(BaseModel):
    """A change of the scorecard in force."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, use_attribute_docstrings=True, json_schema_extra={"examples": [_NEW]}
    )

    changes: dict[str, Any]
    """Only what is to be different, laid out as in the published file. Objects are merged, numbers and lists take the
    place of what is there, in the same shape; only numbers change."""
    reason: Code
    """Why, as a code."""


class Decision(BaseModel):
    """Why something is approved or published."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    reason: Code | None = None
    """As a code; it is kept in the audit trail."""


class MovesRead(BaseModel):
    """How many customers would go from a tier to another."""

    tier: str
    tier_after: str
    customers: int


class ResultRead(BaseModel):
    """What the change would do, over the customers looked at so far."""

    customers: int = Field(description="Looked at.")
    movers: int = Field(description="Who would change tier.")
    up: int
    down: int
    leave_top: int = Field(description="Who would leave the top tier.")
    key_customers_down: int = Field(description="Designated key customers who would go down.")
    profit_minor: int = Field(description="Profit of the last year of all who would move.")
    profit_down_minor: int = Field(description="Of it, of those who would go down.")
    tiers: dict[str, int] = Field(description="Customers by tier, as it would be.")
    moves: list[MovesRead]


class RehearsalRead(BaseModel):
    """A changed scorecard: `draft` while it is rehearsed, `rehearsed`, `approved`, `published`."""

    id: UUID
    version: int
    kind: str
    base_version: int = Field(description="The version that it changes.")
    changes: dict[str, Any]
    reason: str
    status: Status
    as_of: date = Field(description="The day on which it is reckoned, in the firm's time zone.")
    currency: str
    result: ResultRead
    proposed_by: str
    approved_by: str | None
    approved_at: datetime | None
    published_version: int | None
    published_at: datetime | None
    created_at: datetime


class MoverRead(BaseModel):
    """A customer who would change tier."""

    model_config = ConfigDict(from_attributes=True)

    customer_id: UUID
    tier: str
    tier_after: str
    value: int | None
    value_after: int | None
    profit_minor: int | None
    key_customer: bool = Field(description="Whether it is a designated key customer.")
    loses: list[str] = Field(description="Codes of what its tier is recommended now, and would not be any more.")
    gains: list[str]


def rehearsal_read(one: Rehearsal) -> dict[str, Any]:
    """A rehearsal in the words of the answer."""
    result = one.result
    ways = [(way.split(">"), count) for way, count in sorted((result.moves or {}).items())]
    moves = [{"tier": way[0], "tier_after": way[1], "customers": count} for way, count in ways]
    values = {name: getattr(one, name) for name in RehearsalRead.model_fields if hasattr(one, name)}
    sums = {name: getattr(result, name) for name in _SUMS}
    return values | {
        "currency": one.body["currency"],
        "result": sums | {"tiers": dict(result.tiers or {}), "moves": moves},
    }


_SUMS = (
    *("customers", "movers", "up", "down", "leave_top", "key_customers_down"),
    *("profit_minor", "profit_down_minor"),
)
