"""Scorecards as values: what their files say, checked and typed."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Literal

from guanxi.events.codes import MINOR_DIGITS

UNRATED = "unrated"
Texts = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Band:
    """A range of values, from `start` up; none has no start: the lowest. `keep_from` is where a tier is lost."""

    name: str
    start: int | None = None
    keep_from: int | None = None

    def reached(self, value: int) -> bool:
        """Whether a value is high enough to enter."""
        return self.start is None or value >= self.start

    def kept(self, value: int) -> bool:
        """Whether a value is high enough to stay."""
        return self.keep_from is None or value >= self.keep_from


@dataclass(frozen=True, slots=True)
class Lever:
    """One thing that could move the band: facts of a kind to add, or days to let pass, in steps."""

    code: str
    direction: Literal["up", "down"]
    most: int
    effort: int
    add: str | None = None
    step_minor: int | None = None
    wait_days: int = 0


@dataclass(frozen=True, slots=True)
class Rates:
    """What one unit of a currency was worth in the firm's, by day."""

    currency: str
    rows: Mapping[str, Sequence[tuple[date, Decimal]]]

    def convert(self, amount_minor: int, currency: str, on: date) -> int | None:
        """The amount in minor units of the firm's currency, rounded half to even; None when no rate holds that day."""
        if currency == self.currency:
            return amount_minor
        rate = self._rate(currency, on)
        if rate is None:
            return None
        shift = MINOR_DIGITS[self.currency] - MINOR_DIGITS.get(currency, 2)
        return int((amount_minor * rate).scaleb(shift).quantize(Decimal(1), ROUND_HALF_EVEN))

    def _rate(self, currency: str, on: date) -> Decimal | None:
        rows = self.rows.get(currency, ())
        place = bisect_right(rows, on, key=lambda row: row[0])
        return rows[place - 1][1] if place else None


@dataclass(frozen=True, slots=True)
class PaymentPoints:
    """What paying earns and costs."""

    base: int
    in_time: int
    late: int
    overdue: int
    most: int
    least: int


@dataclass(frozen=True, slots=True)
class ValueCard:
    """The scorecard of existing value."""

    kind: str
    version: int
    bands: Sequence[Band]
    levers: Sequence[Lever]
    texts: Texts
    rates: Rates
    window_days: int
    default_margin_bp: int
    costs: frozenset[str]
    profit: Sequence[tuple[int, int]]
    recency: Sequence[tuple[int, int]]
    frequency: Sequence[tuple[int, int]]
    continuity_days: int
    continuity: Sequence[int]
    payment: PaymentPoints
    earned_only_with_profit: frozenset[str]

    @property
    def fact_kinds(self) -> tuple[str, ...]:
        """The kinds of fact that it weighs."""
        return ("order", "return", "payment", "payment.overdue", *sorted(self.costs))


@dataclass(frozen=True, slots=True)
class Signal:
    """What one kind of event does to trust, fading with age."""

    points: int
    half_life_days: int
    most: int | None = None
    least: int | None = None


@dataclass(frozen=True, slots=True)
class TrustCard:
    """The scorecard of trust."""

    kind: str
    version: int
    bands: Sequence[Band]
    levers: Sequence[Lever]
    texts: Texts
    base: int
    least: int
    most: int
    signals: Mapping[str, Signal]

    @property
    def fact_kinds(self) -> tuple[str, ...]:
        """The kinds of fact that it weighs."""
        return (
            *("promise.kept", "promise.broken", "complaint", "complaint.reopened", "complaint.closed"),
            *("deadline.missed", "payment", "payment.overdue", "opinion", "interview"),
        )


@dataclass(frozen=True, slots=True)
class Segment:
    """A group of customers; without `tiers` everybody is a member, by tier."""

    id: str
    purpose: str
    rule: str
    names: Mapping[str, str]
    tiers: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class SegmentBook:
    """The segments of one version, and what the tiers are called."""

    version: int
    segments: Sequence[Segment]
    tier_names: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Action:
    """One thing recommended for a tier, in each language."""

    code: str
    texts: Mapping[str, str]


def band_of(bands: Sequence[Band], value: int) -> str:
    """The band that a value falls into; bands stand best first and the last takes everything."""
    return next(band.name for band in bands if band.reached(value))


def rank_of(bands: Sequence[Band], name: str) -> int:
    """Its place, 0 is best; a name that is no band of this card comes after all."""
    return next((n for n, band in enumerate(bands) if band.name == name), len(bands))
