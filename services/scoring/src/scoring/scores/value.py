"""Existing value: what the relationship has brought in the last year, and how regularly.

Points for profit (minor units of the card's currency, on a curve), recency (days), frequency (orders), continuity
(quarters with an order) and payment; their sum may be negative. Recency, frequency and monetary value are those of
direct marketing (Bult and Wansbeek, "Optimal Selection for Direct Mail", Marketing Science 14, 1995); that profit
stands in place of revenue, and how many points each is worth, is the firm's card.

A ledger of one customer keeps its days sorted and its profit summed up, so that the value of any day costs a few
look-ups: the fold of tiers over years of days rests on that.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID
from zoneinfo import ZoneInfo

from scoring.facts.rules import FactRow
from scoring.scorecards.rules import UNRATED, ValueCard, band_of
from scoring.scores.days import Days, Reach, told_until
from scoring.scores.measure import Measured, Reason, heaviest_first

BASIS = 10_000


@dataclass(frozen=True, slots=True)
class Ledger:
    """One customer's year, any year."""

    orders: Days = field(default_factory=Days)
    money: Days = field(default_factory=Days)
    amounts: list[int] = field(default_factory=list)
    """Profit of each of `money`, in minor units of the card's currency."""
    sums: list[int] = field(default_factory=lambda: [0])
    """`sums[n]` is the profit of the first n."""
    unrated: Days = field(default_factory=Days)
    in_time: Days = field(default_factory=Days)
    late: Days = field(default_factory=Days)
    overdue: Days = field(default_factory=Days)
    by_source: dict[str, list[int]] = field(default_factory=dict)
    """Days of the orders that each outside source told of."""
    placed: dict[UUID, FactRow] = field(default_factory=dict)
    """Orders by their id."""

    def profit(self, after: int, until: int) -> int:
        """Profit after one day, up to another."""
        return self.sums[bisect_right(self.money.days, until)] - self.sums[bisect_right(self.money.days, after)]

    def copy(self) -> Ledger:
        """The same, to be added to."""
        return Ledger(
            orders=self.orders.copy(),
            money=self.money.copy(),
            amounts=list(self.amounts),
            sums=list(self.sums),
            unrated=self.unrated.copy(),
            in_time=self.in_time.copy(),
            late=self.late.copy(),
            overdue=self.overdue.copy(),
            by_source={source: list(days) for source, days in self.by_source.items()},
            placed=dict(self.placed),
        )


@dataclass(frozen=True, slots=True)
class Measures:
    """What is counted on one day; `profit_minor` is None where a rate is missing."""

    profit_minor: int | None
    days_since_order: int | None
    """Up to the day until which we know of silence."""
    orders: int
    quarters: int
    in_time: int
    late: int
    overdue: int
    untold_days: int
    """The days since then: whoever supplies the customer has not told us of them yet."""


def ledger(facts: Iterable[FactRow], card: ValueCard, zone: ZoneInfo) -> Ledger:
    """Sort a customer's facts (as `current` gives them) by what they mean to this card."""
    book = Ledger()
    for fact in facts:
        enter(book, fact, card, zone)
    return book


def enter(book: Ledger, fact: FactRow, card: ValueCard, zone: ZoneInfo) -> None:
    """Add one fact, not older than those before it."""
    on = fact.occurred_at.astimezone(zone).date()
    day = on.toordinal()
    if fact.kind in ("payment", "payment.overdue"):
        _enter_payment(book, day, fact)
        return
    if fact.kind == "order":
        book.orders.add(day, fact)
        book.placed[fact.aggregate_id] = fact
        if fact.traits.source is not None:
            book.by_source.setdefault(fact.traits.source, []).append(day)
    earned = earnings(fact, card, book.placed)
    if earned is None:
        return
    converted = card.rates.convert(earned, fact.currency or card.rates.currency, on)
    if converted is None:
        book.unrated.add(day, fact)
        return
    book.money.add(day, fact)
    book.amounts.append(converted)
    book.sums.append(book.sums[-1] + converted)


