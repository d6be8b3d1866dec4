"""Hand-overs and exposed customers over HTTP; internal units only."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from guanxi.http import Page, Paging, Read, Write, read, set_etag, write
from interactions import scope
from interactions.handovers import exposures, formula, usecases
from interactions.handovers.rules import Exposure, Status
from interactions.handovers.schemas import (
    ExposedCustomer,
    HandoverRead,
    NewHandover,
    NewHandoverCompletion,
    NewJointVisit,
)

router = APIRouter(tags=["handovers"])
CanRead = Annotated[Read, Depends(read("interactions:read"))]
CanWrite = Annotated[Write, Depends(write("interactions:write"))]


@router.post("/handovers", response_model=HandoverRead, status_code=201)
async def plan_handover(body: NewHandover, call: CanWrite) -> object:
    """Plan that a customer goes from one employee to another; one at a time (409 `handover-open`).

    When an employee is to leave, the hand-overs of the customers who depend on them plan themselves.
    """
    scope.only_internal(call.principal, "handover")
    await scope.customer_for(call.pool, call.principal, body.customer_id)
    async with call.once() as once:
        if once.replay:
            return await usecases.find(once.tx, call.principal, once.replay)
        made = await usecases.open_one(once.tx, call.principal, body)
        once.created(made.id, f"/v1/handovers/{made.id}", made.version, customer_id=made.customer_id)
    return made


@router.get("/handovers", response_model=Page[HandoverRead])
async def list_handovers(
    call: CanRead,
    paging: Paging,
    customer_id: UUID | None = None,
    status: Status | None = None,
    from_employee: UUID | None = None,
) -> object:
    """Hand-overs, the newest first."""
    found = await usecases.page(
        *(call.pool, call.principal, paging.after, paging.limit),
        customer_id=customer_id,
        status=status,
        from_id=from_employee,
    )
    return paging.cut(found, lambda one: (one.recorded_at, one.id))


@router.get("/handovers/{handover_id}", response_model=HandoverRead)
async def read_handover(handover_id: UUID, call: CanRead) -> object:
    """One hand-over."""
    async with call.pool.read() as reader:
        found = await usecases.find(reader, call.principal, handover_id)
    set_etag(call.response, found.version)
    return found


@router.post("/handovers/{handover_id}/joint-visit", response_model=HandoverRead, status_code=201)
async def visit_together(handover_id: UUID, body: NewJointVisit, call: CanWrite) -> object:
    """Note that both have seen the customer. It becomes a contact of whoever takes over, and so their first tie."""
    async with call.once() as once:
        if once.replay:
            return await usecases.find(once.tx, call.principal, once.replay)
        found = await usecases.visit(once.tx, call.principal, handover_id, body)
        once.created(found.id, f"/v1/handovers/{found.id}", found.version, customer_id=found.customer_id)
    return found


@router.post("/handovers/{handover_id}/completion", response_model=HandoverRead, status_code=201)
async def complete_handover(handover_id: UUID, body: NewHandoverCompletion, call: CanWrite) -> object:
    """Note that the customer has been handed over; without a joint visit only with a reason."""
    async with call.once() as once:
        if once.replay:
            return await usecases.find(once.tx, call.principal, once.replay)
        found = await usecases.complete(once.tx, call.principal, handover_id, body)
        path, why = f"/v1/handovers/{found.id}", body.without_joint_visit
        once.created(found.id, path, found.version, customer_id=found.customer_id, without_joint_visit=why)
    return found


@router.get("/employees/{employee_id}/exposed-customers", response_model=Page[ExposedCustomer])
async def list_exposed_customers(employee_id: UUID, call: CanRead, paging: Paging) -> object:
    """The customers tied to an employee, by their ids, and which of them would know nobody of ours any more.

    The strength of a tie is the declared sum of points for the employee's contacts, interviews and kept promises of the
    last twelve months. A merged customer is one, with the contacts of all its members.
    """
    found = await exposures.page(call.pool, call.principal, employee_id, paging.after, paging.limit)
    return paging.cut([_shown(one) for one in found], lambda one: (one.customer_id,))


def _shown(one: Exposure) -> ExposedCustomer:
    values = {name: getattr(one, name) for name in ExposedCustomer.model_fields if name != "formula"}
    return ExposedCustomer.model_validate({**values, "formula": formula.newest().version})
