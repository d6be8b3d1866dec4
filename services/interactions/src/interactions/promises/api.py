"""The promise ledger over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from guanxi.events.fields import UtcTime
from guanxi.http import Page, Paging, Read, Write, if_match, read, set_etag, write
from interactions.moments import not_future
from interactions.promises import usecases
from interactions.promises.rules import Outcome, Status
from interactions.promises.schemas import NewOutcome, PromiseRead
from interactions.voiding import NewVoiding

router = APIRouter(tags=["promises"])
CanRead = Annotated[Read, Depends(read("interactions:read"))]
CanWrite = Annotated[Write, Depends(write("interactions:write"))]
CanChange = Annotated[Write, Depends(write("interactions:write", idempotent=False))]


@router.get("/promises", response_model=Page[PromiseRead])
async def list_promises(
    call: CanRead,
    paging: Paging,
    customer_id: UUID | None = None,
    status: Status | None = None,
    due_before: Annotated[UtcTime | None, Query(description="Only those due earlier than this.")] = None,
) -> object:
    """Promises by the moment they are due, the earliest first."""
    found = await usecases.page(
        *(call.pool, call.principal, paging.after, paging.limit),
        customer_id=customer_id,
        status=status,
        due_before=due_before,
    )
    return paging.cut(found, lambda one: (one.due_at, one.id))


@router.get("/employees/{employee_id}/promises", response_model=Page[PromiseRead])
async def list_promises_of_employee(
    employee_id: UUID, call: CanRead, paging: Paging, status: Status | None = None
) -> object:
    """What an employee has promised, the earliest due first; an employee nobody knows has promised nothing."""
    found = await usecases.page(
        *(call.pool, call.principal, paging.after, paging.limit), promiser_id=employee_id, status=status
    )
    return paging.cut(found, lambda one: (one.due_at, one.id))


@router.get("/promises/{promise_id}", response_model=PromiseRead)
async def read_promise(promise_id: UUID, call: CanRead) -> object:
    """One promise."""
    async with call.pool.read() as reader:
        found = await usecases.find(reader, call.principal, promise_id)
    set_etag(call.response, found.version)
    return found


@router.post("/promises/{promise_id}/outcome", response_model=PromiseRead, status_code=201)
async def settle_promise(promise_id: UUID, body: NewOutcome, call: CanWrite) -> object:
    """Say what became of a promise: once, while it is open (409 `promise-settled` after that).

    `renegotiated` closes this promise and opens a new one, named in `replaced_by`, with the moment `new_due_at`.
    A promise without an outcome at its moment is broken by itself; of an outcome and that moment at once, one wins.
    """
    async with call.once() as once:
        if once.replay:
            return await usecases.find(once.tx, call.principal, once.replay)
        outcome = _outcome(body, call, once.tx.now)
        found = await usecases.settle(once.tx, call.principal, promise_id, outcome)
        once.created(
            found.id, f"/v1/promises/{found.id}", found.version, customer_id=found.customer_id, outcome=body.outcome
        )
    return found


@router.patch("/promises/{promise_id}/outcome", response_model=PromiseRead)
async def correct_outcome(
    promise_id: UUID, body: NewOutcome, call: CanChange, version: Annotated[int, Depends(if_match)]
) -> object:
    """Put right what was said, or concluded from silence, of a promise that was called kept or broken.

    A promise that was kept in time and entered the next morning is broken until then: send `kept` with the moment `at`.
    """
    async with call.change() as change:
        outcome = _outcome(body, call, change.tx.now)
        found = await usecases.correct(change.tx, call.principal, promise_id, version, outcome)
        change.done(found.id, found.version, customer_id=found.customer_id, outcome=body.outcome)
    return found


@router.post("/promises/{promise_id}/outcome/voiding", response_model=PromiseRead, status_code=201)
async def void_outcome(promise_id: UUID, body: NewVoiding, call: CanWrite) -> object:
    """Take back that a promise was kept or broken: it is open again. Only while its moment lies ahead."""
    async with call.once() as once:
        if once.replay:
            return await usecases.find(once.tx, call.principal, once.replay)
        found = await usecases.reopen(once.tx, call.principal, promise_id)
        path = f"/v1/promises/{found.id}"
        once.created(found.id, path, found.version, customer_id=found.customer_id, reason=body.reason)
    return found


def _outcome(body: NewOutcome, call: Write, now: datetime) -> Outcome:
    said = body.model_dump(exclude={"outcome", "at"})
    return Outcome(ending=body.outcome, at=not_future(body.at, now, "at"), by=call.principal.subject, **said)
