"""A policy of entitlement as a value: its clauses, what each asks and gives, its exchange rates. Pure."""

from __future__ import annotations

import calendar
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any
from uuid import UUID

from guanxi.events.codes import MINOR_DIGITS
from guanxi.problems import Conflict

WARRANTY = "warranty"
GOODS, CUSTOMER = "goods", "customer"
DRAFT, REHEARSED, APPROVED, PUBLISHED, RETIRED = "draft", "rehearsed", "approved", "published", "retired"
_YEAR = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """The version of an agreement that a clause stands in, and its days: both included, `until` None while open."""

    id: UUID
    version: int
    kind: str
    since: date
    until: date | None
    currency: str | None = None
    """Of the amounts in its clauses; none: the policy's."""

    def in_force(self, on: date) -> bool:
        """Whether its clauses answer on a day."""
        return self.since <= on and (self.until is None or on <= self.until)


@dataclass(frozen=True, slots=True)
class Threshold:
    """What one order has to come to, in minor units of this currency (None: the policy's)."""

    least_minor: int
    currency: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One clause: everything it asks must hold, then it gives its benefit, for goods from delivery on or for good.

    `of` is `goods` where each piece bought is asked about by itself, `customer` where the customer is. Neither `months`
    nor `days`: for life.
    """

    code: str
    benefit: str
    of: str
    names: Mapping[str, str]
    package: str | None = None
    kinds: tuple[str, ...] = ()
    months: int | None = None
    days: int | None = None
    vip: bool = False
    order_at_least_minor: int | None = None
    out_of_town: bool = False
    skus: tuple[str, ...] = ()
    customers: frozenset[UUID] = frozenset()
    """Whom it was agreed with; none: everybody. What was agreed beats what holds for everybody."""
    agreed: Agreed | None = None
    """The agreement that it stands in; none: it is the policy's."""

    @property
    def lifelong(self) -> bool:
        """Whether it never ends."""
        return self.months is None and self.days is None

    def until(self, start: date) -> date | None:
        """The last day it covers of what began on `start`; None for life."""
        if self.months is not None:
            return add_months(start, self.months)
        return start + timedelta(days=self.days) if self.days is not None else None

    @property
    def threshold(self) -> Threshold | None:
        """The order that it asks for."""
        if self.order_at_least_minor is None:
            return None
        return Threshold(self.order_at_least_minor, self.agreed.currency if self.agreed else None)

    def speaks_of(self, sku: str | None) -> bool:
        """Whether it is about such goods; a clause that names none is about all."""
        return not self.skus or (sku is not None and sku.startswith(self.skus))


@dataclass(frozen=True, slots=True)
class Rates:
    """What one unit of a currency was worth in the policy's, by day."""

    currency: str
    rows: Mapping[str, Sequence[tuple[date, Decimal]]]

    def convert(self, amount_minor: int, currency: str, on: date) -> int | None:
        """So much in minor units of the policy's currency, rounded half to even; None without a rate that day."""
        if currency == self.currency:
            return amount_minor
        rows = self.rows.get(currency, ())
        place = bisect_right(rows, on, key=lambda row: row[0])
        if not place:
            return None
        shift = MINOR_DIGITS[self.currency] - MINOR_DIGITS.get(currency, 2)
        return int((amount_minor * rows[place - 1][1]).scaleb(shift).quantize(Decimal(1), ROUND_HALF_EVEN))


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One version of the rules; `number` 1 is the shipped one."""

    id: UUID
    number: int
    effective_from: date
    home_region: str
    """The firm's own province (ISO 3166-2): whoever is elsewhere is out of town."""
    vip_tiers: frozenset[str]
    """Tiers whose customers are VIPs; an approved key customer is one in any."""
    goodwill_lead_limit_minor: int
    """Up to here a lead approves goodwill; above it a director does."""
    rates: Rates
    clauses: Sequence[Clause]


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A policy in its life: draft → rehearsed → approved → published → retired; the columns of its row."""

    id: UUID
    version: int
    created_at: datetime
    recorded_at: datetime
    unit_id: str
    number: int
    status: str
    effective_from: date
    body: Mapping[str, Any]
    rehearsal: Mapping[str, Any] | None = None
    author: str
    approved_by: str | None = None
    approver_id: UUID | None = None
    approved_at: datetime | None = None
    published_at: datetime | None = None

    @property
    def policy(self) -> Policy:
        """What it says."""
        return policy_of(self.id, self.number, self.effective_from, self.body)


@dataclass(frozen=True, slots=True)
class Settled:
    """A person's word on a benefit that a correction would take away: `kept` or `withdrawn`, as of a version."""

    about_id: UUID
    """The order."""
    at_version: int
    decision: str
    decided_by: str = ""
    reason: str = ""


