"""What to ask a customer now: the guide, what counts now, their last grades, and what they still wait for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from guanxi.auth import Principal
from guanxi.db import Pool, Reader
from guanxi.problems import NotFound
from interactions import scope
from interactions.indicators import usecases as indicators
from interactions.indicators.rules import Coverage
from interactions.interviews import store
from interactions.interviews.rules import Interview
from interactions.interviews.store import Filter
from interactions.needs import usecases as needs
from interactions.needs.rules import Need
from interactions.questionnaires import usecases as questionnaires
from interactions.questionnaires.rules import Questionnaire

_LOOKED_AT = 10
"""How many interviews back an indicator's last grade is sought."""
_WAITING = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """A customer's last grade of one indicator, 0 to 10."""

    indicator: str
    expected: int | None
    obtained: int
    importance: int | None
    held_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Preparation:
    """All that an interviewer takes along."""

    guide: Questionnaire
    coverage: Coverage | None
    """How far the guide asks for the quality indicators in force; nothing for external units."""
    last: Sequence[Before]
    open_needs: Sequence[Need]


async def prepare(pool: Pool, principal: Principal, code: str | None, customer_id: UUID | None) -> Preparation:
    """The guide of that code, else the one made last, with what is known of the customer; 404."""
    ids = await scope.ids_for(pool, principal, customer_id) if customer_id else ()
    async with pool.read() as reader:
        guide = await questionnaires.find(reader, code) if code else await questionnaires.newest_of(reader, "interview")
        if guide.kind != "interview":
            raise NotFound("guide")
        asked = {one.indicator for one in guide.graded if one.indicator}
        coverage = await indicators.coverage(reader, asked) if principal.internal else None
        if not ids:
            return Preparation(guide=guide, coverage=coverage, last=(), open_needs=())
        held = await store.page(reader, principal, Filter(customer_ids=ids), None, _LOOKED_AT)
        return Preparation(
            guide=guide,
            coverage=coverage,
            last=await _last(reader, guide, held[:_LOOKED_AT]),
            open_needs=await needs.open_of(reader, principal, ids, _WAITING),
        )


async def _last(reader: Reader, guide: Questionnaire, held: Sequence[Interview]) -> list[Before]:
    asked = {one.indicator for one in guide.graded}
    versions = {(one.questionnaire, one.questionnaire_version) for one in held}
    scales = {key: (await questionnaires.find(reader, *key)).scale for key in sorted(versions)}
    found: dict[str, Before] = {}
    for interview in held:
        scale = scales[interview.questionnaire, interview.questionnaire_version]
        for one in interview.grades:
            if one.indicator in asked and one.indicator not in found:
                found[one.indicator] = Before(
                    indicator=one.indicator,
                    expected=None if one.expected is None else scale.on_ten(one.expected),
                    obtained=scale.on_ten(one.obtained),
                    importance=None if one.importance is None else scale.on_ten(one.importance),
                    held_at=interview.held_at,
                )
    return [found[one.indicator] for one in guide.graded if one.indicator in found]
