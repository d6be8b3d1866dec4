"""Filing a complaint."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends

from complaints.fields import IfMatchGiven
from complaints.filing import rules, together, usecases
from complaints.filing.schemas import ComplaintCreate, ComplaintPatch, VoidingCreate
from complaints.routing import usecases as routing
from complaints.tickets import schemas
from complaints.tickets import usecases as tickets
from complaints.tickets.rules import Ticket
from complaints.tickets.schemas import ComplaintItem
from guanxi import directory
from guanxi.auth import Principal
from guanxi.db import Reader, Tx
from guanxi.directory import DirectoryCustomer
from guanxi.http import NotFound, Unprocessable, Write, if_match, plain, write

router = APIRouter(tags=["complaints"])
Writer = Annotated[Write, Depends(write("complaints:write"))]
Changer = Annotated[Write, Depends(write("complaints:write", idempotent=False))]
IfMatch = Annotated[int, Depends(if_match)]


@router.post("/complaints", status_code=201)
@plain
async def file_complaint(body: ComplaintCreate, call: Writer) -> ComplaintItem:
    """File a complaint. It is routed at once: the answer names the unit that holds it and the promised time."""
    if together.is_plain(body, call.principal):
        return schemas.item(await together.file(call, body), None)
    if body.customer_id is not None:
        _check_customer(await directory.require(call.pool, body.customer_id), call.principal)
    async with call.once() as once:
        if once.replay:
            ticket = await tickets.read(once.tx, call.principal, once.replay)
        else:
            ticket = await _file(once.tx, body, call.principal)
            once.created(ticket.id, f"/v1/complaints/{ticket.id}", ticket.version, customer_id=ticket.customer_id)
        return schemas.item(ticket, await tickets.outsider(once.tx, call.principal))


@router.patch("/complaints/{complaint_id}")
async def correct_complaint(complaint_id: UUID, body: ComplaintPatch, call: Changer, version: IfMatch) -> ComplaintItem:
    """Put right what was taken down wrongly, for the unit that took it down or holds it.

    Where the complaint is and by when it is due stay as they are: hand it on if its cause is another unit's.
    """
    async with call.change() as change:
        ticket = await tickets.lock(change.tx, complaint_id, call.principal, version)
        rules.check_corrector(ticket, call.principal)
        after = await usecases.amend(change.tx, ticket, replace(ticket, **_given(body)))
        fields = sorted(body.model_fields_set)
        change.done(after.id, after.version, customer_id=after.customer_id, fields=fields)
        return schemas.item(after, await tickets.outsider(change.tx, call.principal))


@router.post("/complaints/{complaint_id}/voiding", status_code=201)
async def void_complaint(
    complaint_id: UUID, body: VoidingCreate, call: Writer, expected: IfMatchGiven
) -> ComplaintItem:
    """Take a complaint back that nobody made, for the unit that took it down. Final: it is not found any more."""
    async with call.once() as once:
        if once.replay:
            after = await tickets.read(once.tx, call.principal, once.replay, voided=True)
        else:
            ticket = await tickets.lock(once.tx, complaint_id, call.principal, expected)
            rules.check_voider(ticket, call.principal)
            after = await usecases.void(once.tx, ticket)
            at, customer_id = f"/v1/complaints/{after.id}", after.customer_id
            once.created(after.id, at, after.version, customer_id=customer_id, reason=body.reason)
        return schemas.item(after, await tickets.outsider(once.tx, call.principal))


def _given(body: ComplaintPatch) -> dict[str, Any]:
    given = body.model_dump(exclude_unset=True)
    if "reply_to" in given:
        reply_to = given.pop("reply_to") or {"channel": None, "address": None}
        given |= {f"reply_{name}": value for name, value in reply_to.items()}
    return given


async def _file(tx: Tx, body: ComplaintCreate, principal: Principal) -> Ticket:
    if body.customer_id is not None:
        _check_customer(await directory.share_lock(tx, body.customer_id), principal)
    if body.unit is not None:
        await _check_door(tx, body.unit, principal)
    return (await usecases.file(tx, [together.filing_of(tx, body, principal)]))[0]


async def _check_door(reader: Reader, unit: str, principal: Principal) -> None:
    # To a stranger an internal unit that he names and one that does not exist are the same.
    if not principal.internal and unit != principal.unit:
        raise Unprocessable.field("unit", "unknown-unit", "There is no such unit.")
    await routing.check_holder(reader, "unit", unit, principal.unit)


def _check_customer(customer: DirectoryCustomer, principal: Principal) -> None:
    if not principal.internal and customer.unit_id != principal.unit:
        raise NotFound("customer")
