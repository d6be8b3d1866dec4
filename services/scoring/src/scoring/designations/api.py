"""Designations of key customers over HTTP, for internal units; an external one finds nothing here."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from guanxi import directory
from guanxi.http import NotFound, Page, Paging, Read, Write, read, set_etag, write
from scoring.designations import usecases
from scoring.designations.rules import Status
from scoring.designations.schemas import DesignationRead, NewDecision, NewDesignation, NewEnding


async def reading(call: Annotated[Read, Depends(read("scores:read"))]) -> Read:
    """The call, when its caller is of an internal unit; else 404."""
    if not call.principal.internal:
        raise NotFound
    return call


async def writing(call: Annotated[Write, Depends(write("scores:write"))]) -> Write:
    """The same of a call that writes."""
    if not call.principal.internal:
        raise NotFound
    return call


router = APIRouter(tags=["key customers"])
Reading = Annotated[Read, Depends(reading)]
Writing = Annotated[Write, Depends(writing)]
_PATH = "/v1/key-customers/designations"


@router.get("/key-customers/designations", response_model=Page[DesignationRead])
async def list_designations(
    call: Reading,
    paging: Paging,
    status: Status | None = None,
    customer: Annotated[UUID | None, Query(description="Only of this customer, all its records included.")] = None,
) -> object:
    """List who was proposed, approved, refused and ended as a key customer, the newest first."""
    async with call.pool.read() as reader:
        found = await usecases.page(reader, status, customer, paging.after, paging.limit)
    return paging.cut(found, lambda one: (one.id,))


@router.get("/key-customers/designations/{designation_id}", response_model=DesignationRead)
async def read_designation(designation_id: UUID, call: Reading) -> object:
    """Read one designation."""
    async with call.pool.read() as reader:
        found = await usecases.find(reader, designation_id)
    set_etag(call.response, found.version)
    return found


@router.post("/key-customers/designations", response_model=DesignationRead, status_code=201)
async def propose_key_customer(body: NewDesignation, call: Writing) -> object:
    """Propose a customer for strategic reasons; those who enter the segment are proposed by themselves."""
    await directory.require(call.pool, body.customer_id)
    async with call.once() as once:
        if once.replay:
            return await usecases.find(once.tx, once.replay)
        made = await usecases.propose(once.tx, body.customer_id, body.reason, call.principal)
        once.created(made.id, f"{_PATH}/{made.id}", made.version, customer_id=made.customer_id)
    return made


@router.post("/key-customers/designations/{designation_id}/decision", response_model=DesignationRead, status_code=201)
async def decide_designation(designation_id: UUID, body: NewDecision, call: Writing) -> object:
    """Approve or refuse a proposal; whoever proposed it leaves that to somebody else."""
    async with call.once() as once:
        if once.replay:
            return await usecases.find(once.tx, once.replay)
        found = await usecases.decide(once.tx, designation_id, body.decision, body.reason, call.principal)
        once.created(
            found.id, f"{_PATH}/{found.id}", found.version, customer_id=found.customer_id, decision=body.decision
        )
    return found


@router.post("/key-customers/designations/{designation_id}/ending", response_model=DesignationRead, status_code=201)
async def end_designation(designation_id: UUID, body: NewEnding, call: Writing) -> object:
    """End a designation, or withdraw a proposal; it ends by no rule alone."""
    async with call.once() as once:
        if once.replay:
            return await usecases.find(once.tx, once.replay)
        found = await usecases.end(once.tx, designation_id, body.reason, call.principal)
        once.created(found.id, f"{_PATH}/{found.id}", found.version, customer_id=found.customer_id)
    return found
