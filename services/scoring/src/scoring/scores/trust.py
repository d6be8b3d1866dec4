"""Trust: what was done about what was said, on both sides, fading with age. Not satisfaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from scoring.facts.rules import FactRow
from scoring.scorecards.rules import Signal, TrustCard, band_of
from scoring.scores.measure import Measured, Reason, heaviest_first

MILLI = 1000


@dataclass(frozen=True, slots=True)
class Evidence:
    """One fact that bears on trust: under which code, and how many days ago."""

    code: str
    fact: FactRow
    age: int


def measure(facts: Sequence[FactRow], card: TrustCard, on: date, zone: ZoneInfo) -> Measured:
    """Value, band, inputs and reasons at the end of a day."""
    by_code: dict[str, list[Evidence]] = defaultdict(list)
    for one in evidence(facts, on, zone):
        by_code[one.code].append(one)
    reasons = [_reason(card.signals[code], by_code[code]) for code in sorted(by_code) if code in card.signals]
    total = card.base + sum(reason.points for reason in reasons)
    bounded = max(card.least, min(card.most, total))
    if bounded != total:
        reasons.append(Reason("limit", bounded - total))
    inputs = {code: len(found) for code, found in sorted(by_code.items())}
    base = Reason("base", card.base)
    return Measured(bounded, band_of(card.bands, bounded), inputs, (base, *heaviest_first(reasons)))


def evidence(facts: Iterable[FactRow], on: date, zone: ZoneInfo) -> list[Evidence]:
    """What bears on trust among the facts up to the end of a day."""
    dated = [(fact, fact.occurred_at.astimezone(zone).date()) for fact in facts]
    past = [(fact, (on - day).days) for fact, day in dated if day <= on]
    solved = _solved_first_time([fact for fact, _ in past])
    found = [(fact, age, _code(fact, solved)) for fact, age in past]
    return [Evidence(code, fact, age) for fact, age, code in found if code is not None]


def weight(signal: Signal, age: int) -> int:
    """Thousandths of points after `age` days: half after each half-life, on a line between. Integers throughout."""
    halvings, rest = divmod(age, signal.half_life_days)
    whole = abs(signal.points) * MILLI
    left = (whole * (2 * signal.half_life_days - rest) // (2 * signal.half_life_days)) >> min(halvings, 64)
    return left if signal.points > 0 else -left


def _reason(signal: Signal, found: Sequence[Evidence]) -> Reason:
    weights = [weight(signal, one.age) for one in found]
    total = sum(weights)
    if signal.most is not None:
        total = min(total, signal.most * MILLI)
    if signal.least is not None:
        total = max(total, signal.least * MILLI)
    heaviest = max(zip(weights, found, strict=True), key=lambda pair: (abs(pair[0]), pair[1].fact.aggregate_id.int))[1]
    rounded = (abs(total) + MILLI // 2) // MILLI
    return Reason(heaviest.code, rounded if total > 0 else -rounded, heaviest.fact.aggregate_id, len(found))


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
    return None
