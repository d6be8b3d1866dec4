"""Learning: what a customer has told us, fading with age like what bears on trust.

Points for each opinion, interview, need and the like, half after a half-life in days. It is the learning potential of
Stahl, Matzler and Hinterhuber, "Linking customer lifetime value with shareholder value", Industrial Marketing
Management 32, 2003; the points are the firm's card.
"""

from __future__ import annotations

from collections.abc import Iterable
from zoneinfo import ZoneInfo

from scoring.facts.rules import FactRow
from scoring.scorecards.prospects import LearningCard
from scoring.scorecards.rules import UNRATED
from scoring.scores import trust
from scoring.scores.days import Days
from scoring.scores.measure import Measured, Reason
from scoring.scores.trust import Evidence


def evidence(facts: Iterable[FactRow], card: LearningCard, zone: ZoneInfo) -> dict[str, Days]:
    """What we learned from, among facts as `current` gives them, by the code that it counts under."""
    found: dict[str, Days] = {}
    for fact in facts:
        if (code := card.codes.get(fact.kind)) is not None:
            found.setdefault(code, Days()).add(fact.occurred_at.astimezone(zone).toordinal(), fact)
    return found


def measure(found: Evidence, card: LearningCard, day: int) -> Measured:
    """Value, band, inputs and reasons at the end of a day; unrated where nothing was learned yet."""
    if not found:
        return Measured(None, UNRATED, {}, (Reason(card.nothing, 0),), {})
    return trust.measure(found, card.card, day)
