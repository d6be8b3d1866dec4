"""Where each customer stands by the rules in force and by a draft of one of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from scoring.facts.rules import FactRow, current
from scoring.scorecards import files
from scoring.scorecards.cards import Cards
from scoring.scorecards.referring import INFLUENCE
from scoring.scorecards.rules import UNRATED, Segment, rank_of
from scoring.scores.basis import ValueBasis, basis
from scoring.scores.computing import tier_on
from scoring.scores.influence import NOBODY, Network, counting
from scoring.scores.rules import Moment
from scoring.segments.rules import belongs

MEMBER, OUTSIDE = "member", "outside"
"""Where a customer stands with a segment."""


@dataclass(frozen=True, slots=True)
class Customer:
    """One customer with what it is reckoned from."""

    id: UUID
    members: Sequence[UUID]
    facts: Sequence[FactRow]
    around: Network = NOBODY
    """Whom it brought; of influence and of what that rests on."""


@dataclass(frozen=True, slots=True)
class Compared:
    """Where a customer stands in one scope, now and by the draft.

    A scope is a kind of score (`satisfaction.price`), a segment, or `treatments`: of what is changed, and of what rests
    on it. The tier is a tier of existing value,
    a band (`unrated` where there is nothing to go by), `member` or `outside` of a segment.
    """

    customer_id: UUID
    scope: str
    tier: str
    tier_after: str
    value: int | None
    value_after: int | None
    profit_minor: int | None
    """Profit of the last year, in minor units of the firm's currency."""
    up: bool = False
    down: bool = False
    leaves_top: bool = False
    loses: tuple[str, ...] = ()
    """Codes of what is recommended for its tier now and would not be any more."""
    gains: tuple[str, ...] = ()

    @property
    def moves(self) -> bool:
        """Whether it would stand elsewhere, or be recommended something else."""
        return self.up or self.down


def compared(kind: str, who: Customer, now: Cards, then: Cards, at: Moment) -> list[Compared]:
    """One customer in each scope of a kind, on a day, as if the draft had held for ever."""
    facts = current(who.facts, at.known_at)
    worth = basis(facts, now.value, at)
    match kind:
        case files.VALUE:
            return list(_existing(who, facts, worth, now, then, at))
        case files.SEGMENTS:
            tier, value = tier_on(worth, at.day).tier, worth.value_on(at.day)
            return list(_memberships(who, (tier, tier), (value, value), _profit(worth, at), now, then))
        case files.TREATMENTS:
            return [_treated(who, worth, now, then, at)]
    return list(_bands(kind, who, facts, _profit(worth, at), now, then, at))


def _existing(  # noqa: PLR0913 - what existing value and all that rests on it are compared by
    who: Customer, facts: Sequence[FactRow], worth: ValueBasis, now: Cards, then: Cards, at: Moment
) -> Iterator[Compared]:
    other, profit = basis(facts, then.value, at), _profit(worth, at)
    tiers = (tier_on(worth, at.day).tier, tier_on(other, at.day).tier)
    values = (worth.value_on(at.day), other.value_on(at.day))
    codes = [[action.code for action in now.treatments[tier]] for tier in tiers]
    ranks = [rank_of(now.value.bands, tier) for tier in tiers]
    yield _placed(who.id, files.VALUE, tiers, values, profit, ranks, codes)
    yield from _memberships(who, tiers, values, profit, now, then)
    if who.around.referrals:
        yield from _bands(INFLUENCE, who, facts, profit, now, then, at)


def _memberships(  # noqa: PLR0913 - what memberships rest on
    who: Customer,
    tiers: tuple[str, str],
    values: tuple[int | None, int | None],
    profit: int | None,
    now: Cards,
    then: Cards,
) -> Iterator[Compared]:
    for before, after in zip(now.segments.segments, then.segments.segments, strict=True):
        # Everybody is a member of a segment without tiers, for good.
        if before.tiers:
            places = (_place(before, tiers[0]), _place(after, tiers[1]))
            ranks = [(MEMBER, OUTSIDE).index(place) for place in places]
            yield _placed(who.id, before.id, places, values, profit, ranks)


def _treated(who: Customer, worth: ValueBasis, now: Cards, then: Cards, at: Moment) -> Compared:
    tier, value = tier_on(worth, at.day).tier, worth.value_on(at.day)
    codes = [[action.code for action in some.treatments[tier]] for some in (now, then)]
    return _placed(who.id, files.TREATMENTS, (tier, tier), (value, value), _profit(worth, at), (0, 0), codes)


def _bands(  # noqa: PLR0913 - what a band rests on
    kind: str, who: Customer, facts: Sequence[FactRow], profit: int | None, now: Cards, then: Cards, at: Moment
) -> Iterator[Compared]:
    around = counting(who.around, at.known_at)
    for before, after in zip(now.of_file(kind), then.of_file(kind), strict=True):
        found = [basis(facts, card, at, who.members, around).measured(at.day) for card in (before, after)]
        ranks = [rank_of(before.bands, one.band) for one in found]
        bands, values = (found[0].band, found[1].band), (found[0].value, found[1].value)
        yield _placed(who.id, before.kind, bands, values, profit, ranks)


def _placed(  # noqa: PLR0913 - what a place is
    customer_id: UUID,
    scope: str,
    tiers: tuple[str, str],
    values: tuple[int | None, int | None],
    profit_minor: int | None,
    ranks: Sequence[int],
    codes: Sequence[Sequence[str]] = ((), ()),
) -> Compared:
    (before, after), (now, then) = ranks, codes
    loses, gains = _without(now, then), _without(then, now)
    # Who stays in its tier is better or worse off only by what it is recommended.
    stays = before == after
    return Compared(
        customer_id=customer_id,
        scope=scope,
        tier=tiers[0],
        tier_after=tiers[1],
        value=values[0],
        value_after=values[1],
        profit_minor=profit_minor,
        up=bool(gains) if stays else after < before,
        down=bool(loses) if stays else after > before,
        leaves_top=before == 0 and after > 0,
        loses=loses,
        gains=gains,
    )


def key_of(one: Compared, kind: str) -> str | None:
    """Under what a customer is counted where it would stand; None when it is nowhere."""
    if one.tier_after == UNRATED:
        return None
    return f"{_prefix(one, kind)}{one.tier_after}"


def way_of(one: Compared, kind: str) -> str:
    """From where to where, as `scope/from>to`; without a scope in what is changed itself."""
    return f"{_prefix(one, kind)}{one.tier}>{one.tier_after}"


def _prefix(one: Compared, kind: str) -> str:
    return "" if one.scope == kind else f"{one.scope}/"


def _place(segment: Segment, tier: str) -> str:
    return MEMBER if belongs(segment, tier) else OUTSIDE


def _profit(worth: ValueBasis, at: Moment) -> int | None:
    return worth.measured(at.day).inputs.get("profit_minor")


def _without(some: Iterable[str], others: Sequence[str]) -> tuple[str, ...]:
    return tuple(code for code in some if code not in others)
