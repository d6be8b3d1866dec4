"""Influence: what a customer is worth by those whom it brought, over the graph of referrals between customers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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


def brought(members: Iterable[UUID], around: Network, card: InfluenceCard, zone: ZoneInfo, until: int) -> list[Brought]:
    """Everybody whom these records brought up to a day, the nearest first; each once, and nobody itself."""
    named = around.canonical
    first = _first(around, zone, until)
    below: dict[UUID, list[UUID]] = {}
    for referred, (_, referral) in first.items():
        if referral.customer_id is not None:
            below.setdefault(named.get(referral.customer_id, referral.customer_id), []).append(referred)
    seen = {named.get(one, one) for one in members}
    level: list[UUID] = sorted(seen)
    found: list[tuple[UUID, int]] = []
    for depth in range(len(card.share_bp)):
        level = sorted({each for one in level for each in below.get(one, ())} - seen)
        seen.update(level)
        found += [(one, depth) for one in level]
    facts: dict[UUID, list[FactRow]] = {one: [] for one, _ in found}
    for fact in around.facts:
        who = named.get(fact.customer_id, fact.customer_id) if fact.customer_id else None
        if who in facts:
            facts[who].append(fact)
    return [
        Brought(one, depth, *first[one], ledger([each for each in facts[one] if _pays(each, card)], card.worth, zone))
        for one, depth in found
    ]


def measure(found: Sequence[Brought], card: InfluenceCard, day: int) -> Measured:
    """Value, band, inputs and reasons at the end of a day."""
    if not found:
        return Measured(None, UNRATED, {}, (Reason(card.nothing, 0),), {})
    spans = [(one, max(day - card.window_days, one.day - 1)) for one in found]
    missing = next((one.book.unrated.last(day) for one, after in spans if one.book.unrated.count(after, day)), None)
    if missing is not None:
        return Measured(None, UNRATED, {"referred": len(found)}, (Reason("no-rate", 0, missing.aggregate_id, 1),), {})
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
    inputs = {"influence_minor": total, "referred": len(found)}
    return Measured(value, band_of(card.bands, value), inputs, heaviest_first(reasons), facts)


def part_of(around: Network, members: Sequence[UUID], depth: int) -> Network:
    """The part of a network that lies below these records, so deep: what others brought is none of theirs."""
    named = around.canonical
    if not around.referrals:
        return NOBODY
    level = {named.get(one, one) for one in members}
    below = set(level)
    for _ in range(depth):
        level = {
            named.get(one.traits.referred_id, one.traits.referred_id)
            for one in around.referrals
            if one.traits.referred_id and one.customer_id and named.get(one.customer_id, one.customer_id) in level
        } - below
        below |= level
    own = {named.get(one, one) for one in members}
    if below == own:
        return NOBODY
    facts = [
        one for one in around.facts if one.customer_id and named.get(one.customer_id, one.customer_id) in below - own
    ]
    return Network(named, around.referrals, facts)


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
