"""Rehearsals over HTTP; money in minor units of the firm's currency."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from guanxi.events.fields import Code
from scoring.rehearsals.rules import Rehearsal, Status
from scoring.scorecards import files

_NEW: dict[str, Any] = {"changes": {"default_margin_bp": 2500}, "reason": "margins-fell"}


class NewRehearsal(BaseModel):
    """A change of the version in force."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, use_attribute_docstrings=True, json_schema_extra={"examples": [_NEW]}
    )

    changes: dict[str, Any]
    """Only what is to be different, laid out as in the published file. Of a scorecard only numbers change: objects are
    merged, numbers and lists take the place of what is there, in the same shape. Of `segments` only the tiers that one
    takes: `{"segments": [{"id": "key-customers", "tiers": ["top", "high"]}]}`. Of `treatments` the actions of a tier:
    `{"treatments": {"middle": [{"code": "recommend"}, ...]}}`, by code alone where the tier has had them, a
    new one with its text in each language. What a code says never changes: another text is another code."""
    reason: Code
    """Why, as a code."""


class Decision(BaseModel):
    """Why something is approved or published."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    reason: Code | None = None
    """As a code; it is kept in the audit trail."""


class MovesRead(BaseModel):
    """How many customers would go from a tier (or band, or place in a segment) to another."""

    scope: str = Field(
        description="The kind of score, a segment, or `treatments`: of those, who stays in its tier. Of "
        "`value.existing` also what rests on it: segments and `value.influence`."
    )
    tier: str
    tier_after: str
    customers: int


class ResultRead(BaseModel):
    """What the change would do, over the customers looked at so far."""

    customers: int = Field(description="Looked at.")
    movers: int = Field(
        description="Who would change tier, band or segment, or be recommended something else; each once."
    )
    up: int = Field(description="Who would go up, enter a segment, or be recommended something more.")
    down: int = Field(
        description="Who would go down, leave a segment, or lose a recommendation; who goes up in one and down in "
        "another is in both."
    )
    leave_top: int = Field(description="Who would leave the best tier or band, or a segment.")
    key_customers: int = Field(description="Designated key customers who would move.")
    key_customers_down: int = Field(description="Designated key customers who would go down, leave or lose.")
    profit_minor: int = Field(description="Profit of the last year of all who would move.")
    profit_down_minor: int = Field(description="Of it, of those who would go down, leave or lose.")
    tiers: dict[str, int] = Field(
        description="Customers by tier or band, as it would be, without who is unrated; of another scope than what is "
        "changed as `satisfaction.price/above`, `key-customers/member`, `value.influence/wide`."
    )
    moves: list[MovesRead]


class RehearsalRead(BaseModel):
    """A changed version: `draft` while it is rehearsed, `rehearsed`, `approved`, `published`."""

    id: UUID
    version: int
    kind: str
    base_version: int = Field(description="The version that it changes.")
    value_version: int = Field(
        description="The version of `value.existing` by which tiers and profit are reckoned here."
    )
    used: dict[str, int] = Field(
        description="The version of everything by which it is reckoned: where another is in force, it is `outdated`."
    )
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
    """A customer who would move: once for each kind of score, facet or segment in which it would."""

    model_config = ConfigDict(from_attributes=True)

    customer_id: UUID
    scope: str = Field(description="In what it moves: the kind of score, a segment, or `treatments`.")
    tier: str = Field(description="Its tier or band, or `member` or `outside` of a segment.")
    tier_after: str
    value: int | None = Field(description="Its score; with segments and treatments that of existing value.")
    value_after: int | None
    profit_minor: int | None
    key_customer: bool = Field(description="Whether it is a designated key customer.")
    loses: list[str] = Field(description="Codes of what its tier is recommended now, and would not be any more.")
    gains: list[str]


def rehearsal_read(one: Rehearsal) -> dict[str, Any]:
    """A rehearsal in the words of the answer."""
    result = one.result
    moves = [_moves(one.kind, way, count) for way, count in sorted((result.moves or {}).items())]
    values = {name: getattr(one, name) for name in RehearsalRead.model_fields if hasattr(one, name)}
    sums = {name: getattr(result, name) for name in _SUMS}
    return values | {
        "currency": files.value_card().rates.currency,
        "result": sums | {"tiers": dict(result.tiers or {}), "moves": moves},
    }


def _moves(kind: str, way: str, customers: int) -> dict[str, Any]:
    scope, _, ends = way.rpartition("/")
    tier, _, tier_after = ends.partition(">")
    return {"scope": scope or kind, "tier": tier, "tier_after": tier_after, "customers": customers}


_SUMS = (
    *("customers", "movers", "up", "down", "leave_top", "key_customers", "key_customers_down"),
    *("profit_minor", "profit_down_minor"),
)
