"""Tiers: bands of existing value with inertia, folded over the days of the facts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from scoring.scorecards.rules import Band, Segment, band_of, rank_of

TIER = "tier"
KEY_CUSTOMERS = "key-customers"


@dataclass(frozen=True, slots=True)
class Standing:
    """The tier and the day since when; None: since ever."""

    tier: str
    since: date | None = None


def first_tier(bands: Sequence[Band]) -> str:
    """The tier of a customer of whom nothing is known."""
    return band_of(bands, 0)


def next_tier(bands: Sequence[Band], tier: str, value: int | None) -> str:
    """The tier after a day that ended at `value`: up at once, down only from below the point at which it is kept.

    A day without a value (a missing exchange rate) tells nothing.
    """
    if value is None:
        return tier
    reached = band_of(bands, value)
    if rank_of(bands, reached) <= rank_of(bands, tier):
        return reached
    now = next(band for band in bands if band.name == tier)
    return tier if now.kept(value) else reached


def standing(bands: Sequence[Band], days: Iterable[tuple[int, int | None]]) -> Standing:
    """Fold the values of day-ends (proleptic ordinals, ascending) into the tier of the last."""
    found = Standing(first_tier(bands))
    for day, value in days:
        tier = next_tier(bands, found.tier, value)
        if tier != found.tier:
            found = Standing(tier, date.fromordinal(day))
    return found


def direction(bands: Sequence[Band], before: str, after: str) -> str:
    """Whether a move between tiers is one up or down."""
    return "up" if rank_of(bands, after) < rank_of(bands, before) else "down"


def belongs(segment: Segment, tier: str) -> bool:
    """Whether customers of a tier are members."""
    return not segment.tiers or tier in segment.tiers
