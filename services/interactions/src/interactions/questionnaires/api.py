"""Questionnaires over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from guanxi.http import Page, Paging, Read, Write, read, set_etag, write
from interactions.questionnaires import usecases
from interactions.questionnaires.rules import Kind, Questionnaire
from interactions.questionnaires.schemas import (
    NewQuestionnaire,
    NewVersion,
    QuestionnaireCode,
    QuestionnaireRead,
    shown,
)

router = APIRouter(tags=["questionnaires"])
CanRead = Annotated[Read, Depends(read("interactions:read"))]
CanWrite = Annotated[Write, Depends(write("interactions:write"))]
Named = Annotated[QuestionnaireCode, Path(description="The questionnaire's code.")]
Version = Annotated[int | None, Query(ge=1, le=1_000_000, description="The newest, if not given.")]


@router.post("/questionnaires", status_code=201)
async def create_questionnaire(body: NewQuestionnaire, call: CanWrite) -> QuestionnaireRead:
    """Make an opinion card, a survey, an exit question or a guide of interviews.

    A guide's graded questions name the quality indicators that they measure. Internal units only.
    """
    async with call.once() as once:
        if once.replay:
            return shown(await usecases.find(once.tx, body.code, 1))
        made = await usecases.create(once.tx, call.principal, body)
        once.created(made.id, _path(made), made.version)
    return shown(made)


@router.post("/questionnaires/{code}/versions", status_code=201)
async def renew_questionnaire(code: Named, body: NewVersion, call: CanWrite) -> QuestionnaireRead:
    """Make the next version of a questionnaire. Those before it stay as they were, with what was answered to them."""
    async with call.once() as once:
        if once.replay:
            return shown(await usecases.find(once.tx, code))
        made = await usecases.renew(once.tx, call.principal, code, body)
        once.created(made.id, _path(made), made.version)
    return shown(made)


@router.get("/questionnaires", response_model=Page[QuestionnaireRead])
async def list_questionnaires(call: CanRead, paging: Paging, kind: Kind | None = None) -> object:
    """The newest version of each questionnaire, by code."""
    found = await usecases.page(call.pool, kind, paging.after, paging.limit)
    return paging.cut([shown(one) for one in found], lambda one: (one.code,))


@router.get("/questionnaires/{code}")
async def read_questionnaire(code: Named, call: CanRead, version: Version = None) -> QuestionnaireRead:
    """One questionnaire."""
    async with call.pool.read() as reader:
        found = await usecases.find(reader, code, version)
    set_etag(call.response, found.version)
    return shown(found)


def _path(made: Questionnaire) -> str:
    return f"/v1/questionnaires/{made.code}?version={made.version}"