def earnings(fact: FactRow, card: ValueCard, placed: Mapping[UUID, FactRow]) -> int | None:
    """What a fact adds to profit, in minor units of its own currency; None when it is not about money.

    Goods that come back take with them what was earned on them: the average margin of their order, the firm's default
    where the order is not known (or of no goods).
    """
    if fact.kind == "order":
        rest = fact.traits.unmargined_minor or 0
        return (fact.traits.margin_minor or 0) + rest * card.default_margin_bp // BASIS
    if fact.kind == "return":
        order = placed.get(fact.traits.order_id) if fact.traits.order_id else None
        goods = (order.amount_minor or 0) if order else 0
        earned = earnings(order, card, placed) if order and goods > 0 else None
        back = fact.amount_minor or 0
        return -(back * card.default_margin_bp // BASIS if earned is None else back * earned // goods)
    return -(fact.amount_minor or 0) if fact.kind in card.costs else None


def measures(book: Ledger, card: ValueCard, day: int, reach: Reach) -> Measures:
    """What counts at the end of a day."""
    after = day - card.window_days
    until = told_until(book.orders.days, book.by_source, card.window_days, day, reach)
    last = bisect_right(book.orders.days, day)
    quarters = range(len(card.continuity) - 1)
    size = card.continuity_days
    return Measures(
        profit_minor=None if book.unrated.count(after, day) else book.profit(after, day),
        days_since_order=until - book.orders.days[last - 1] if last else None,
        orders=book.orders.count(until - card.window_days, until),
        quarters=sum(book.orders.count(until - size * (n + 1), until - size * n) > 0 for n in quarters),
        in_time=book.in_time.count(after, day),
        late=book.late.count(after, day),
        overdue=book.overdue.count(after, day),
        untold_days=day - until,
    )


def points(found: Measures, card: ValueCard) -> dict[str, int]:
    """Points by code, for a customer whose profit is known."""
    profit = found.profit_minor or 0
    given = {
        "profit": on_curve(card.profit, profit),
        "recency": _at_most(card.recency, found.days_since_order),
        "frequency": _at_least(card.frequency, found.orders),
        "continuity": card.continuity[found.quarters],
        "payment": _payment(found, card),
    }
    if profit >= 0:
        return given
    return {code: min(n, 0) if code in card.earned_only_with_profit else n for code, n in given.items()}


def value_on(book: Ledger, card: ValueCard, day: int, reach: Reach) -> int | None:
    """The value at the end of a day, without its reasons; None when unrated."""
    found = measures(book, card, day, reach)
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


def history(book: Ledger, card: ValueCard, until: int, reach: Reach) -> list[tuple[int, int | None]]:
    """(day, value) on every day that may have changed it."""
    return [(day, value_on(book, card, day, reach)) for day in change_days(book, card, until)]


def measure(book: Ledger, card: ValueCard, day: int, reach: Reach) -> Measured:
    """Value, band, inputs and reasons at the end of a day."""
    found = measures(book, card, day, reach)
    inputs = {name: number for name in Measures.__slots__ if (number := getattr(found, name)) is not None}
    if found.profit_minor is None:
        missing = book.unrated.last(day)
        reason = Reason("no-rate", 0, missing.aggregate_id if missing else None, 1)
        return Measured(None, UNRATED, inputs, (reason,), {reason.code: missing} if missing else {})
    given = points(found, card)
    total = sum(given.values())
    behind = {code: _behind(book, card, code, day, found) for code in given}
    reasons = [
        Reason(code, given[code], fact.aggregate_id if fact else None, count) for code, (fact, count) in behind.items()
    ]
    facts = {code: fact for code, (fact, _) in behind.items() if fact}
    return Measured(total, band_of(card.bands, total), inputs, heaviest_first(reasons), facts)


def _enter_payment(book: Ledger, day: int, fact: FactRow) -> None:
    if fact.kind == "payment.overdue":
        book.overdue.add(day, fact)
    elif fact.traits.days_late is not None:
        (book.late if fact.traits.days_late > 0 else book.in_time).add(day, fact)


def _behind(book: Ledger, card: ValueCard, code: str, day: int, found: Measures) -> tuple[FactRow | None, int]:
    after = day - card.window_days
    if code == "profit":
        low, high = bisect_right(book.money.days, after), bisect_right(book.money.days, day)
        sign = 1 if (found.profit_minor or 0) >= 0 else -1
        heaviest = max(range(low, high), key=lambda n: sign * book.amounts[n], default=None)
        return (None if heaviest is None else book.money.facts[heaviest], high - low)
    if code == "payment":
        some = next((days for days in (book.overdue, book.late, book.in_time) if days.count(after, day)), Days())
        return (some.last(day), some.count(after, day))
    return (book.orders.last(day), found.orders)


def _payment(found: Measures, card: ValueCard) -> int:
    rule = card.payment
    if not (found.orders or found.in_time or found.late or found.overdue):
        return 0
    total = rule.base + found.in_time * rule.in_time + found.late * rule.late + found.overdue * rule.overdue
    return max(rule.least, min(rule.most, total))


def on_curve(curve: Sequence[tuple[int, int]], at: int) -> int:
    """Points at an amount: on the line between the two points of the curve about it, rounded down."""
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
