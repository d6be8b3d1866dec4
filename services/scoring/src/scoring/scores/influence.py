"""Influence: what a customer is worth by those whom it brought, over the graph of referrals between customers.

Points for the profit (minor units) that those whom it referred have brought since, less at each step away, and each
counted for who referred it first: the referral value of Kumar, Petersen and Leone, "How Valuable Is Word of Mouth?",
Harvard Business Review, October 2007. Depth and shares are the firm's card.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from scoring.facts.rules import FactRow, current
from scoring.scorecards.referring import REFERRAL, InfluenceCard
from scoring.scorecards.rules import UNRATED, band_of
from scoring.scores.measure import Measured, Reason, heaviest_first
from scoring.scores.value import BASIS, Ledger, ledger, on_curve


@dataclass(frozen=True, slots=True)
class Network:
    """Whom customers brought, as far down as anybody asks, and all that bears on it."""

    canonical: Mapping[UUID, UUID] = field(default_factory=dict)
    """Record -> the customer that it counts as, of everybody in it."""
    referrals: Sequence[FactRow] = ()
    """All that name one of these customers as referred, whoever referred."""
    facts: Sequence[FactRow] = ()
    """What happened to those who were referred."""


NOBODY = Network()


@dataclass(frozen=True, slots=True)
class Brought:
    """A customer who was brought: at which depth, since which day, by which referral, with its ledger."""

    customer_id: UUID
    depth: int
    day: int
    referral: FactRow
    book: Ledger


@dataclass(frozen=True, slots=True)
class Links:
    """A network up to a day, sorted out once for everybody who asks."""

    canonical: Mapping[UUID, UUID] = field(default_factory=dict)
    first: Mapping[UUID, tuple[int, FactRow]] = field(default_factory=dict)
    """Who was referred -> the day and the referral by which it was first."""
    below: Mapping[UUID, Sequence[UUID]] = field(default_factory=dict)
    facts: Mapping[UUID, Sequence[FactRow]] = field(default_factory=dict)


def links(around: Network, zone: ZoneInfo, until: int) -> Links:
    """Sort out a network (as `counting` gives it) up to a day."""
    if not around.referrals:
        return Links()
    named, first = around.canonical, _first(around, zone, until)
    below: dict[UUID, list[UUID]] = {}
    for referred, (_, referral) in first.items():
        if referral.customer_id is not None:
            below.setdefault(named.get(referral.customer_id, referral.customer_id), []).append(referred)
    return Links(named, first, below, _by_customer(around.facts, named, first))


def reached(members: Iterable[UUID], found: Links, card: InfluenceCard) -> list[tuple[UUID, int]]:
    """Everybody whom these records brought, with the depth: the nearest and the earliest first, as many as count."""
    level = sorted({found.canonical.get(one, one) for one in members})
    seen, out = set(level), list[tuple[UUID, int]]()
    for depth in range(len(card.share_bp)):
        new = {each for one in level for each in found.below.get(one, ())} - seen
        level = sorted(new, key=lambda one: (found.first[one][0], one))[: card.most_customers - len(out)]
        seen.update(level)
        out += [(one, depth) for one in level]
    return out


def brought(members: Iterable[UUID], found: Links, card: InfluenceCard, zone: ZoneInfo) -> list[Brought]:
    """The same with what each brings; each once, and nobody itself."""
    return [
        Brought(
            one,
            depth,
            *found.first[one],
            ledger([each for each in found.facts.get(one, ()) if _pays(each, card)], card.worth, zone),
        )
        for one, depth in reached(members, found, card)
    ]


def measure(found: Sequence[Brought], card: InfluenceCard, day: int) -> Measured:
    """Value, band, inputs and reasons at the end of a day."""
    if not found:
        return Measured(None, UNRATED, {}, (Reason(card.nothing, 0),), {})
    counted = {"referred": len(found)}
    if len(found) == card.most_customers:
        counted["most_customers"] = card.most_customers
    spans = [(one, max(day - card.window_days, one.day - 1)) for one in found]
    missing = next((one.book.unrated.last(day) for one, after in spans if one.book.unrated.count(after, day)), None)
    if missing is not None:
        return Measured(None, UNRATED, counted, (Reason("no-rate", 0, missing.aggregate_id, 1),), {})
    worth = [(one, max(0, one.book.profit(after, day)) * card.share_bp[one.depth] // BASIS) for one, after in spans]
    reasons, facts, total = [], {}, 0
    for depth in sorted({one.depth for one in found}):
        here = [(one, much) for one, much in worth if one.depth == depth]
        before, total = total, total + sum(much for _, much in here)
        heaviest = max(here, key=lambda pair: (pair[1], pair[0].customer_id))[0].referral
        code = "referred" if depth == 0 else f"referred-{depth + 1}"
        points = on_curve(card.points, total) - on_curve(card.points, before)
        reasons.append(Reason(code, points, heaviest.aggregate_id, len(here)))
        facts[code] = heaviest
    value = on_curve(card.points, total)
    inputs = {"influence_minor": total, **counted}
    return Measured(value, band_of(card.bands, value), inputs, heaviest_first(reasons), facts)


def parts_of(around: Network, families: Mapping[UUID, Sequence[UUID]], depth: int) -> dict[UUID, Network]:
    """For each family the part of a network that lies below it, so deep: what others brought is none of theirs."""
    if not around.referrals:
        return dict.fromkeys(families, NOBODY)
    named = around.canonical
    versions: dict[UUID, list[FactRow]] = {}
    naming: dict[UUID, set[UUID]] = {}
    below: dict[UUID, set[UUID]] = {}
    for one in around.referrals:
        versions.setdefault(one.aggregate_id, []).append(one)
        if one.traits.referred_id is not None:
            who = named.get(one.traits.referred_id, one.traits.referred_id)
            naming.setdefault(who, set()).add(one.aggregate_id)
            if one.customer_id is not None:
                below.setdefault(named.get(one.customer_id, one.customer_id), set()).add(who)
    facts = _by_customer(around.facts, named, naming)
    parts = {}
    for family, members in families.items():
        under = _under({named.get(one, one) for one in members}, below, depth)
        # Every version of a referral, and every rival's: who was referred twice counts for the first.
        referrals = [row for each in {each for one in under for each in naming[one]} for row in versions[each]]
        rows = [fact for one in under for fact in facts.get(one, ())]
        parts[family] = Network(named, referrals, rows) if under else NOBODY
    return parts


def _under(own: set[UUID], below: Mapping[UUID, set[UUID]], depth: int) -> set[UUID]:
    level, seen = own, set(own)
    for _ in range(depth):
        level = {each for one in level for each in below.get(one, ())} - seen
        seen |= level
    return seen - own


def _by_customer(
    facts: Iterable[FactRow], named: Mapping[UUID, UUID], wanted: Container[UUID]
) -> dict[UUID, list[FactRow]]:
    found: dict[UUID, list[FactRow]] = {}
    for fact in facts:
        if fact.customer_id is not None and (who := named.get(fact.customer_id, fact.customer_id)) in wanted:
            found.setdefault(who, []).append(fact)
    return found


def _first(around: Network, zone: ZoneInfo, until: int) -> dict[UUID, tuple[int, FactRow]]:
    """Who was referred -> the day and the referral by which it was first; by itself does not count."""
    named, found = around.canonical, dict[UUID, tuple[int, FactRow]]()
    for fact in around.referrals:
        day, who = fact.occurred_at.astimezone(zone).toordinal(), fact.traits.referred_id
        if fact.kind != REFERRAL or who is None or fact.customer_id is None or day > until:
            continue
        referred = named.get(who, who)
        if referred != named.get(fact.customer_id, fact.customer_id):
            # In the order of `current`: the earliest comes first, and stays.
            found.setdefault(referred, (day, fact))
    return found


def _pays(fact: FactRow, card: InfluenceCard) -> bool:
    return fact.kind in card.fact_kinds and fact.kind != REFERRAL


def counting(around: Network, known_at: datetime | None) -> Network:
    """The same as far as it was known at a moment, and as far as it counts."""
    return Network(around.canonical, current(around.referrals, known_at), current(around.facts, known_at))
