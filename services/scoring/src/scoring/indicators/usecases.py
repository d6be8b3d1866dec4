"""Setting quality indicators, and what they were at a moment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from guanxi import directory
from guanxi.auth import Principal
from guanxi.bus import log
from guanxi.db import Reader, Tx
from guanxi.events.reviews import Indicator as IndicatorFact
from guanxi.events.reviews import QualityIndicatorsSet
from guanxi.problems import NotFound
from scoring.indicators import rules, store
from scoring.indicators.rules import Indicator, IndicatorSet
from scoring.scorecards import files


async def put(tx: Tx, indicators: Sequence[Indicator], cycle_id: UUID | None, principal: Principal) -> IndicatorSet:
    """Put another version in force. 422 where the weights are not whole or a facet is unknown."""
    rules.check(indicators, files.satisfaction_cards()[0].facets)
    who = await directory.employee_of_subject(tx, principal.subject)
    made = await store.add(tx, indicators, cycle_id, who.id if who else None)
    fact = QualityIndicatorsSet(
        number=made.number,
        indicators=tuple(
            IndicatorFact(code=one.code, weight_bp=one.weight_bp, target=one.target, facet=one.facet)
            for one in indicators
        ),
        cycle_id=cycle_id,
        set_by=made.set_by,
        set_at=made.set_at,
    )
    await log.record(tx, log.draft(tx, fact, aggregate=made.id, sequence=1, subject=None))
    return made


async def in_force(reader: Reader, at: datetime | None = None) -> IndicatorSet | None:
    """The version in force now, or at a moment; None before the first."""
    return await store.in_force(reader, at)


async def facets(reader: Reader, at: datetime | None = None) -> dict[str, str]:
    """The facet of each indicator of the version in force."""
    found = await store.in_force(reader, at)
    return {one.code: one.facet for one in found.indicators if one.facet} if found else {}


async def of_cycle(reader: Reader, cycle_id: UUID) -> list[IndicatorSet]:
    """The versions that came of a review cycle."""
    return await store.of_cycle(reader, cycle_id)


async def find(reader: Reader, set_id: UUID) -> IndicatorSet:
    """One version. 404."""
    found = await store.find(reader, set_id)
    if found is None:
        raise NotFound("version of quality indicators")
    return found


async def page(reader: Reader, after: Sequence[Any] | None, limit: int) -> list[IndicatorSet]:
    """All versions, the newest first."""
    return await store.page(reader, after, limit)
