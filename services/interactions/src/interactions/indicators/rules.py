"""What a guide of interviews asks, held against the quality indicators in force."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from guanxi.events.interactions import BUY_AGAIN


@dataclass(frozen=True, slots=True)
class Indicator:
    """How much an indicator counts, in hundredths of a percent, and what is aimed at, 0 to 10."""

    code: str
    weight_bp: int
    target: int
    facet: str | None


@dataclass(frozen=True, slots=True)
class IndicatorSet:
    """One version of the quality indicators."""

    number: int
    indicators: tuple[Indicator, ...]
    set_at: datetime


@dataclass(frozen=True, slots=True)
class Coverage:
    """How far a guide asks for what counts: the indicators in force, and the codes on which the two differ."""

    number: int
    indicators: tuple[Indicator, ...]
    not_asked: tuple[str, ...]
    not_in_force: tuple[str, ...]


def coverage(asked: Collection[str], now: IndicatorSet | None) -> Coverage:
    """Hold the indicators that a guide asks for against those in force; `number` is 0 while none was ever set.

    `not_asked` stand as they weigh, `not_in_force` by code. Whether they would buy again is asked for trust.
    """
    indicators = now.indicators if now else ()
    codes = {one.code for one in indicators}
    heaviest = sorted(indicators, key=lambda one: (-one.weight_bp, one.code))
    return Coverage(
        number=now.number if now else 0,
        indicators=indicators,
        not_asked=tuple(one.code for one in heaviest if one.code not in asked),
        not_in_force=tuple(sorted(set(asked) - codes - {BUY_AGAIN})),
    )
