"""What a scorecard finds: points, each with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from scoring.facts.rules import FactRow


@dataclass(frozen=True, slots=True)
class Reason:
    """So many points for one thing; `fact_id` is the heaviest of the `count` facts behind it."""

    code: str
    points: int
    fact_id: UUID | None = None
    count: int = 0


@dataclass(frozen=True, slots=True)
class Measured:
    """What a scorecard finds on one day; the reasons' points add up to the value."""

    value: int | None
    band: str
    inputs: Mapping[str, int]
    reasons: tuple[Reason, ...]
    facts: Mapping[str, FactRow]
    """The heaviest fact behind each reason, by the reason's code."""


def heaviest_first(reasons: list[Reason]) -> tuple[Reason, ...]:
    """Sorted by weight, then by code."""
    return tuple(sorted(reasons, key=lambda reason: (-abs(reason.points), reason.code)))
