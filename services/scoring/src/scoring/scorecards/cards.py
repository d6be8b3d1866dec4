"""Every kind of scorecard that there is, and all rules together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scoring.scorecards.opinions import SATISFACTION, SatisfactionCard
from scoring.scorecards.prospects import LearningCard, PotentialCard
from scoring.scorecards.referring import InfluenceCard
from scoring.scorecards.risk import RadarCard
from scoring.scorecards.rules import Action, SegmentBook, TrustCard, ValueCard

Occasional = SatisfactionCard | InfluenceCard | PotentialCard | LearningCard
"""Those that say nothing of most customers: where there is nothing to go by, there is no score."""
Scorecard = ValueCard | TrustCard | Occasional


@dataclass(frozen=True, slots=True)
class Cards:
    """The scorecards in force, the radar's rule, the segments and what each tier is recommended."""

    value: ValueCard
    trust: TrustCard
    radar: RadarCard
    satisfaction: tuple[SatisfactionCard, ...]
    influence: InfluenceCard
    potential: PotentialCard
    learning: LearningCard
    segments: SegmentBook
    treatments: Mapping[str, Sequence[Action]]

    @property
    def every(self) -> tuple[Scorecard, ...]:
        """All scorecards."""
        return (self.value, self.trust, *self.occasional)

    @property
    def occasional(self) -> tuple[Occasional, ...]:
        """Those that say nothing of most customers: without anything to go by there is no score."""
        return (self.potential, self.influence, self.learning, *self.satisfaction)

    @property
    def always(self) -> tuple[str, ...]:
        """Kinds of score that everybody has."""
        return (self.value.kind, self.trust.kind)

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of score."""
        return tuple(card.kind for card in self.every)

    @property
    def fact_kinds(self) -> tuple[str, ...]:
        """Kinds of fact that any of them weighs."""
        return tuple(sorted({kind for card in (*self.every, self.radar) for kind in card.fact_kinds}))

    def of_file(self, kind: str) -> tuple[Scorecard, ...]:
        """The scorecards of one published file: of satisfaction that of the whole and of each facet, else one."""
        return self.satisfaction if kind == SATISFACTION else tuple(card for card in self.every if card.kind == kind)
