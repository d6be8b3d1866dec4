"""A simulated firm: customers who order in a rhythm of their own, some of whom leave without a word.

Gaps are gamma-distributed about a mean of the customer's own (10 to 45 days) with a coefficient of variation of its own
(0.1 to 0.4): from standing orders to as-needed reordering. After a year of habit comes the year that is watched, in
which every fifth customer stops at a random day. Leavers are a little more likely to have left a card unanswered and
to have named a rival; those who stay do so too.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from scoring.facts.rules import FactRow, Traits

HABIT, WATCHED = 365, 730
START = date(2024, 7, 1)
LEAVES = 5


@dataclass(frozen=True, slots=True)
class Life:
    """What one customer did: days of orders since `START`, the other facts, and whether it left."""

    orders: tuple[int, ...]
    others: tuple[FactRow, ...]
    leaver: bool

    @property
    def plainly_lost(self) -> int:
        """The day on which anybody would see it: silent for twice the longest gap that it ever made."""
        gaps = [after - before for before, after in zip(self.orders, self.orders[1:], strict=False)]
        return self.orders[-1] + 2 * max(gaps) + 1

    def facts(self) -> list[FactRow]:
        """All of it."""
        return [*(fact(n, "order", day) for n, day in enumerate(self.orders)), *self.others]


def fact(number: int, kind: str, day: int, traits: Traits | None = None) -> FactRow:
    """Something that happened at noon of a day, and that we learned of at once."""
    at = datetime.combine(START + timedelta(days=day), time(4), UTC)
    return FactRow(UUID(int=number + 1), kind, 1, None, "head-office", at, at, traits=traits or Traits())


def lives(seed: int, count: int) -> Iterator[Life]:
    """So many customers; every fifth leaves in the second year, early enough for its silence to be seen in it."""
    rnd = random.Random(seed)
    for number in range(count):
        leaver = number % LEAVES == 0
        mean, spread = rnd.uniform(10, 45), rnd.uniform(0.1, 0.4)
        shape = 1 / spread**2
        last = rnd.uniform(HABIT, HABIT + 200) if leaver else WATCHED
        days, at = {0}, 0.0
        while (at := at + rnd.gammavariate(shape, mean / shape)) <= last:
            days.add(int(at))
        orders = tuple(sorted(days))
        yield Life(orders, tuple(_others(rnd, orders, leaver=leaver)), leaver)


def _others(rnd: random.Random, orders: tuple[int, ...], *, leaver: bool) -> Iterator[FactRow]:
    # Whoever leaves is no open book: half of them show nothing but their silence.
    for n in range(4):
        if rnd.random() < (0.3 if leaver and n == 3 else 0.15):
            day = orders[-1] + rnd.randrange(10) if leaver and n == 3 else rnd.randrange(HABIT, WATCHED)
            yield fact(10_000 + n, "invitation.lapsed", day)
    if rnd.random() < (0.3 if leaver else 0.05):
        day = orders[-1] - rnd.randrange(15) if leaver else rnd.randrange(HABIT, WATCHED)
        yield fact(20_000, "contact", day, Traits(rival_named=True, count=0))
