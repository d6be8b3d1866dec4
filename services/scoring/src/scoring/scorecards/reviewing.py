"""The rule of the review cycle as a value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class StepRule:
    """How long a step takes, the least it has to have brought, and how it may come out where a person has to say."""

    code: str
    days: int
    least: int
    outcomes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReviewRule:
    """The eight steps in order; the report compares spans of `window_days`."""

    version: int
    steps: Sequence[StepRule]
    window_days: int
    horizon_days: int
    """How far ahead anything is planned."""

    def step(self, code: str) -> StepRule:
        """The rule of one step."""
        return next(one for one in self.steps if one.code == code)


def review_rule(raw: dict[str, Any]) -> ReviewRule:
    """The rule that a file states."""
    steps = [StepRule(one["code"], one["days"], one["least"], tuple(one.get("outcome", ()))) for one in raw["steps"]]
    return ReviewRule(raw["version"], tuple(steps), raw["window_days"], raw["horizon_days"])
