"""What a review has led to: each figure before its first improvement beside the same figure after it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfo

from scoring.facts.rules import FactRow, current
from scoring.scorecards.rules import ValueCard
from scoring.scores.value import ledger

BASIS = 10_000


@dataclass(frozen=True, slots=True)
class Span:
    """What the interviewed customers brought in a span of days; money in minor units of the firm's currency."""

    customers: int
    """Those who ordered in it."""
    orders: int
    revenue_minor: int | None
    """Goods less returned goods; None where a rate is missing."""
    cost_minor: int | None
    """Service and goodwill."""
    profit_minor: int | None


@dataclass(frozen=True, slots=True)
class Effect:
    """The same customers before and after."""

    before: Span
    after: Span
    retained: int
    """Who ordered before and after."""
    retention_bp: int | None
    """Of those who ordered before, in hundredths of a percent; None where nobody did."""


def effect(
    facts: Sequence[FactRow],
    canonical: Mapping[UUID, UUID],
    spans: tuple[tuple[int, int], tuple[int, int]],
    card: ValueCard,
    zone: ZoneInfo,
) -> Effect:
    """Hold two spans (after a day, up to a day, as ordinals) of the same customers against each other."""
    by_customer: dict[UUID, list[FactRow]] = {}
    for fact in current(facts):
        if fact.customer_id is not None:
            by_customer.setdefault(canonical.get(fact.customer_id, fact.customer_id), []).append(fact)
    before, after = (_span(by_customer, span, card, zone) for span in spans)
    came = [_who_ordered(by_customer, span, zone) for span in spans]
    retained = len(came[0] & came[1])
    return Effect(before, after, retained, retained * BASIS // len(came[0]) if came[0] else None)


def _span(
    by_customer: Mapping[UUID, Sequence[FactRow]], span: tuple[int, int], card: ValueCard, zone: ZoneInfo
) -> Span:
    start, end = span
    books = [ledger(facts, card, zone) for facts in by_customer.values()]
    known = not any(book.unrated.count(start, end) for book in books)
    sums = {"order": 0, "cost": 0}
    for facts in by_customer.values():
        for fact in facts:
            day = fact.occurred_at.astimezone(zone).date()
            minor = card.rates.convert(fact.amount_minor or 0, fact.currency or card.rates.currency, day) or 0
            if start < day.toordinal() <= end:
                sums["order"] += {"order": minor, "return": -minor}.get(fact.kind, 0)
                sums["cost"] += minor if fact.kind in card.costs else 0
    return Span(
        customers=len(_who_ordered(by_customer, span, zone)),
        orders=sum(book.orders.count(start, end) for book in books),
        revenue_minor=sums["order"] if known else None,
        cost_minor=sums["cost"] if known else None,
        profit_minor=sum(book.profit(start, end) for book in books) if known else None,
    )


def _who_ordered(by_customer: Mapping[UUID, Sequence[FactRow]], span: tuple[int, int], zone: ZoneInfo) -> set[UUID]:
    start, end = span
    return {
        who
        for who, facts in by_customer.items()
        if any(one.kind == "order" and start < one.occurred_at.astimezone(zone).toordinal() <= end for one in facts)
    }
