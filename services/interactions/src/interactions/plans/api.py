"""Plan items over HTTP."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from guanxi.events.fields import UtcTime
from guanxi.http import Page, Paging, Read, Write, read, set_etag, write
from interactions import scope
from interactions.plans import usecases
from interactions.plans.rules import Status
from interactions.plans.schemas import NewCancellation, NewCompletion, NewPlanItem, PlanItemRead

router = APIRouter(tags=["plans"])
CanRead = Annotated[Read, Depends(read("interactions:read"))]
CanWrite = Annotated[Write, Depends(write("interactions:write"))]


@router.post("/plan-items", response_model=PlanItemRead, status_code=201)
async def plan_item(body: NewPlanItem, call: CanWrite) -> object:
    """Plan a visit, a call, a meeting, a survey or care; what is not done when its day is over is told as missed."""
    await scope.customer_for(call.pool, call.principal, body.customer_id)
    async with call.once() as once:
        if once.replay:
            return await usecases.find(once.tx, call.principal, once.replay)
        made = await usecases.plan_one(once.tx, call.principal, body)
        once.created(made.id, f"/v1/plan-items/{made.id}", made.version, customer_id=made.customer_id)
    return made


@router.get("/plan-items", response_model=Page[PlanItemRead])
async def list_plan_items(  # noqa: PLR0913 - one parameter for each filter
    call: CanRead,
    paging: Paging,
    customer_id: UUID | None = None,
    assignee: UUID | None = None,
    status: Status | None = None,
    closes_before: Annotated[UtcTime | None, Query(description="Only those whose day is over before this.")] = None,
) -> object:
    """Plan items by their days, the earliest first."""
    found = await usecases.page(
        *(call.pool, call.principal, paging.after, paging.limit),
        customer_id=customer_id,
        assignee_id=assignee,
        status=status,
        closes_before=closes_before,
    )
    return paging.cut(found, lambda one: (one.closes_at, one.id))


@router.get("/plan-items/{plan_item_id}", response_model=PlanItemRead)
async def read_plan_item(plan_item_id: UUID, call: CanRead) -> object:
    """One plan item."""
    async with call.pool.read() as reader:
        found = await usecases.find(reader, call.principal, plan_item_id)
    set_etag(call.response, found.version)
    return found


@router.post("/plan-items/{plan_item_id}/completion", response_model=PlanItemRead, status_code=201)
async def complete_plan_item(plan_item_id: UUID, body: NewCompletion, call: CanWrite) -> object:
    """Note that it was done, be it late, and by which exchange: once (409 `plan-item-done` after that)."""
    async with call.once() as once:
        if once.replay:
            return await usecases.find(once.tx, call.principal, once.replay)
        found = await usecases.complete(once.tx, call.principal, plan_item_id, body)
        once.created(found.id, f"/v1/plan-items/{found.id}", found.version, customer_id=found.customer_id)
    return found


@router.post("/plan-items/{plan_item_id}/cancellation", response_model=PlanItemRead, status_code=201)
async def cancel_plan_item(plan_item_id: UUID, body: NewCancellation, call: CanWrite) -> object:
    """Call it off with a reason: nobody will have missed it (409 `plan-item-not-open` when it is done or missed)."""
    async with call.once() as once:
        if once.replay:
            return await usecases.find(once.tx, call.principal, once.replay)
        found = await usecases.cancel(once.tx, call.principal, plan_item_id)
        path = f"/v1/plan-items/{found.id}"
        once.created(found.id, path, found.version, customer_id=found.customer_id, reason=body.reason)
    return found
