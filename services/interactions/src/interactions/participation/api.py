"""The participation report over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from guanxi.events.fields import UtcTime
from guanxi.http import Read, read
from interactions.participation import usecases
from interactions.participation.rules import Span
from interactions.participation.schemas import ParticipationRead
from interactions.questionnaires.schemas import QuestionnaireCode

router = APIRouter(tags=["reports"])


@router.get("/reports/participation")
async def report_participation(
    call: Annotated[Read, Depends(read("interactions:read"))],
    since: Annotated[UtcTime | None, Query(description="Asked at or after this moment.")] = None,
    until: Annotated[UtcTime | None, Query(description="Asked before this moment.")] = None,
    questionnaire: QuestionnaireCode | None = None,
) -> ParticipationRead:
    """How many of those who were asked answer, by channel and by who handed the card over, and what interviews yield.

    Counted by when they were asked, so a rate grows until the last invitation has lapsed. Internal units only.
    """
    span = Span(since=since, until=until, questionnaire=questionnaire)
    return ParticipationRead.model_validate(await usecases.report(call.pool, call.principal, span))
