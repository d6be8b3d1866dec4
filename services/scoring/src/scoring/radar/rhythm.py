"""A customer's rhythm: how long its gaps usually are, and from which day on a silence is longer than that.

The usual gap is the median of the newest closed gaps, its spread the median absolute deviation about the median, times
1.4826, which estimates a standard deviation where gaps are normal (Hampel, "The influence curve and its role in robust
estimation", 1974; Rousseeuw and Croux, "Alternatives to the median absolute deviation", 1993). Half of the gaps may be
odd before either moves. Integers throughout, so that a day's reading is the same on every machine: gaps are in
thousandths of a day inside, and whole days outside.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scoring.scorecards.risk import Baseline, Step

MILLI = 1000
_MAD_SCALE = 14_826
_TEN_THOUSAND = 10_000


@dataclass(frozen=True, slots=True)
class Usual:
    """What is usual: the median gap, its spread (thousandths of a day) and the longest gap (days)."""

    median: int
    spread: int
    longest: int

    @property
    def days(self) -> int:
        """The median in whole days, half rounded up."""
        return (self.median + MILLI // 2) // MILLI

    def limit(self, step: Step) -> int:
        """The longest silence, in days, that does not reach this step."""
        spread = (self.median + self.spread * step.spreads_tenths // 10) // MILLI
        return max(spread, self.longest * step.longest_pct // 100)


@dataclass(frozen=True, slots=True)
class Silence:
    """One gap that was judged: since which day, until which (None: still open), by what was usual before it."""

    since: int
    until: int | None
    usual: Usual


def usual_of(gaps: Sequence[int], rule: Baseline) -> Usual | None:
    """What is usual by these closed gaps, oldest first; None when there are too few of them."""
    newest = gaps[-rule.gaps :]
    if len(newest) < rule.least:
        return None
    median = _median([gap * MILLI for gap in newest])
    deviation = _median([abs(gap * MILLI - median) for gap in newest])
    least = median * rule.spread_least_pct // 100
    return Usual(median, max(deviation * _MAD_SCALE // _TEN_THOUSAND, least), max(newest))


def silences(days: Sequence[int], rule: Baseline) -> Iterator[Silence]:
    """Each gap between distinct days (ascending) that something usual can be held against, the open one last."""
    gaps: list[int] = []
    for place, since in enumerate(days):
        until = days[place + 1] if place + 1 < len(days) else None
        usual = usual_of(gaps, rule)
        if usual is not None:
            yield Silence(since, until, usual)
        if until is not None:
            gaps.append(until - since)


def _median(values: Sequence[int]) -> int:
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) // 2
