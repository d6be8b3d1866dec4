"""Asking customers first, over HTTP."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from guanxi import directory
from guanxi.http import NotFound, Page, Paging, Read, Write, read, write
from notifications.asking import usecases
from notifications.asking.rules import Request
from notifications.asking.schemas import AnswerPost, RequestPost, RequestView, State

router = APIRouter(tags=["permissions"])

Reading = Annotated[Read, Depends(read("notifications:read"))]
Writing = Annotated[Write, Depends(write("notifications:write"))]


@router.post("/permission-requests", status_code=201, responses={404: {}})
async def post_permission_request(body: RequestPost, call: Writing) -> RequestView:
    """Ask a customer who has said nothing, before anything is sent: by phone, or by one mail that may be sent.

    The same is asked once in twelve months. Whoever has said yes or no is not asked (409).
    """
    await _known(call, body.customer_id)
    async with call.once() as once:
        if once.replay:
            return _view(await usecases.get(once.tx, call.principal, once.replay))
        customer = await directory.share_lock(once.tx, body.customer_id)
        made = await usecases.ask(once.tx, customer, body, call.principal)
        once.created(made.id, f"/v1/permission-requests/{made.id}", made.version, customer_id=made.customer_id)
        return _view(made)


@router.get("/permission-requests")
async def list_permission_requests(
    call: Reading,
    page: Paging,
    customer_id: Annotated[UUID | None, Query()] = None,
    state: Annotated[State | None, Query()] = None,
) -> Page[RequestView]:
    """What customers were asked, oldest first."""
    if customer_id is not None:
        await _known(call, customer_id)
    async with call.pool.read() as reader:
        rows = await usecases.page(
            reader, call.principal, customer_id=customer_id, state=state, after=page.after, limit=page.limit
        )
    return page.cut([_view(row) for row in rows], lambda row: (row.id,))


@router.get("/permission-requests/{request_id}")
async def get_permission_request(request_id: UUID, call: Reading) -> RequestView:
    """One question, and how it stands."""
    async with call.pool.read() as reader:
        return _view(await usecases.get(reader, call.principal, request_id))


@router.post("/permission-requests/{request_id}/answer", status_code=201)
async def post_answer(request_id: UUID, body: AnswerPost, call: Writing) -> RequestView:
    """Note the customer's answer: it joins the ledger of permissions with its evidence."""
    async with call.once() as once:
        if once.replay:
            return _view(await usecases.get(once.tx, call.principal, once.replay))
        done = await usecases.answer(once.tx, request_id, body, call.principal)
        where = f"/v1/permission-requests/{done.id}"
        once.created(done.id, where, done.version, customer_id=done.customer_id, state=done.state)
        return _view(done)


async def _known(call: Read | Write, customer_id: UUID) -> None:
    customer = await directory.require(call.pool, customer_id)
    if not call.principal.internal and customer.unit_id != call.principal.unit:
        raise NotFound("customer")


def _view(request: Request) -> RequestView:
    return RequestView.model_validate(request, from_attributes=True)
