"""What a changed scorecard would do, and the life of its rehearsal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from guanxi.problems import Conflict
from scoring.rehearsals.comparing import Compared, key_of, way_of
from scoring.scorecards import files
from scoring.scorecards.opinions import SATISFACTION
from scoring.scorecards.referring import INFLUENCE

Status = Literal["draft", "rehearsed", "approved", "published"]
INDICATORS = "quality-indicators"
_USES: Mapping[str, tuple[str, ...]] = {
    files.VALUE: (INFLUENCE, files.SEGMENTS, files.TREATMENTS),
    SATISFACTION: (INDICATORS,),
}


@dataclass(frozen=True, slots=True)
class Mover:
    """A customer who would move: from where to where in a scope, and what it would lose and gain by that."""

    customer_id: UUID
    scope: str
    tier: str
    tier_after: str
    value: int | None
    value_after: int | None
    profit_minor: int | None
    key_customer: bool
    """Whether it is a designated key customer."""
    loses: tuple[str, ...]
    gains: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """What a rehearsal has found so far; money in minor units of the firm's currency."""

    customers: int = 0
    movers: int = 0
    up: int = 0
    """Customers who would go up in some scope; who goes up in one and down in another is in both."""
    down: int = 0
    leave_top: int = 0
    key_customers: int = 0
    """Designated key customers who would move."""
    key_customers_down: int = 0
    profit_minor: int = 0
    """Profit of the last year of all who would move, each once: what is put at stake."""
    profit_down_minor: int = 0
    tiers: Mapping[str, int] | None = None
    """Tier (`scope/tier` where there are several) -> customers, as it would be."""
    moves: Mapping[str, int] | None = None
    """`from>to` (`scope/from>to`) -> customers."""


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
    value_version: int
    """The version of existing value by which tiers and profit are reckoned."""
    used: Mapping[str, int]
    """The version of each of `uses`."""
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


def uses(kind: str) -> frozenset[str]:
    """Everything by which a change of a kind is reckoned, beside the facts.

    Existing value always, by which at least the profit is; with that itself, what rests on it.
    """
    return frozenset({kind, files.VALUE, *_USES.get(kind, ())})


def mover(one: Compared, *, key_customer: bool) -> Mover:
    """A customer who would move."""
    shared = {name: getattr(one, name) for name in Mover.__slots__ if name != "key_customer"}
    return Mover(**shared, key_customer=key_customer)


def added(kind: str, result: Result, found: Iterable[Compared], designated: Container[UUID]) -> Result:
    """The result of a kind with more customers in it, each with all its scopes; `designated` are key customers."""
    tiers, moves = Counter(result.tiers), Counter(result.moves)
    by_customer: dict[UUID, list[Compared]] = {}
    for one in found:
        by_customer.setdefault(one.customer_id, []).append(one)
        if key := key_of(one, kind):
            tiers[key] += 1
        moves.update([way_of(one, kind)] if one.moves else [])
    moving = {who: some for who, some in by_customer.items() if any(one.moves for one in some)}
    down = [who for who, some in moving.items() if any(one.down for one in some)]
    profit = {who: some[0].profit_minor or 0 for who, some in moving.items()}
    return Result(
        customers=result.customers + len(by_customer),
        movers=result.movers + len(moving),
        up=result.up + sum(any(one.up for one in some) for some in moving.values()),
        down=result.down + len(down),
        leave_top=result.leave_top + sum(any(one.leaves_top for one in some) for some in moving.values()),
        key_customers=result.key_customers + sum(who in designated for who in moving),
        key_customers_down=result.key_customers_down + sum(who in designated for who in down),
        profit_minor=result.profit_minor + sum(profit.values()),
        profit_down_minor=result.profit_down_minor + sum(profit[who] for who in down),
        tiers=dict(tiers),
        moves=dict(moves),
    )


def approved(one: Rehearsal, in_force: Mapping[str, int], by: str, now: datetime) -> Rehearsal:
    """The rehearsal, approved by a person. 409 `not-rehearsed`, `own-proposal`, `outdated`."""
    if one.status != "rehearsed":
        raise Conflict("not-rehearsed", f"The rehearsal is {one.status}: only what is rehearsed and open is approved.")
    if one.proposed_by == by:
        raise Conflict("own-proposal", "Who proposes a change leaves the decision to somebody else.")
    _refuse_outdated(one, in_force)
    return replace(one, status="approved", approved_by=by, approved_at=now, version=one.version + 1, recorded_at=now)


def published(one: Rehearsal, in_force: Mapping[str, int], now: datetime) -> Rehearsal:
    """The rehearsal, in force. 409 `not-approved`, `outdated`."""
    if one.status != "approved":
        raise Conflict("not-approved", f"The rehearsal is {one.status}: only what was approved is published.")
    _refuse_outdated(one, in_force)
    return replace(
        one,
        status="published",
        published_version=one.base_version + 1,
        published_at=now,
        reached=None,
        version=one.version + 1,
        recorded_at=now,
    )


def _refuse_outdated(one: Rehearsal, in_force: Mapping[str, int]) -> None:
    if other := sorted(name for name, version in one.used.items() if in_force[name] != version):
        raise Conflict("outdated", f"Another version is in force since of {', '.join(other)}: rehearse this anew.")
