"""Policies of entitlement as they are written and read, and what a rehearsal found."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from complaints.fields import Body, Code, Read, example
from guanxi.events.entitlements import NewClause
from guanxi.events.fields import Currency, IsoDate, Language, Money, PersonName, ShortText

StatusName = Literal["draft", "rehearsed", "approved", "published", "retired"]
_REGION = r"^(CN-[0-9]{2}|(C[A-MO-Z]|[ABD-Z][A-Z])-[A-Z0-9]{1,3})$"
Region = Annotated[str, StringConstraints(pattern=_REGION), Field(examples=["CN-44"])]
Rate = Annotated[str, StringConstraints(pattern=r"^\d{1,9}(\.\d{1,9})?$"), Field(examples=["7.19"])]


class ClauseBody(NewClause):
    """One clause: everything that it asks must hold. Neither `months` nor `days`: for life."""

    names: Annotated[dict[Language, ShortText], Field(min_length=1, max_length=20)]
    """What the benefit is called when it is named to the customer."""
    customers: Annotated[tuple[UUID, ...], Field(max_length=200)] = ()
    """Agreed with these; none: for everybody. Of one benefit what was agreed beats what holds for everybody."""


class PolicyBody(Body):
    """A draft; what is left out is as in the policy that holds on its first day."""

    model_config = example(
        effective_from="2027-01-01",
        clauses=[
            {
                "code": "warranty.all",
                "benefit": "warranty",
                "months": 9,
                "kinds": ["repair", "exchange"],
                "names": {"zh-Hans": "九个月保修", "en": "Warranty of nine months"},
            }
        ],
    )

    effective_from: IsoDate
    home_region: Region | None = None
    """The firm's own province, ISO 3166-2, in China by its number of GB/T 2260 (`CN-44`, not `CN-GD`).

    So customers' regions are told; customers elsewhere are out of town.
    """
    vip_tiers: Annotated[list[Code], Field(max_length=20)] | None = None
    goodwill_lead_limit_minor: Money | None = None
    """Up to here a lead approves goodwill, above it a director."""
    rates: Annotated[dict[Currency, dict[IsoDate, Rate]], Field(max_length=200)] | None = None
    """What one unit of a currency is worth in the policy's, by the day from which on."""
    clauses: Annotated[list[ClauseBody], Field(min_length=1, max_length=200)] | None = None

    @model_validator(mode="after")
    def _names_once(self) -> Self:
        codes = [one.code for one in self.clauses or ()]
        if len(codes) != len(set(codes)):
            raise PydanticCustomError("code_twice", "two clauses have one code")
        if any(Decimal(rate) == 0 for dated in (self.rates or {}).values() for rate in dated.values()):
            raise PydanticCustomError("rate_zero", "a rate is more than zero")
        return self


class ClauseRead(Read):
    """A clause as it is kept."""

    code: str
    benefit: str
    of: str
    names: dict[str, str]
    package: str | None
    kinds: list[str]
    months: int | None
    days: int | None
    vip: bool
    order_at_least_minor: int | None
    out_of_town: bool
    skus: list[str]
    customers: list[UUID]


class PolicyItem(Read):
    """A version of the policy."""

    id: UUID
    version: int
    number: int
    status: StatusName
    effective_from: date
    """In force from this day until another one is."""
    author: str
    approved_by: str | None
    approved_at: datetime | None
    published_at: datetime | None
    created_at: datetime


class PolicyRead(PolicyItem):
    """A version of the policy with all that it says."""

    currency: str
    home_region: str
    vip_tiers: list[str]
    goodwill_lead_limit_minor: int
    rates: dict[str, dict[str, str]]
    clauses: list[ClauseRead]
    rehearsed: bool


class MovedRead(Read):
    """One benefit that would last longer or shorter; `before` and `after`: the last day, `life`, or null for none."""

    benefit: str
    order_id: UUID | None
    sku: str | None
    pieces: int
    before: str | None
    after: str | None
    gained: bool


class MoverRead(Read):
    """A customer for whom something would change."""

    customer_id: UUID
    name: PersonName | None
    vip: bool
    moved: list[MovedRead]


class RehearsalRead(Read):
    """What publishing the draft would change on its first day, for everybody who ever bought."""

    policy_id: UUID
    number: int
    on: date
    against: int
    """Number of the policy that holds that day without it."""
    customers: int
    """How many were looked at."""
    gaining: int
    losing: int
    vips_gaining: int
    vips_losing: int
    currency: str
    expected_gain_minor: int
    """What service on the goods that gain would cost, at what service on their articles has cost so far per piece."""
    expected_saving_minor: int
    """The same of the goods that lose."""
    pieces_unrated: int
    """Pieces that gain or lose, of articles whose service has no recorded cost."""
    movers: list[MoverRead]
    """At most 200: those who lose first, VIPs first among them."""
