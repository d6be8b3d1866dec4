"""What a customer may claim, as it is read; and benefits that wait for a decision."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, Strict

from complaints.entitlements.evaluation import OfGoods, Tried
from complaints.entitlements.goods import Lot
from complaints.fields import Body, Code, Read, example

MOST_GOODS = 200
MOST_PROMISES = 1000


class PolicyNamed(Read):
    """The version of the policy that answers."""

    id: UUID
    number: int
    effective_from: date


class AgreementNamed(Read):
    """The version of an agreement that a clause stands in; its text is in `/v1/agreements/{id}`."""

    id: UUID
    version: int
    kind: str
    since: date
    until: date | None
    """The last day on which its clauses answer; null while it is open."""


class TriedRead(Read):
    """A clause that was tried, and why it did or did not apply."""

    agreement: AgreementNamed | None
    """The agreement that it stands in; null for the policy's."""
    clause: str
    benefit: str
    package: str | None
    """The package it belongs to: `vip`, `lifelong`."""
    names: dict[str, str]
    """By language; an agreement's clauses have none."""
    kinds: list[str]
    """Kinds of after-sale service that it covers."""
    applies: bool
    reason: str
    """`applies`, or why not: `expired`, `not-vip`, `order-too-small`, `no-order`, `unrated`, `in-town`,
    `region-unknown`, `agreement-prevails`, `agreement-ended`, `agreement-not-begun`, `other-goods`, `nothing-bought`,
    `not-begun`."""
    why: str | None
    """What decided it: `top-tier`, `key-customer`, `reached`, `held`."""
    since: date | None
    until: date | None
    """The last day; null where it is for life, or never began."""
    lifelong: bool
    days_left: int | None
    """Null for life, 0 where it does not apply."""
    order_id: UUID | None
    """The order that it rests on."""
    flagged: bool
    """It rests on an order or an agreement that was changed since: a person decides whether it stays."""


class GoodsRead(Read):
    """What holds for goods that were got together."""

    order_id: UUID | None
    sku: str | None
    pieces: int
    since: date
    """Delivered on; where they were not delivered yet, ordered on."""
    delivered: bool
    covered: bool
    warranty: TriedRead | None
    """The clause that answers."""
    tried: list[TriedRead]


class EntitlementsRead(Read):
    """What a customer may claim on a day."""

    customer_id: UUID
    canonical_id: UUID
    on: date
    sku: str | None
    order_id: UUID | None
    policy: PolicyNamed
    vip: str | None
    """Why the customer is a VIP that day: `top-tier`, `key-customer`; null for none."""
    service_level: str
    """By whose standards complaints are answered: `vip`, `ordinary`."""
    covered: bool
    """Whether any of the goods asked about is under warranty."""
    warranty: TriedRead | None
    """The clause that answers for them: the one that serves the customer best."""
    benefits: list[TriedRead]
    """Everything that applies, each benefit once."""
    goods: list[GoodsRead]
    """At most 200, the newest first."""
    goods_count: int
    tried: list[TriedRead]
    """The clauses that are about the customer; and those about goods where there are none such."""


class FlagRead(Read):
    """An order that brought benefits as it was first told and does not as it stands."""

    order_id: UUID
    customer_id: UUID
    version: int
    """The order's, as it stands."""
    clauses: list[str]


class PromiseRead(Read):
    """A clause of an earlier version of an agreement."""

    version: int
    clause: str


class AgreementFlagRead(Read):
    """An agreement that had promised benefits and, as it stands, does not give them."""

    agreement_id: UUID
    customer_id: UUID
    version: int
    """The agreement's, as it stands."""
    clauses: list[str]
    """Those that had promised them, by code."""
    promises: list[PromiseRead]
    """The same by the versions that they stood in: a decision is about each."""


class FlagDecision(Body):
    """Whether the benefits of an order stay."""

    model_config = example(decision="kept", reason="our-mistake")

    decision: Literal["kept", "withdrawn"]
    reason: Code


class PromiseNamed(Body):
    """A clause of an earlier version of an agreement, as the flag shows it."""

    version: Annotated[int, Strict(), Field(ge=1)]
    clause: Code


class AgreementFlagDecision(Body):
    """Whether what an agreement had promised stays."""

    model_config = example(decision="kept", reason="our-mistake")

    decision: Literal["kept", "withdrawn"]
    reason: Code
    promises: Annotated[list[PromiseNamed], Field(min_length=1, max_length=MOST_PROMISES)] | None = None
    """Only these of the flag; left out, all that wait when it is decided."""


def tried(one: Tried, on: date) -> TriedRead:
    """A clause as it is shown."""
    clause = one.clause
    return TriedRead(
        agreement=AgreementNamed.model_validate(clause.agreed) if clause.agreed else None,
        clause=clause.code,
        benefit=clause.benefit,
        package=clause.package,
        names=dict(clause.names),
        kinds=list(clause.kinds),
        applies=one.applies,
        reason=one.reason,
        why=one.why,
        since=one.since,
        until=one.until,
        lifelong=one.applies and one.until is None and not clause.vip,
        days_left=one.days_left(on),
        order_id=one.order_id,
        flagged=one.flagged,
    )


def goods(one: OfGoods, lot: Lot, on: date) -> GoodsRead:
    """A lot as it is shown."""
    best = one.best()
    return GoodsRead(
        order_id=lot.order_id,
        sku=lot.sku,
        pieces=lot.pieces,
        since=lot.start,
        delivered=lot.delivered,
        covered=best is not None and best.applies,
        warranty=tried(best, on) if best else None,
        tried=[tried(each, on) for each in one.tried],
    )
