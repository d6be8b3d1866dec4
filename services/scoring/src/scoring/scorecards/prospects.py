"""The scorecards of potential and of learning as values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scoring.scorecards.rules import Band, Lever, Signal, Texts, TrustCard, ValueCard

POTENTIAL, LEARNING = "value.potential", "value.learning"
WALLET, AGREEMENT = "wallet", "agreement"


@dataclass(frozen=True, slots=True)
class NeedPoints:
    """Points for each contact in which the customer said that it needs something, within a window."""

    window_days: int
    need_now: int
    later: int
    most: int


@dataclass(frozen=True, slots=True)
class PotentialCard:
    """What is made of what a customer spends elsewhere, needs, orders more of and agreed on, and of its industry."""

    kind: str
    version: int
    bands: Sequence[Band]
    levers: Sequence[Lever]
    texts: Texts
    wallet_days: int
    year_days: int
    winnable_bp: int
    margin_bp: int
    wallet: Sequence[tuple[int, int]]
    needs: NeedPoints
    growth_days: int
    growth: Sequence[tuple[int, int]]
    agreements: Mapping[str, int]
    """Kind of an agreement in force -> points; empty before version 2."""
    life_cycle: Mapping[str, int]
    """Where the industry stands -> points; empty before version 2."""
    worth: ValueCard
    """The scorecard whose exchange rates hold."""

    @property
    def fact_kinds(self) -> tuple[str, ...]:
        """The kinds of fact that it weighs; estimates are this service's own."""
        return (WALLET, AGREEMENT, "order", "contact")

    @property
    def nothing(self) -> str:
        """Code of the reason why there is no value."""
        return "nothing-known"


@dataclass(frozen=True, slots=True)
class LearningCard:
    """What is made of what a customer told us; reckoned like trust."""

    card: TrustCard
    codes: Mapping[str, str]
    """Kind of fact -> code under which it counts."""

    @property
    def kind(self) -> str:
        """The kind of score."""
        return self.card.kind

    @property
    def version(self) -> int:
        """The version."""
        return self.card.version

    @property
    def bands(self) -> Sequence[Band]:
        """Bands, best first."""
        return self.card.bands

    @property
    def levers(self) -> Sequence[Lever]:
        """What may move the band."""
        return self.card.levers

    @property
    def texts(self) -> Texts:
        """What codes mean."""
        return self.card.texts

    @property
    def fact_kinds(self) -> tuple[str, ...]:
        """The kinds of fact that it weighs, and those without which they mean nothing."""
        return tuple(dict.fromkeys(each for kind in self.codes for each in (kind, kind.partition(".")[0])))

    @property
    def nothing(self) -> str:
        """Code of the reason why there is no value."""
        return "nothing-learned"


def potential_card(raw: dict[str, Any], shared: dict[str, Any], worth: ValueCard) -> PotentialCard:
    """The card that a file states."""
    return PotentialCard(
        **shared,
        wallet_days=raw["wallet_days"],
        year_days=raw["year_days"],
        winnable_bp=raw["winnable_bp"],
        margin_bp=raw["margin_bp"],
        wallet=tuple((low, points) for low, points in raw["wallet"]),
        needs=NeedPoints(**raw["needs"]),
        growth_days=raw["growth"]["span_days"],
        growth=tuple((low, points) for low, points in raw["growth"]["steps"]),
        agreements=raw.get("agreements", {}),
        life_cycle=raw.get("life_cycle", {}),
        worth=worth,
    )


def learning_card(raw: dict[str, Any], shared: dict[str, Any]) -> LearningCard:
    """The card that a file states."""
    signals = {code: Signal(**values) for code, values in raw["signals"].items()}
    card = TrustCard(**shared, base=raw["base"], least=raw["least"], most=raw["most"], signals=signals)
    return LearningCard(card, raw["codes"])