def rehearsed(one: Version, result: Mapping[str, Any], now: datetime) -> Version:
    """The draft after a rehearsal; what was approved by an earlier one waits for approval again. 409."""
    if one.published_at is not None:
        raise Conflict("already-published", f"This policy is {one.status}: only a draft is rehearsed.")
    nobody = {"approved_by": None, "approver_id": None, "approved_at": None}
    return _moved(one, now, status=REHEARSED, rehearsal=result, **nobody)


def approved(one: Version, by: str, approver_id: UUID | None, now: datetime) -> Version:
    """The policy after its approval. 409 `already-approved`, `not-rehearsed`, `own-draft`."""
    if one.status == DRAFT:
        raise Conflict("not-rehearsed", "Rehearse the draft first: whoever approves it must see who gains and loses.")
    if one.status != REHEARSED:
        raise Conflict("already-approved", f"This policy is {one.status} already.")
    if one.author == by:
        raise Conflict("own-draft", "Who wrote a policy leaves the approval to somebody else.")
    return _moved(one, now, status=APPROVED, approved_by=by, approver_id=approver_id, approved_at=now)


def published(one: Version, today: date, now: datetime) -> Version:
    """The policy after its publication: from its day on, or from today where that is over. 409.

    It never reaches back: what was answered yesterday was right yesterday.
    """
    if one.status != APPROVED:
        code, how = ("already-published", "already") if one.published_at else ("not-approved", "and not approved")
        raise Conflict(code, f"This policy is {one.status} {how}.")
    return _moved(one, now, status=PUBLISHED, effective_from=max(one.effective_from, today), published_at=now)


def check_followed(one: Version, present: Version, waiting: Version | None) -> None:
    """Refuse what would not change what was rehearsed. 409 `superseded`, `another-waits`, `rehearse-again`.

    `present` is what holds on its first day without it. `waiting` was published and holds from a later day on: it was
    not rehearsed against this one, which it would follow.
    """
    if (present.effective_from, present.number) > (one.effective_from, one.number):
        raise Conflict("superseded", f"Policy {present.number} has been published since and would hold instead.")
    if waiting is not None:
        detail = f"Policy {waiting.number} waits for {waiting.effective_from} and would undo it, rehearsed by nobody."
        raise Conflict("another-waits", detail)
    against = (one.rehearsal or {}).get("against")
    if against != present.number:
        detail = f"It was rehearsed against policy {against}, and {present.number} holds by then: rehearse it again."
        raise Conflict("rehearse-again", detail)


def policy_of(id: UUID, number: int, effective_from: date, body: Mapping[str, Any]) -> Policy:  # noqa: A002 - the column's word
    """The policy that a body says; the body has been checked when it came in."""
    rows = {
        currency: sorted((date.fromisoformat(day), Decimal(rate)) for day, rate in dated.items())
        for currency, dated in body["rates"].items()
    }
    return Policy(
        id=id,
        number=number,
        effective_from=effective_from,
        home_region=body["home_region"],
        vip_tiers=frozenset(body["vip_tiers"]),
        goodwill_lead_limit_minor=body["goodwill_lead_limit_minor"],
        rates=Rates(body["currency"], rows),
        clauses=tuple(clause_of(one) for one in body["clauses"]),
    )


def clause_of(raw: Mapping[str, Any], agreed: Agreed | None = None) -> Clause:
    """The clause that plain values say; they have been checked when they came in. Unknown words are left out."""
    values = {name: value for name, value in raw.items() if value is not None and name in _WORDS}
    values |= {name: tuple(values[name]) for name in ("kinds", "skus") if name in values}
    values["customers"] = frozenset(UUID(str(one)) for one in values.get("customers", ()))
    return Clause(**{"names": {}, **values, "agreed": agreed})


def add_months(day: date, months: int) -> date:
    """The same day so many calendar months later, or the last of that month where it has no such day."""
    years, month = divmod(day.month - 1 + months, _YEAR)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def _moved(one: Version, now: datetime, **changes: Any) -> Version:
    return replace(one, version=one.version + 1, recorded_at=now, **changes)


_WORDS = frozenset(one.name for one in fields(Clause)) - {"agreed"}
