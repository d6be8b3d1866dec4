"""What a changed scorecard would do, and the life of its rehearsal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from guanxi.problems import Conflict
from scoring.facts.rules import FactRow, current
from scoring.scorecards.rules import Action, ValueCard, rank_of
from scoring.scores.basis import basis
from scoring.scores.computing import tier_on
from scoring.scores.rules import Moment

Status = Literal["draft", "rehearsed", "approved", "published"]


@dataclass(frozen=True, slots=True)
class Mover:
    """A customer who would change tier: from what to what, and what it would lose and gain by that."""

    customer_id: UUID
    tier: str
    tier_after: str
    value: int | None
    value_after: int | None
    profit_minor: int | None
    key_customer: bool
    """Whether it is a designated key customer."""
    loses: tuple[str, ...]
    """Codes of what is recommended for its tier now and would not be any more."""
    gains: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """What a rehearsal has found so far; money in minor units of the firm's currency."""

    customers: int = 0
    movers: int = 0
    up: int = 0
    down: int = 0
    leave_top: int = 0
    key_customers_down: int = 0
    """Designated key customers who would go down."""
    profit_minor: int = 0
    """Profit of the last year of all who would move: what is put at stake."""
    profit_down_minor: int = 0
    tiers: Mapping[str, int] | None = None
    """Tier -> customers, as it would be."""
    moves: Mapping[str, int] | None = None
    """`from>to` -> customers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """One changed scorecard with what it would do."""

    id: UUID
    version: int
    created_at: datetime
    recorded_at: datetime
    unit_id: str
    kind: str
    base_version: int
    changes: Any
    body: Any
    reason: str
    status: Status
    as_of: date
    time_zone: str
    reached: UUID | None
    result: Result
    proposed_by: str
    approved_by: str | None = None
    approved_at: datetime | None = None
    published_version: int | None = None
    published_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Compared:
    """One customer by the scorecard in force and by the draft."""

    customer_id: UUID
    tier: str
    tier_after: str
    value: int | None
    value_after: int | None
    profit_minor: int | None


def compared(customer_id: UUID, facts: Iterable[FactRow], now: ValueCard, then: ValueCard, at: Moment) -> Compared:
    """Value and tier of a day by both, each folded over all days before: as if the draft had held for ever."""
    known = current(facts, at.known_at)
    before, after = basis(known, now, at), basis(known, then, at)
    measured = before.measured(at.day)
    return Compared(
        customer_id=customer_id,
        tier=tier_on(before, at.day).tier,
        tier_after=tier_on(after, at.day).tier,
        value=measured.value,
        value_after=after.value_on(at.day),
        profit_minor=measured.inputs.get("profit_minor"),
    )


def mover(one: Compared, treatments: Mapping[str, Sequence[Action]], *, key_customer: bool) -> Mover:
    """What moving means for a customer."""
    now = [action.code for action in treatments[one.tier]]
    then = [action.code for action in treatments[one.tier_after]]
    return Mover(
        customer_id=one.customer_id,
        tier=one.tier,
        tier_after=one.tier_after,
        value=one.value,
        value_after=one.value_after,
        profit_minor=one.profit_minor,
        key_customer=key_customer,
        loses=tuple(code for code in now if code not in then),
        gains=tuple(code for code in then if code not in now),
    )


def added(result: Result, some: Iterable[Compared], movers: Sequence[Mover], card: ValueCard) -> Result:
    """The result with more customers in it."""
    tiers, moves, count = dict(result.tiers or {}), dict(result.moves or {}), 0
    for one in some:
        count += 1
        tiers[one.tier_after] = tiers.get(one.tier_after, 0) + 1
    for each in movers:
        way = f"{each.tier}>{each.tier_after}"
        moves[way] = moves.get(way, 0) + 1
    down = [one for one in movers if rank_of(card.bands, one.tier_after) > rank_of(card.bands, one.tier)]
    top = card.bands[0].name
    return Result(
        customers=result.customers + count,
        movers=result.movers + len(movers),
        up=result.up + len(movers) - len(down),
        down=result.down + len(down),
        leave_top=result.leave_top + sum(one.tier == top for one in down),
        key_customers_down=result.key_customers_down + sum(one.key_customer for one in down),
        profit_minor=result.profit_minor + sum(one.profit_minor or 0 for one in movers),
        profit_down_minor=result.profit_down_minor + sum(one.profit_minor or 0 for one in down),
        tiers=tiers,
        moves=moves,
    )


def approved(one: Rehearsal, by: str, now: datetime) -> Rehearsal:
    """The rehearsal, approved by a person. 409 `not-rehearsed`, `own-proposal`."""
    if one.status != "rehearsed":
        raise Conflict("not-rehearsed", f"The rehearsal is {one.status}: only what is rehearsed and open is approved.")
    if one.proposed_by == by:
        raise Conflict("own-proposal", "Who proposes a change leaves the decision to somebody else.")
    return replace(one, status="approved", approved_by=by, approved_at=now, version=one.version + 1, recorded_at=now)


def published(one: Rehearsal, in_force: int, now: datetime) -> Rehearsal:
    """The rehearsal, in force. 409 `not-approved`; `outdated` when another version has come since."""
    if one.status != "approved":
        raise Conflict("not-approved", f"The rehearsal is {one.status}: only what was approved is published.")
    if one.base_version != in_force:
        raise Conflict("outdated", f"Version {in_force} is in force now: rehearse the change of that one.")
    return replace(
        one,
        status="published",
        published_version=in_force + 1,
        published_at=now,
        reached=None,
        version=one.version + 1,
        recorded_at=now,
    )
