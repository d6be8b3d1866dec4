"""Needs over HTTP."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends

from guanxi.db import Tx
from guanxi.http import Page, Paging, Read, Write, read, set_etag, write
from interactions import scope
from interactions.needs import usecases
from interactions.needs.rules import Need, Status
from interactions.needs.schemas import NeedRead, NewAnswer, NewConfirmation, NewNeed, NewReopening
from interactions.voiding import NewVoiding

router = APIRouter(tags=["needs"])
CanRead = Annotated[Read, Depends(read("interactions:read"))]
CanWrite = Annotated[Write, Depends(write("interactions:write"))]


@router.post("/needs", response_model=NeedRead, status_code=201)
async def raise_need(body: NewNeed, call: CanWrite) -> object:
    """Enter what a customer needs of us, and give it to who can answer: no way round, no delay.

    A pressing one without `due_at` is due at the end of the next working day of the unit that has to answer. What
    nobody has answered by then is told as overdue.
    """
    await scope.customer_for(call.pool, call.principal, body.customer_id)
    async with call.once() as once:
        if once.replay:
            return await usecases.find(once.tx, call.principal, once.replay)
        made = await usecases.raise_one(once.tx, call.principal, body)
        once.created(made.id, f"/v1/needs/{made.id}", made.version, customer_id=made.customer_id)
    return made


@router.get("/needs", response_model=Page[NeedRead])
async def list_needs(
    call: CanRead,
    paging: Paging,
    customer_id: UUID | None = None,
    status: Status | None = None,
    assignee: UUID | None = None,
) -> object:
    """Needs, newest first."""
    found = await usecases.page(
        *(call.pool, call.principal, paging.after, paging.limit),
        customer_id=customer_id,
        status=status,
        assignee_id=assignee,
    )
    return paging.cut(found, lambda one: (one.raised_at, one.id))


@router.get("/needs/{need_id}", response_model=NeedRead)
async def read_need(need_id: UUID, call: CanRead) -> object:
    """One need, and whether it was answered in time."""
    async with call.pool.read() as reader:
        found = await usecases.find(reader, call.principal, need_id)
    set_etag(call.response, found.version)
    return found


@router.post("/needs/{need_id}/answer", response_model=NeedRead, status_code=201)
async def answer_need(need_id: UUID, body: NewAnswer, call: CanWrite) -> object:
    """Enter the answer: once, while the need is open (409 `need-answered` after that)."""
    return await _step(call, need_id, lambda tx: usecases.answer(tx, call.principal, need_id, body))


@router.post("/needs/{need_id}/confirmation", response_model=NeedRead, status_code=201)
async def confirm_need(need_id: UUID, body: NewConfirmation, call: CanWrite) -> object:
    """Note that the answer helped, as the customer says."""
    return await _step(call, need_id, lambda tx: usecases.confirm(tx, call.principal, need_id), reason=body.reason)


@router.post("/needs/{need_id}/reopening", response_model=NeedRead, status_code=201)
async def reopen_need(need_id: UUID, body: NewReopening, call: CanWrite) -> object:
    """Note that the answer did not help: it is due again, at the end of the next working day."""
    return await _step(call, need_id, lambda tx: usecases.reopen(tx, call.principal, need_id), reason=body.reason)


@router.post("/needs/{need_id}/voiding", response_model=NeedRead, status_code=201)
async def void_need(need_id: UUID, body: NewVoiding, call: CanWrite) -> object:
    """Take a need back: there was none. Final."""
    return await _step(call, need_id, lambda tx: usecases.void(tx, call.principal, need_id), reason=body.reason)


async def _step(call: Write, need_id: UUID, do: Callable[[Tx], Awaitable[Need]], **details: Any) -> Need:
    async with call.once() as once:
        if once.replay:
            return await usecases.find(once.tx, call.principal, once.replay)
        found = await do(once.tx)
        once.created(need_id, f"/v1/needs/{need_id}", found.version, customer_id=found.customer_id, **details)
    return found
