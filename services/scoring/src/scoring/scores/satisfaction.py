"""Satisfaction: what a customer got against what they expected, as they said it themselves. Never from complaints.

Points about a base: the mean difference between grades obtained and expected (0 to 10), weighed by age and by how much
the facet matters to the customer. Expectation and its disconfirmation: Oliver, "A Cognitive Model of the Antecedents
and Consequences of Satisfaction Decisions", Journal of Marketing Research 17, 1980; by facet: Parasuraman, Zeithaml
and Berry, "SERVQUAL", Journal of Retailing 64, 1988.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from zoneinfo import ZoneInfo

from guanxi.events.interactions import BUY_AGAIN
from scoring.facts.rules import FactRow
from scoring.scorecards.opinions import SatisfactionCard
from scoring.scorecards.rules import UNRATED, band_of
from scoring.scores.measure import Measured, Reason, heaviest_first
from scoring.scores.trust import weight

REPORTED = "reported"
TENTHS = 10


@dataclass(frozen=True, slots=True)
class Answer:
    """One grade that can be compared with an expectation."""

    day: int
    source: str
    facet: str | None
    expected: int
    obtained: int
    fact: FactRow


@dataclass(frozen=True, slots=True)
class Opinions:
    """A customer's answers, and how much each facet matters to it: (day, facet, grade), oldest first."""

    answers: Sequence[Answer]
    importance: Sequence[tuple[int, str | None, int]]

    def matters(self, day: int) -> dict[str | None, int]:
        """What the newest interview up to a day says of each facet; of several indicators of it the highest."""
        newest: dict[str | None, tuple[int, int]] = {}
        for on, facet, grade in self.importance:
            if on <= day:
                newest[facet] = max((on, grade), newest.get(facet, (on, grade)))
        return {facet: grade for facet, (_, grade) in newest.items()}


def opinions(
    facts: Iterable[FactRow], card: SatisfactionCard, zone: ZoneInfo, facets: Mapping[str, str] = MappingProxyType({})
) -> Opinions:
    """What was said, among facts as `current` gives them; `facets` are those of the quality indicators in force."""
    answers: list[Answer] = []
    importance: list[tuple[int, str | None, int]] = []
    for fact in facts:
        if fact.kind not in card.fact_kinds:
            continue
        day = fact.occurred_at.astimezone(zone).toordinal()
        source = fact.traits.status if fact.traits.status in card.sources else REPORTED
        for one in fact.traits.grades or ():
            if one.code == BUY_AGAIN:
                continue
            facet = card.facet_of(facets.get(one.code, one.code) if one.code else None)
            if one.expected is not None and card.facet in (None, facet):
                answers.append(Answer(day, source or REPORTED, facet, one.expected, one.obtained, fact))
            if one.importance is not None:
                importance.append((day, facet, one.importance))
    return Opinions(answers, importance)


def measure(found: Opinions, card: SatisfactionCard, day: int) -> Measured:
    """Value, band, inputs and reasons at the end of a day."""
    matters = found.matters(day) if card.facet is None else {}
    weighed = [(one, _weight(one, matters, card, day)) for one in found.answers if one.day <= day]
    total = sum(much for _, much in weighed)
    if not total:
        return Measured(None, UNRATED, {"grades": len(weighed)}, (Reason(card.nothing, 0),), {})
    reasons, facts = [], {}
    for source in sorted({one.source for one, _ in weighed}):
        some = [(one, much * _difference(one, card)) for one, much in weighed if one.source == source]
        points = _rounded(card.points_per_grade * sum(much for _, much in some), total)
        heaviest = max(some, key=lambda pair: (abs(pair[1]), pair[0].day, pair[0].fact.aggregate_id.int))[0].fact
        reasons.append(Reason(source, points, heaviest.aggregate_id, len({one.fact.aggregate_id for one, _ in some})))
        facts[source] = heaviest
    reached = card.base + sum(reason.points for reason in reasons)
    value = max(card.least, min(card.most, reached))
    if value != reached:
        reasons.append(Reason("limit", value - reached))
    inputs = {
        "grades": len(weighed),
        "opinions": len({one.fact.aggregate_id for one, _ in weighed}),
        "expected_tenths": _rounded(TENTHS * sum(much * one.expected for one, much in weighed), total),
        "obtained_tenths": _rounded(TENTHS * sum(much * one.obtained for one, much in weighed), total),
    }
    base = Reason("base", card.base)
    return Measured(value, band_of(card.bands, value), inputs, (base, *heaviest_first(reasons)), facts)


def _weight(one: Answer, matters: Mapping[str | None, int], card: SatisfactionCard, day: int) -> int:
    much = matters.get(one.facet, card.importance) if card.facet is None else 1
    return weight(card.sources[one.source], day - one.day) * much


def _difference(one: Answer, card: SatisfactionCard) -> int:
    return max(-card.most_grades, min(card.most_grades, one.obtained - one.expected))


def _rounded(part: int, of: int) -> int:
    whole = (abs(part) * 2 + of) // (of * 2)
    return whole if part > 0 else -whole
