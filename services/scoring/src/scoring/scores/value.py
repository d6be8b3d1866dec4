"""Existing value: what the relationship has brought in the last year, and how regularly.

A ledger of one customer keeps its days sorted and its profit summed up, so that the value of any day costs a few
look-ups: the fold of tiers over years of days rests on that.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import accumulate
from uuid import UUID
from zoneinfo import ZoneInfo

from scoring.facts.rules import FactRow
from scoring.scorecards.rules import UNRATED, ValueCard, band_of
from scoring.scores.measure import Measured, Reason, heaviest_first

BASIS = 10_000


@dataclass(slots=True)
class Days:
    """Facts of one sort with their days (proleptic ordinals), both ascending."""

    days: list[int] = field(default_factory=list)
    facts: list[FactRow] = field(default_factory=list)

    def add(self, day: int, fact: FactRow) -> None:
        """One more; facts come in the order of their time."""
        self.days.append(day)
        self.facts.append(fact)

    def count(self, after: int, until: int) -> int:
        """How many lie after one day, up to another."""
        return bisect_right(self.days, until) - bisect_right(self.days, after)

    def last(self, until: int) -> FactRow | None:
        """The newest up to a day."""
        place = bisect_right(self.days, until)
        return self.facts[place - 1] if place else None


@dataclass(frozen=True, slots=True)
class Ledger:
    """One customer's year, any year."""

    orders: Days
    money: Days
    amounts: Sequence[int]
    """Profit of each of `money`, in minor units of the card's currency."""
    sums: Sequence[int]
    """`sums[n]` is the profit of the first n."""
    unrated: Days
    in_time: Days
    late: Days
    overdue: Days

    def profit(self, after: int, until: int) -> int:
        """Profit after one day, up to another."""
        return self.sums[bisect_right(self.money.days, until)] - self.sums[bisect_right(self.money.days, after)]


@dataclass(frozen=True, slots=True)
class Measures:
    """What is counted on one day; `profit_minor` is None where a rate is missing."""

    profit_minor: int | None
    days_since_order: int | None
    orders: int
    quarters: int
    in_time: int
    late: int
    overdue: int


def ledger(facts: Sequence[FactRow], card: ValueCard, zone: ZoneInfo) -> Ledger:
    """Sort a customer's facts (as `current` gives them) by what they mean to this card."""
    book = Ledger(Days(), Days(), amounts := [], [], Days(), Days(), Days(), Days())
    for fact in facts:
        on = fact.occurred_at.astimezone(zone).date()
        day = on.toordinal()
        if fact.kind == "order":
            book.orders.add(day, fact)
        if fact.kind in ("payment", "payment.overdue"):
            _enter_payment(book, day, fact)
        elif (earned := earnings(fact, card)) is not None:
            converted = card.rates.convert(earned, fact.currency or card.rates.currency, on)
            if converted is None:
                book.unrated.add(day, fact)
            else:
                book.money.add(day, fact)
                amounts.append(converted)
    sums = [0, *accumulate(amounts)]
    return Ledger(book.orders, book.money, amounts, sums, book.unrated, book.in_time, book.late, book.overdue)


