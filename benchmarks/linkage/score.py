"""Pairwise precision, recall and F1 of what a tool says of pairs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from benchmarks.linkage.sets import Pair


@dataclass(frozen=True, slots=True)
class Scored:
    """What a tool said: a weight in bits for each pair it looked at, its time in seconds, and what it would merge."""

    tool: str
    weights: Mapping[Pair, float]
    seconds: float
    auto: frozenset[Pair] | None = None

    def found(self, at_least: float = 0.0) -> set[Pair]:
        """The pairs that it holds for one customer: from even odds on."""
        return {pair for pair, weight in self.weights.items() if weight >= at_least}


@dataclass(frozen=True, slots=True)
class Quality:
    """Precision, recall and F1, each 0 to 1."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """The harmonic mean of the two."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def quality(found: Collection[Pair], true: Collection[Pair]) -> Quality:
    """How good a set of pairs is."""
    right = len(set(found) & set(true))
    return Quality(right / len(found) if found else 1.0, right / len(true))


def best(scored: Scored, true: Collection[Pair]) -> tuple[float, Quality]:
    """The threshold, in half bits, at which F1 is best: known only to who has the labels."""
    return max(
        ((half / 2, quality(scored.found(half / 2), true)) for half in range(-30, 61)), key=lambda one: one[1].f1
    )
