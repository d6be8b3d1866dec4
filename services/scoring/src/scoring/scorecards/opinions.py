"""The scorecard of satisfaction as a value: one for the whole, one for each facet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from scoring.scorecards.rules import Band, Lever, Signal, Texts

SATISFACTION = "satisfaction"


@dataclass(frozen=True, slots=True)
class SatisfactionCard:
    """What is made of opinions and interviews; `facet` is None for the whole."""

    kind: str
    version: int
    bands: Sequence[Band]
    levers: Sequence[Lever]
    texts: Texts
    facet: str | None
    facets: frozenset[str]
    base: int
    least: int
    most: int
    points_per_grade: int
    most_grades: int
    sources: Mapping[str, Signal]
    importance: int
    indicators: Mapping[str, str]
    outcomes: Mapping[str, str]
    """What is to be expected of a customer in a band."""

    @property
    def fact_kinds(self) -> tuple[str, ...]:
        """The kinds of fact that it weighs."""
        return ("opinion", "interview")

    @property
    def nothing(self) -> str:
        """Code of the reason why there is no value."""
        return "no-opinion"

    def facet_of(self, code: str | None) -> str | None:
        """The facet that an item's facet or an indicator belongs to; None for what counts for the whole alone."""
        if code is None or code in self.facets:
            return code
        return self.indicators.get(code)


def satisfaction_cards(raw: dict[str, Any], shared: dict[str, Any]) -> tuple[SatisfactionCard, ...]:
    """The card of the whole, then one a facet."""
    whole = SatisfactionCard(
        **shared,
        facet=None,
        facets=frozenset(raw["facets"]),
        base=raw["base"],
        least=raw["least"],
        most=raw["most"],
        points_per_grade=raw["points_per_grade"],
        most_grades=raw["most_grades"],
        sources={code: Signal(**values) for code, values in raw["sources"].items()},
        importance=raw["importance"],
        indicators=raw["indicators"],
        outcomes=raw["outcomes"],
    )
    return (whole, *(replace(whole, kind=f"{SATISFACTION}.{facet}", facet=facet) for facet in raw["facets"]))
