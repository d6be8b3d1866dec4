"""The scorecard of influence as a value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from scoring.scorecards.rules import Band, Lever, Texts, ValueCard

INFLUENCE = "value.influence"
REFERRAL = "referral"


@dataclass(frozen=True, slots=True)
class InfluenceCard:
    """What is made of whom a customer brought."""

    kind: str
    version: int
    bands: Sequence[Band]
    levers: Sequence[Lever]
    texts: Texts
    window_days: int
    share_bp: Sequence[int]
    """The share of profit by depth: the first of who was brought by the customer itself."""
    most_customers: int
    """Whoever brought more is measured by the nearest and the earliest of them."""
    points: Sequence[tuple[int, int]]
    worth: ValueCard
    """The scorecard by which profit is reckoned."""

    @property
    def fact_kinds(self) -> tuple[str, ...]:
        """The kinds of fact that it weighs: the customer's referrals, and what brings profit of who was referred."""
        return (REFERRAL, "order", "return", *sorted(self.worth.costs))

    @property
    def nothing(self) -> str:
        """Code of the reason why there is no value."""
        return "no-referral"


def influence_card(raw: dict[str, Any], shared: dict[str, Any], worth: ValueCard) -> InfluenceCard:
    """The card that a file states."""
    return InfluenceCard(
        **shared,
        window_days=raw["window_days"],
        share_bp=tuple(raw["share_bp"]),
        most_customers=raw["most_customers"],
        points=tuple((low, points) for low, points in raw["points"]),
        worth=worth,
    )
