"""A figure: what was measured round by round, what was asked of it, and whether what was fast was also right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Literal

_LEAST = 0.01
Judged = Literal["ratio", "at least", "at most"]


@dataclass(frozen=True, slots=True)
class Goal:
    """What is asked: of the ratio to the baseline, or of the value itself."""

    judged: Judged
    must: float
    aim: float

    def met(self, found: float, limit: float) -> bool:
        """Whether a value reaches a limit."""
        return found <= limit if self.judged == "at most" else found >= limit


@dataclass(frozen=True, slots=True)
class Round:
    """One round: ours and the baseline within the same seconds; `cpu_us` is CPU time an operation, ours."""

    value: float
    baseline: float
    cpu_us: float | None = None
    baseline_cpu_us: float | None = None

    @property
    def ratio(self) -> float:
        """Ours against the baseline."""
        return self.value / self.baseline


@dataclass(frozen=True, slots=True)
class Measure:
    """One line of the table."""

    name: str
    unit: str
    baseline_name: str
    goal: Goal
    rounds: Sequence[Round]
    note: str = ""

    @property
    def value(self) -> float:
        """The median."""
        return median(one.value for one in self.rounds)

    @property
    def baseline(self) -> float:
        """The baseline's median."""
        return median(one.baseline for one in self.rounds)

    @property
    def ratios(self) -> list[float]:
        """Each round's ratio, smallest first."""
        return sorted(one.ratio for one in self.rounds)

    @property
    def judged(self) -> float:
        """What the goal is about."""
        return median(self.ratios) if self.goal.judged == "ratio" else self.value

    @property
    def must_met(self) -> bool:
        """Whether it is good enough."""
        return self.goal.met(self.judged, self.goal.must)

    @property
    def aim_met(self) -> bool:
        """Whether it is as good as we want it."""
        return self.goal.met(self.judged, self.goal.aim)

    @property
    def cpu(self) -> tuple[float | None, float | None]:
        """CPU microseconds an operation: ours and the baseline's."""
        return _median([one.cpu_us for one in self.rounds]), _median([one.baseline_cpu_us for one in self.rounds])

    @property
    def distance(self) -> float:
        """How far from what must be: below 1 it is missed; where nothing at all was asked and found, 1."""
        if self.goal.judged == "at most":
            return (self.goal.must or _LEAST) / max(self.judged, _LEAST)
        return self.judged / self.goal.must


@dataclass(frozen=True, slots=True)
class Check:
    """Two numbers that must be equal."""

    what: str
    expected: int
    found: int

    @property
    def right(self) -> bool:
        """Whether they are."""
        return self.expected == self.found


@dataclass(frozen=True, slots=True)
class Figure:
    """One id of the goals: its lines, and the check at its end."""

    id: str
    title: str
    measures: Sequence[Measure]
    checks: Sequence[Check] = field(default=())

    @property
    def right(self) -> bool:
        """Whether everything that was acknowledged is there; a fast wrong run is a failed run."""
        return all(check.right for check in self.checks)

    @property
    def worst(self) -> Measure:
        """The line that is farthest from its goal: it speaks for the figure."""
        return min(self.measures, key=lambda measure: measure.distance)


def _median(found: Sequence[float | None]) -> float | None:
    known = [one for one in found if one is not None]
    return median(known) if known else None
