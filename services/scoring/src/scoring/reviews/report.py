"""The report of a review cycle: from what was heard, over what was improved, to what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from guanxi import directory
from guanxi.db import Reader
from scoring.facts import usecases as facts
from scoring.indicators import usecases as indicators
from scoring.indicators.rules import Indicator
from scoring.opinions import usecases as opinions
from scoring.opinions.usecases import FacetSum
from scoring.reviews import usecases
from scoring.reviews.effects import Effect, effect
from scoring.reviews.rules import Cycle, Evidence
from scoring.scorecards import files
from scoring.scorecards import usecases as scorecards
from scoring.scores.rules import day_of, end_of, midnight


@dataclass(frozen=True, slots=True)
class IndicatorReport:
    """An indicator with what was expected and got of it (or of its facet) before the first improvement and after."""

    indicator: Indicator
    before: FacetSum | None
    after: FacetSum | None


@dataclass(frozen=True, slots=True)
class Report:
    """A cycle with what it has led to so far."""

    cycle: Cycle
    evidence: Evidence
    improved_at: datetime | None
    """When the first improvement of the cycle was published; before, there is nothing to compare."""
    indicators: list[IndicatorReport]
    effect: Effect


async def report(reader: Reader, cycle_id: UUID, zone: ZoneInfo, now: datetime) -> Report:
    """Put together what is known of a cycle now. 404."""
    cycle = await usecases.find(reader, cycle_id)
    found = await usecases.evidence(reader, cycle_id)
    improved_at = min((one.occurred_at for one in found.improvements), default=None)
    window = timedelta(days=files.review_rule().window_days)
    start = midnight(cycle.started_on or cycle.starts_on, zone) - window
    turn = improved_at or now
    in_force = await indicators.in_force(reader, cycle.closed_at)
    before = await opinions.by_code(reader, start, turn)
    after = await opinions.by_code(reader, improved_at, end_of(day_of(now, zone), zone)) if improved_at else []
    graded = [
        IndicatorReport(one, opinions.graded(before, _codes(one)), opinions.graded(after, _codes(one)))
        for one in (in_force.indicators if in_force else ())
    ]
    return Report(cycle, found, improved_at, graded, await _effect(reader, cycle, found, turn, zone))


async def _effect(reader: Reader, cycle: Cycle, found: Evidence, turn: datetime, zone: ZoneInfo) -> Effect:
    card, days = (await scorecards.in_force(reader)).value, files.review_rule().window_days
    families = await directory.families(reader, found.customers) if found.customers else {}
    canonical = {one: who for who, members in families.items() for one in members}
    rows = await facts.of_customers(reader, list(canonical), card.fact_kinds)
    begins = (cycle.started_on or cycle.starts_on).toordinal() - 1
    turned = day_of(turn, zone).toordinal()
    return effect(rows, canonical, ((begins - days, begins), (turned, turned + days)), card, zone)


def _codes(one: Indicator) -> tuple[str, ...]:
    return (one.code, one.facet) if one.facet else (one.code,)
