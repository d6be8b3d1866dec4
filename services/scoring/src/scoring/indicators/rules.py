"""What a version of the quality indicators must be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from guanxi.problems import FieldError, Unprocessable

WHOLE_BP = 10_000


@dataclass(frozen=True, slots=True)
class Indicator:
    """How much an indicator counts, in hundredths of a percent, what is aimed at, and the facet it belongs to."""

    code: str
    weight_bp: int
    target: int
    facet: str | None = None


@dataclass(frozen=True, slots=True)
class IndicatorSet:
    """One version of them."""

    id: UUID
    number: int
    indicators: tuple[Indicator, ...]
    cycle_id: UUID | None
    set_by: UUID | None
    set_at: datetime


def check(indicators: Sequence[Indicator], facets: frozenset[str]) -> None:
    """422 where a code stands twice, a facet is none of ours, or the weights do not add up to the whole."""
    times = Counter(one.code for one in indicators)
    found = [
        FieldError(f"indicators[{n}].code", "duplicate", "This indicator stands here twice.")
        for n, one in enumerate(indicators)
        if times[one.code] > 1
    ]
    found += [
        FieldError(f"indicators[{n}].facet", "unknown", f"No facet of ours; known are {', '.join(sorted(facets))}.")
        for n, one in enumerate(indicators)
        if one.facet is not None and one.facet not in facets
    ]
    total = sum(one.weight_bp for one in indicators)
    if total != WHOLE_BP:
        detail = f"The weights add up to {total}, not to {WHOLE_BP}."
        found.append(FieldError("indicators", "weights", detail))
    if found:
        raise Unprocessable("Some indicators are not valid.", found)
