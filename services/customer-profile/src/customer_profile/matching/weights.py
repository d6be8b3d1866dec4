"""What agreeing and differing are worth: Fellegi-Sunter weights in bits, their sum, and the sum's parts to look at.

A level's weight is log2(m/u): `m` is how often records of one customer agree on that level, `u` how often two records
of different customers do (Fellegi and Sunter, A Theory for Record Linkage, 1969). The sum begins with the prior, log2
of the odds that two records picked at random are one customer. A value that agrees and is rare weighs more than a
common one: its own frequency takes the place of `u` (Winkler 1989).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import log2

from customer_profile.matching.comparing import Agreement


@dataclass(frozen=True, slots=True)
class Odds:
    """How often records agree on a level: `m` of one customer, `u` of two; probabilities above 0 and below 1."""

    m: float
    u: float

    @property
    def bits(self) -> float:
        """The weight, log2(m/u)."""
        return log2(self.m / self.u)


@dataclass(frozen=True, slots=True)
class Part:
    """One step of the waterfall: a kind of evidence, the level found, and what it adds, in bits."""

    comparison: str
    level: str
    bits: float


@dataclass(frozen=True, slots=True)
class Weights:
    """A prior in bits, the odds of every level of every comparison, and how often single values occur (0 to 1)."""

    prior: float
    odds: Mapping[str, Mapping[str, Odds]]
    frequencies: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    _table: Mapping[str, Mapping[str, float]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Work the bits of each level out once: they are asked for with every pair."""
        bits = {name: {level: odds.bits for level, odds in levels.items()} for name, levels in self.odds.items()}
        object.__setattr__(self, "_table", bits)

    def parts(self, found: Mapping[str, Agreement]) -> tuple[Part, ...]:
        """The waterfall: the prior, then each comparison in its order."""
        return (
            Part("prior", "", self.prior),
            *(Part(name, one.level, self._bits(name, one)) for name, one in found.items()),
        )

    def weigh(self, found: Mapping[str, Agreement]) -> float:
        """The sum of the parts, in bits."""
        return self.prior + sum(self._bits(name, one) for name, one in found.items())

    def _bits(self, name: str, found: Agreement) -> float:
        if found.value and (seen := self.frequencies.get(name, {}).get(found.value)):
            return log2(self.odds[name][found.level].m / seen)
        return self._table[name][found.level]


def probability(bits: float) -> float:
    """The probability of a match that a sum of weights stands for, 0 to 1."""
    return 1 / (1 + float(2.0 ** -max(min(bits, 60.0), -60.0)))


def _table(**levels: tuple[float, float]) -> dict[str, Odds]:
    return {level: Odds(m, u) for level, (m, u) in levels.items()}


DEFAULT = Weights(
    prior=-10.0,
    odds={
        "kind": _table(differs=(0.02, 0.5)),
        "brand": _table(
            whole=(0.4, 0.00002),
            equal=(0.3, 0.000075),
            sounds=(0.04, 0.0005),
            part=(0.13, 0.0005),
            near=(0.05, 0.0002),
            differs=(0.08, 0.99),
        ),
        "trade": _table(shared=(0.95, 0.1), differs=(0.02, 0.9)),
        "place": _table(shared=(0.93, 0.1), differs=(0.03, 0.9)),
        "family_name": _table(
            equal=(0.85, 0.01), swapped=(0.02, 0.0005), sounds=(0.04, 0.005), near=(0.05, 0.01), differs=(0.04, 0.97)
        ),
        "given_name": _table(
            equal=(0.78, 0.008), swapped=(0.02, 0.0005), sounds=(0.06, 0.005), near=(0.07, 0.015), differs=(0.07, 0.97)
        ),
        "contact_person": _table(equal=(0.7, 0.001), sounds=(0.05, 0.001), differs=(0.25, 0.998)),
        "phone": _table(shared=(0.6, 0.000005), common=(0.05, 0.005), differs=(0.35, 0.99)),
        "email": _table(shared=(0.6, 0.000005), common=(0.03, 0.005), near=(0.07, 0.0005), differs=(0.3, 0.99)),
        "social_credit_code": _table(equal=(0.95, 0.0000005), common=(0.02, 0.001), differs=(0.03, 0.999)),
        "id_number": _table(equal=(0.88, 0.0000005), common=(0.02, 0.001), near=(0.06, 0.00002), differs=(0.04, 0.998)),
        "birth_date": _table(equal=(0.86, 0.00005), near=(0.08, 0.001), far=(0.02, 0.008), differs=(0.04, 0.99)),
        "street": _table(
            same=(0.6, 0.00005), same_number=(0.15, 0.0002), near=(0.1, 0.002), number=(0.05, 0.01), differs=(0.1, 0.99)
        ),
        "postcode": _table(equal=(0.82, 0.003), near=(0.1, 0.02), differs=(0.08, 0.977)),
        "city": _table(equal=(0.84, 0.03), near=(0.08, 0.005), differs=(0.08, 0.965)),
    },
)
"""What ships, by reasoning and by the sets the benchmark runs on; `guanxi match train` learns a site's own."""
