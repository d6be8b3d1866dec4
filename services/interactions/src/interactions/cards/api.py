"""Invitations, print runs and filled-in cards over HTTP."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path

from guanxi.http import Page, Paging, Read, Write, read, set_etag, write
from guanxi.service import ServiceSettings, settings_of
from guanxi.web import LIMITED
from interactions import scope
from interactions.cards import codes, usecases
from interactions.cards.looks import LIMITS
from interactions.cards.rules import Invitation, PrintRun, Status
from interactions.cards.schemas import (
    InvitationMade,
    InvitationRow,
    NewInvitation,
    NewPrintRun,
    NewResponse,
    PrintRunRead,
    ResponseTaken,
)
from interactions.questionnaires.schemas import QuestionnaireCode

router = APIRouter(tags=["cards"])
CanRead = Annotated[Read, Depends(read("interactions:read"))]
CanWrite = Annotated[Write, Depends(write("interactions:write"))]
Anybody = Annotated[Write, Depends(write())]
Settings = Annotated[ServiceSettings, Depends(settings_of)]
Named = Annotated[QuestionnaireCode, Path(description="The questionnaire's code.")]


@router.post("/invitations", status_code=201)
async def invite(body: NewInvitation, call: CanWrite, settings: Settings) -> InvitationMade:
    """Enter that a customer was handed, or is to be sent, a card or survey; the answer holds what to give them.

    Code and link are good for one answer. They are made of a key and stored nowhere; a repeat of the request shows them
    again. What is not answered within the questionnaire's days is told as lapsed.
    """
    await scope.customer_for(call.pool, call.principal, body.customer_id)
    key = settings.secret("tracking_key")
    async with call.once() as once:
        if once.replay:
            return _made(await usecases.find(once.tx, call.principal, once.replay), key, settings)
        made = await usecases.invite(once.tx, call.principal, body, key)
        once.created(made.id, f"/v1/invitations/{made.id}", made.version, customer_id=made.customer_id)
    return _made(made, key, settings)


@router.get("/invitations", response_model=Page[InvitationRow])
async def list_invitations(
    call: CanRead, paging: Paging, customer_id: UUID | None = None, status: Status | None = None
) -> object:
    """Invitations, newest first."""
    found = await usecases.page(
        *(call.pool, call.principal, paging.after, paging.limit), customer_id=customer_id, status=status
    )
    return paging.cut(found, lambda one: (one.invited_at, one.id))


@router.get("/invitations/{invitation_id}", response_model=InvitationRow)
async def read_invitation(invitation_id: UUID, call: CanRead) -> object:
    """One invitation."""
    async with call.pool.read() as reader:
        found = await usecases.find(reader, call.principal, invitation_id)
    set_etag(call.response, found.version)
    return found


@router.post("/questionnaires/{code}/print-runs", status_code=201)
async def print_cards(code: Named, body: NewPrintRun, call: CanWrite, settings: Settings) -> PrintRunRead:
    """Make cards for nobody in particular, each with a code that is good for one anonymous answer."""
    key = settings.secret("tracking_key")
    async with call.once() as once:
        if once.replay:
            return _run((await usecases.find_run(once.tx, once.replay, code, key))[0], key)
        run = await usecases.print_run(once.tx, call.principal, code, body.count, key)
        once.created(run.id, _sheet(run), run.version)
    return _run(run, key)


@router.post("/responses", status_code=201, responses={**LIMITED, 404: {}})
async def respond(body: NewResponse, call: Anybody) -> ResponseTaken:
    """Hand in a card by its code: for everybody who holds one, and for staff who type in what came by post.

    A code is good once (409 `card-answered`), so a repeat does no harm.
    """
    LIMITS.check(call.request, body.code)
    async with call.once() as once:
        opinion = await usecases.respond(once.tx, body.code, body.filled())
        once.created(opinion.id, "", customer_id=opinion.customer_id)
    return ResponseTaken(
        questionnaire=opinion.questionnaire,
        questionnaire_version=opinion.questionnaire_version or 1,
        signed=opinion.customer_id is not None,
    )


def _made(one: Invitation, key: bytes, settings: ServiceSettings) -> InvitationMade:
    code = usecases.code_of(one, key)
    row = InvitationRow.model_validate(one)
    return InvitationMade.model_construct(**dict(row), code=code, link=codes.link_of(settings.public_url, code))


def _run(run: PrintRun, key: bytes) -> PrintRunRead:
    return PrintRunRead(
        id=run.id,
        questionnaire=run.questionnaire,
        questionnaire_version=run.questionnaire_version,
        count=run.count,
        codes=usecases.codes_of(run, key),
        sheet=_sheet(run),
    )


def _sheet(run: PrintRun) -> str:
    return f"/v1/questionnaires/{run.questionnaire}/print?run={run.id}"
