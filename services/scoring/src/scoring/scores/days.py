"""Facts of one sort in the order of their days: how many lie in a window costs two look-ups."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field

from scoring.facts.rules import FactRow


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
