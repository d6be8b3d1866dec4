"""Trust: what was done about what was said, on both sides, and whether they would buy again. Not satisfaction.

Points, from a base, for each thing that was or was not done; each weighs half after its half-life in days. Trust is
confidence in a partner's reliability (Morgan and Hunt, "The Commitment-Trust Theory of Relationship Marketing", Journal
of Marketing 58, 1994), another thing than satisfaction (Garbarino and Johnson, "The Different Roles of Satisfaction,
Trust, and Commitment in Customer Relationships", Journal of Marketing 63, 1999). That evidence fades is the forgetting
of Jøsang and Ismail, "The Beta Reputation System", 2002. The points are the firm's card.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from uuid import UUID
from zoneinfo import ZoneInfo

from guanxi.events.interactions import BUY_AGAIN
from scoring.facts.rules import FactRow
from scoring.scorecards.rules import Signal, TrustCard, band_of
from scoring.scores.days import Days
from scoring.scores.measure import Measured, Reason, heaviest_first

MILLI = 1000
WILLING, UNWILLING = 7, 3
"""From which grade on (0 to 10) the customer would, and up to which they would not."""
Evidence = Mapping[str, Days]
"""The facts that bear on trust, by the code that they bear under."""


def evidence(facts: Iterable[FactRow], zone: ZoneInfo) -> dict[str, Days]:
    """What bears on trust among facts (as `current` gives them) that have all happened by the day in question."""
    known = list(facts)
    solved = _solved_first_time(known)
    found: dict[str, Days] = {}
    for fact in known:
        code = _code(fact, solved)
        if code is not None:
            found.setdefault(code, Days()).add(fact.occurred_at.astimezone(zone).toordinal(), fact)
    return found


def value_on(found: Evidence, card: TrustCard, day: int) -> int:
    """The value at the end of a day, without its reasons."""
    return _bounded(
        card, card.base + sum(_points(card.signals[code], found[code].days, day) for code in _told(found, card))
    )


def measure(found: Evidence, card: TrustCard, day: int) -> Measured:
    """Value, band, inputs and reasons at the end of a day."""
    facts = {code: _heaviest(card.signals[code], found[code], day) for code in _told(found, card)}
    reasons = [
        Reason(code, _points(card.signals[code], found[code].days, day), fact.aggregate_id, len(found[code].facts))
        for code, fact in facts.items()
    ]
    total = card.base + sum(reason.points for reason in reasons)
    bounded = _bounded(card, total)
    if bounded != total:
        reasons.append(Reason("limit", bounded - total))
    inputs = {code: len(found[code].facts) for code in sorted(found)}
    base = Reason("base", card.base)
    return Measured(bounded, band_of(card.bands, bounded), inputs, (base, *heaviest_first(reasons)), facts)


def weight(signal: Signal, age: int) -> int:
    """Thousandths of points after `age` days: half after each half-life, on a line between. Integers throughout."""
    halvings, rest = divmod(age, signal.half_life_days)
    whole = abs(signal.points) * MILLI
    left = (whole * (2 * signal.half_life_days - rest) // (2 * signal.half_life_days)) >> min(halvings, 64)
    return left if signal.points > 0 else -left


@lru_cache(maxsize=64)  # two versions of every card that has signals: rehearsals bring others
def weights(signal: Signal) -> tuple[int, ...]:
    """The weight by age, as long as there is any."""
    lasting = signal.half_life_days * (abs(signal.points) * MILLI).bit_length()
    return tuple(weight(signal, age) for age in range(lasting))


def _told(found: Evidence, card: TrustCard) -> list[str]:
    return [code for code in sorted(found) if code in card.signals]


def _bounded(card: TrustCard, total: int) -> int:
    return max(card.least, min(card.most, total))


def _points(signal: Signal, days: Sequence[int], day: int) -> int:
    by_age = weights(signal)
    first = bisect_left(days, day - len(by_age) + 1)
    total = sum(by_age[day - one] for one in days[first:])
    if signal.most is not None:
        total = min(total, signal.most * MILLI)
    if signal.least is not None:
        total = max(total, signal.least * MILLI)
    rounded = (abs(total) + MILLI // 2) // MILLI
    return rounded if total > 0 else -rounded


def _heaviest(signal: Signal, found: Days, day: int) -> FactRow:
    def heavy(pair: tuple[int, FactRow]) -> tuple[int, int, int]:
        return abs(weight(signal, day - pair[0])), pair[1].aggregate_id.int, pair[1].sequence

    return max(zip(found.days, found.facts, strict=True), key=heavy)[1]


def _solved_first_time(past: Sequence[FactRow]) -> set[tuple[UUID, int]]:
    # Of a complaint that was closed more than once (a verdict may follow the closing) the first that says so.
    reopened = {fact.aggregate_id for fact in past if fact.kind == "complaint.reopened"}
    closed = [fact for fact in past if fact.kind == "complaint.closed" and fact.traits.solved]
    first = {fact.aggregate_id: fact.sequence for fact in reversed(closed) if fact.aggregate_id not in reopened}
    return set(first.items())


def _code(fact: FactRow, solved: set[tuple[UUID, int]]) -> str | None:  # noqa: PLR0911 - a table of kinds
    match fact.kind:
        case "promise.kept":
            return "promise-kept-late" if fact.traits.in_time is False else "promise-kept"
        case "promise.broken":
            return "promise-broken"
        case "complaint.reopened":
            return "complaint-reopened"
        case "complaint.closed" if (fact.aggregate_id, fact.sequence) in solved:
            return "solved-first-time"
        case "deadline.missed":
            return "deadline-missed"
        case "payment.overdue":
            return "payment-overdue"
        case "payment" if fact.traits.days_late is not None:
            return "paid-late" if fact.traits.days_late > 0 else "paid-in-time"
        case "opinion" | "interview":
            return _willing(fact)
    return None


def _willing(fact: FactRow) -> str | None:
    """Whether the customer would buy again, where they were asked and did not stay in the middle."""
    grades = [one.obtained for one in fact.traits.grades or () if one.code == BUY_AGAIN]
    if not grades:
        return None
    if min(grades) >= WILLING:
        return "would-buy-again"
    return "would-not-buy-again" if max(grades) <= UNWILLING else None
