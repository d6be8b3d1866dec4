"""Interviews over HTTP."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from guanxi.events.fields import UtcTime
from guanxi.http import Page, Paging, Read, Write, if_match, read, set_etag, write
from interactions import scope
from interactions.interviews import guides, usecases
from interactions.interviews.schemas import (
    CoverageRead,
    Guide,
    InterviewCorrection,
    InterviewRead,
    InterviewRow,
    LastGrade,
    NewInterview,
)
from interactions.interviews.usecases import Told
from interactions.needs.schemas import NeedRead
from interactions.questionnaires.schemas import QuestionnaireCode, shown
from interactions.voiding import NewVoiding

router = APIRouter(tags=["interviews"])
CanRead = Annotated[Read, Depends(read("interactions:read"))]
CanWrite = Annotated[Write, Depends(write("interactions:write"))]
CanChange = Annotated[Write, Depends(write("interactions:write", idempotent=False))]


@router.get("/interviews/guide")
async def read_guide(
    call: CanRead,
    customer_id: UUID | None = None,
    cycle_id: Annotated[UUID | None, Query(description="Handed through, to be given with the interview.")] = None,
    questionnaire: Annotated[QuestionnaireCode | None, Query(description="The guide made last, if not given.")] = None,
) -> Guide:
    """What to ask: the guide, the quality indicators in force, and what is known of a customer.

    That is their last grades and what they still wait for. Where the guide asks for other indicators than hold now,
    `coverage` says which: make the guide's next version.
    """
    found = await guides.prepare(call.pool, call.principal, questionnaire, customer_id)
    return Guide(
        questionnaire=shown(found.guide),
        coverage=CoverageRead.model_validate(found.coverage) if found.coverage else None,
        cycle_id=cycle_id,
        last=[LastGrade.model_validate(one) for one in found.last],
        open_needs=[NeedRead.model_validate(one) for one in found.open_needs],
    )


@router.post("/interviews", status_code=201)
async def hold_interview(body: NewInterview, call: CanWrite) -> InterviewRead:
    """Enter an interview that was held along a guide.

    Grades are on the guide's own scale; facts carry them stretched evenly to 0 to 10, halves upwards. It is a contact
    of kind `interview` as well. Each need goes straight to who can act, and a pressing one has its moment.
    """
    await scope.customer_for(call.pool, call.principal, body.customer_id)
    async with call.once() as once:
        if once.replay:
            return _shown(await usecases.tell(once.tx, call.principal, once.replay))
        told = await usecases.hold(once.tx, call.principal, body)
        found = told.interview
        once.created(found.id, f"/v1/interviews/{found.id}", found.version, customer_id=found.customer_id)
    return _shown(told)


@router.get("/interviews", response_model=Page[InterviewRow])
async def list_interviews(  # noqa: PLR0913 - one parameter for each filter
    call: CanRead,
    paging: Paging,
    customer_id: UUID | None = None,
    cycle_id: UUID | None = None,
    interviewer: UUID | None = None,
    since: UtcTime | None = None,
    until: UtcTime | None = None,
) -> object:
    """Interviews, newest first."""
    found = await usecases.page(
        *(call.pool, call.principal, paging.after, paging.limit),
        customer_id=customer_id,
        cycle_id=cycle_id,
        interviewer_id=interviewer,
        since=since,
        until=until,
    )
    return paging.cut(found, lambda one: (one.held_at, one.id))


@router.get("/interviews/{interview_id}")
async def read_interview(interview_id: UUID, call: CanRead) -> InterviewRead:
    """One interview with the needs raised in it, each with whether we responded in time."""
    async with call.pool.read() as reader:
        told = await usecases.tell(reader, call.principal, interview_id)
    set_etag(call.response, told.interview.version)
    return _shown(told)


@router.patch("/interviews/{interview_id}")
async def correct_interview(
    interview_id: UUID, body: InterviewCorrection, call: CanChange, version: Annotated[int, Depends(if_match)]
) -> InterviewRead:
    """Correct what was entered wrongly. Fields that are not sent stay; `answers` replace all answers."""
    async with call.change() as change:
        found = await usecases.correct(change.tx, call.principal, interview_id, version, body)
        fields = sorted(body.model_fields_set)
        change.done(found.id, found.version, customer_id=found.customer_id, fields=fields)
        return _shown(await usecases.tell(change.tx, call.principal, found.id))


@router.post("/interviews/{interview_id}/voiding", response_model=InterviewRow, status_code=201)
async def void_interview(interview_id: UUID, body: NewVoiding, call: CanWrite) -> object:
    """Take an interview back: it was not held, and nothing was raised in it. Its contact goes with it. Final."""
    async with call.once() as once:
        if once.replay:
            return await usecases.find(once.tx, call.principal, once.replay)
        found = await usecases.void(once.tx, call.principal, interview_id)
        path = f"/v1/interviews/{found.id}"
        once.created(found.id, path, found.version, customer_id=found.customer_id, reason=body.reason)
    return found


def _shown(told: Told) -> InterviewRead:
    row = InterviewRow.model_validate(told.interview)
    return InterviewRead.model_construct(**dict(row), needs=[NeedRead.model_validate(one) for one in told.needs])