def earnings(fact: FactRow, card: ValueCard) -> int | None:
    """What a fact adds to profit, in minor units of its own currency; None when it is not about money."""
    if fact.kind == "order":
        rest = fact.traits.unmargined_minor or 0
        return (fact.traits.margin_minor or 0) + rest * card.default_margin_bp // BASIS
    if fact.kind == "return":
        return -((fact.amount_minor or 0) * card.default_margin_bp // BASIS)
    return -(fact.amount_minor or 0) if fact.kind in card.costs else None


def measures(book: Ledger, card: ValueCard, day: int) -> Measures:
    """What counts at the end of a day."""
    after = day - card.window_days
    last = bisect_right(book.orders.days, day)
    quarters = range(len(card.continuity) - 1)
    size = card.continuity_days
    return Measures(
        profit_minor=None if book.unrated.count(after, day) else book.profit(after, day),
        days_since_order=day - book.orders.days[last - 1] if last else None,
        orders=book.orders.count(after, day),
        quarters=sum(book.orders.count(day - size * (n + 1), day - size * n) > 0 for n in quarters),
        in_time=book.in_time.count(after, day),
        late=book.late.count(after, day),
        overdue=book.overdue.count(after, day),
    )


def points(found: Measures, card: ValueCard) -> dict[str, int]:
    """Points by code, for a customer whose profit is known."""
    profit = found.profit_minor or 0
    given = {
        "profit": _on_curve(card.profit, profit),
        "recency": _at_most(card.recency, found.days_since_order),
        "frequency": _at_least(card.frequency, found.orders),
        "continuity": card.continuity[found.quarters],
        "payment": _payment(found, card),
    }
    if profit >= 0:
        return given
    return {code: min(n, 0) if code in card.earned_only_with_profit else n for code, n in given.items()}


def value_on(book: Ledger, card: ValueCard, day: int) -> int | None:
    """The value at the end of a day, without its reasons; None when unrated."""
    found = measures(book, card, day)
    return None if found.profit_minor is None else sum(points(found, card).values())


def change_days(book: Ledger, card: ValueCard, until: int) -> list[int]:
    """Every day up to `until` on which the value may differ from the day before.

    Each fact comes, and each leaves the window; an order also ages over the steps of recency and through the quarters.
    Between two of these days nothing changes: a fold over them equals the fold over all days.
    """
    quarters = range(1, len(card.continuity))
    ages = {
        0,
        card.window_days,
        *(limit + 1 for limit, _ in card.recency),
        *(card.continuity_days * n for n in quarters),
    }
    found = {day + age for day in book.orders.days for age in ages}
    others = (book.money, book.unrated, book.in_time, book.late, book.overdue)
    found.update(day + age for some in others for day in some.days for age in (0, card.window_days))
    return sorted(day for day in found if day <= until)


def history(book: Ledger, card: ValueCard, until: date) -> list[tuple[int, int | None]]:
    """(day, value) on every day that may have changed it."""
    return [(day, value_on(book, card, day)) for day in change_days(book, card, until.toordinal())]


def measure(book: Ledger, card: ValueCard, on: date) -> Measured:
    """Value, band, inputs and reasons at the end of a day."""
    day = on.toordinal()
    found = measures(book, card, day)
    inputs = {name: number for name in Measures.__slots__ if (number := getattr(found, name)) is not None}
    if found.profit_minor is None:
        missing = book.unrated.last(day)
        reason = Reason("no-rate", 0, missing.aggregate_id if missing else None, 1)
        return Measured(None, UNRATED, inputs, (reason,))
    given = points(found, card)
    total = sum(given.values())
    reasons = [Reason(code, n, *_behind(book, card, code, day, found)) for code, n in given.items()]
    return Measured(total, band_of(card.bands, total), inputs, heaviest_first(reasons))


def _enter_payment(book: Ledger, day: int, fact: FactRow) -> None:
    if fact.kind == "payment.overdue":
        book.overdue.add(day, fact)
    elif fact.traits.days_late is not None:
        (book.late if fact.traits.days_late > 0 else book.in_time).add(day, fact)


def _behind(book: Ledger, card: ValueCard, code: str, day: int, found: Measures) -> tuple[UUID | None, int]:
    after = day - card.window_days
    if code == "profit":
        low, high = bisect_right(book.money.days, after), bisect_right(book.money.days, day)
        sign = 1 if (found.profit_minor or 0) >= 0 else -1
        heaviest = max(range(low, high), key=lambda n: sign * book.amounts[n], default=None)
        return (None if heaviest is None else book.money.facts[heaviest].aggregate_id, high - low)
    if code == "payment":
        some = next((days for days in (book.overdue, book.late, book.in_time) if days.count(after, day)), Days())
        last = some.last(day)
        return (last.aggregate_id if last else None, some.count(after, day))
    last = book.orders.last(day)
    return (last.aggregate_id if last else None, found.orders)


def _payment(found: Measures, card: ValueCard) -> int:
    rule = card.payment
    if not (found.orders or found.in_time or found.late or found.overdue):
        return 0
    total = rule.base + found.in_time * rule.in_time + found.late * rule.late + found.overdue * rule.overdue
    return max(rule.least, min(rule.most, total))


def _on_curve(curve: Sequence[tuple[int, int]], at: int) -> int:
    place = bisect_left(curve, at, key=lambda point: point[0])
    if place == 0:
        return curve[0][1]
    if place == len(curve):
        return curve[-1][1]
    (x0, y0), (x1, y1) = curve[place - 1], curve[place]
    # Floor: a loss of one fen is below zero already.
    return y0 + (at - x0) * (y1 - y0) // (x1 - x0)


def _at_most(steps: Sequence[tuple[int, int]], number: int | None) -> int:
    return 0 if number is None else next((n for limit, n in steps if number <= limit), 0)


def _at_least(steps: Sequence[tuple[int, int]], number: int) -> int:
    return next((n for limit, n in steps if number >= limit), 0)
