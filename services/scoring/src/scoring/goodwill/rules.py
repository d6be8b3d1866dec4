"""The return on goodwill: pure, from facts, by the profit of existing value.

What came back within the window, over what it cost, in hundredths; all money in minor units of the card's currency. It
is the return on quality of Rust, Zahorik and Keiningham, "Return on Quality (ROQ)", Journal of Marketing 59, 1995,
reckoned on one customer and those whom it referred; that the same days before it are shown beside it is so that nobody
takes what would have come anyway for a return.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from scoring.facts.rules import FactRow
from scoring.scorecards.rules import ValueCard
from scoring.scores.influence import Brought
from scoring.scores.value import Ledger, ledger

GOODWILL = "goodwill"
HUNDREDTHS = 100
Span = tuple[int, int]
"""After one day, up to another (proleptic ordinals)."""


@dataclass(frozen=True, slots=True)
class Given:
    """One goodwill; its cost in minor units of the firm's currency, None where a rate is missing."""

    id: UUID
    kind: str | None
    status: str | None
    """`approved`: the cost is estimated; `spent`: it is what it was."""
    complaint_id: UUID | None
    given_on: date
    cost_minor: int | None
    counts_until: date
    """Orders up to this day count as its return."""


@dataclass(frozen=True, slots=True)
class Returned:
    """What came back, in minor units of the firm's currency; sums are None where a rate is missing."""

    given: tuple[Given, ...]
    cost_minor: int | None
    own_minor: int | None
    """Profit of the customer's own orders after it; a day in the windows of two counts once."""
    own_before_minor: int | None
    """The same of as many days before the first."""
    referred_minor: int | None
    """Profit of customers whom it referred after it."""
    referrals: int
    over: bool
    """Whether all windows are over: until then more may come."""

    @property
    def ratio_hundredths(self) -> int | None:
        """What came back for each unit of cost, in hundredths; None without a cost or a rate."""
        if not self.cost_minor or self.own_minor is None or self.referred_minor is None:
            return None
        return (self.own_minor + self.referred_minor) * HUNDREDTHS // self.cost_minor


def returned(  # noqa: PLR0913 - what a return is reckoned from
    facts: Sequence[FactRow], brought: Iterable[Brought], card: ValueCard, zone: ZoneInfo, day: int, window_days: int
) -> Returned:
    """Reckon what came back up to a day, from facts as `current` gives them; `brought` are those referred directly."""
    given = tuple(_given(one, card, zone, window_days) for one in facts if one.kind == GOODWILL)
    spans = united([(one.given_on.toordinal(), min(one.counts_until.toordinal(), day)) for one in given])
    book = ledger([one for one in facts if one.kind != GOODWILL], card, zone)
    costs = [one.cost_minor for one in given]
    referred = [
        # From the day of the goodwill on: who sends somebody the same day does so after it, as far as days can tell.
        (one, [(max(start, one.day) - 1, end) for start, end in spans if start <= one.day <= end])
        for one in brought
    ]
    counting = [(one, within) for one, within in referred if within]
    length = sum(end - start for start, end in spans)
    first = spans[0][0] if spans else day
    return Returned(
        given=given,
        cost_minor=None if None in costs else sum(one or 0 for one in costs),
        own_minor=_profit(book, spans),
        own_before_minor=_profit(book, [(first - length, first)]),
        referred_minor=_sum(_profit(one.book, within) for one, within in counting),
        referrals=len(counting),
        over=all(one.counts_until.toordinal() <= day for one in given),
    )


def united(spans: Iterable[Span]) -> list[Span]:
    """Spans that overlap or touch as one, so that no day counts twice; without those that end before they begin."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        elif start <= end:
            found.append((start, end))
    return found


def _given(fact: FactRow, card: ValueCard, zone: ZoneInfo, window_days: int) -> Given:
    on = fact.occurred_at.astimezone(zone).date()
    return Given(
        id=fact.aggregate_id,
        kind=fact.traits.code,
        status=fact.traits.status,
        complaint_id=fact.traits.complaint_id,
        given_on=on,
        cost_minor=card.rates.convert(fact.amount_minor or 0, fact.currency or card.rates.currency, on),
        counts_until=date.fromordinal(on.toordinal() + window_days),
    )


def _profit(book: Ledger, spans: Iterable[Span]) -> int | None:
    return _sum(None if book.unrated.count(*span) else book.profit(*span) for span in spans)


def _sum(parts: Iterable[int | None]) -> int | None:
    total = 0
    for part in parts:
        if part is None:
            return None
        total += part
    return total
