"""Facts of one sort in the order of their days: how many lie in a window costs two look-ups."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from scoring.facts.rules import FactRow

Reach = Mapping[str, int]
"""Source -> the last day of which it has told us something (proleptic ordinal); others are heard up to any day."""


@dataclass(slots=True)
class Days:
    """Facts of one sort with their days (proleptic ordinals), both ascending."""

    days: list[int] = field(default_factory=list)
    facts: list[FactRow] = field(default_factory=list)

    def add(self, day: int, fact: FactRow) -> None:
        """One more; facts come in the order of their time."""
        self.days.append(day)
        self.facts.append(fact)

    def count(self, after: int, until: int) -> int:
        """How many lie after one day, up to another."""
        return bisect_right(self.days, until) - bisect_right(self.days, after)

    def last(self, until: int) -> FactRow | None:
        """The newest up to a day."""
        place = bisect_right(self.days, until)
        return self.facts[place - 1] if place else None

    def copy(self) -> Days:
        """The same, to be added to."""
        return Days(list(self.days), list(self.facts))


def told_until(
    days: Sequence[int], by_source: Mapping[str, Sequence[int]], window_days: int, day: int, reach: Reach
) -> int:
    """The last day up to `day` of which we know whether there was anything: silence is measured up to here.

    `days` are those of all sources, ascending. A source that told of one of them within the window may know of more
    that it has not told yet, after the day that it has reached. What we do know of ends the silence whatever other
    sources have told.
    """
    after = day - window_days
    ends = [
        reach[source]
        for source, some in by_source.items()
        if reach.get(source, day) < day and bisect_right(some, after) < bisect_right(some, day)
    ]
    if not ends:
        return day
    return max(min(ends), days[bisect_right(days, day) - 1])
