"""One step of a complaint over HTTP: lock it, take the step, answer with its new state; a repeat takes it once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated
from uuid import UUID

from fastapi import Depends

from complaints.routing import usecases as routing
from complaints.tickets import schemas, usecases
from complaints.tickets.rules import Ticket
from complaints.tickets.schemas import ComplaintItem
from guanxi.auth import Principal
from guanxi.db import Tx
from guanxi.http import Forbidden, Write, write

Writer = Annotated[Write, Depends(write("complaints:write"))]
Step = Callable[[Tx, Ticket], Awaitable[Ticket]]


async def take(
    call: Write, complaint_id: UUID, expected: int | None, step: Step, *, holder_only: bool = True
) -> ComplaintItem:
    """Take a step; one that is for the `holder_only` is taken by the unit that holds it, or by an administrator."""
    async with call.once() as once:
        if once.replay:
            found = await usecases.read(once.tx, call.principal, once.replay)
            return schemas.item(found, await usecases.outsider(once.tx, call.principal))
        ticket = await usecases.lock(once.tx, complaint_id, call.principal, expected)
        await _check_present(once.tx, call.principal)
        if holder_only:
            _check_hands(ticket, call.principal)
        after = await step(once.tx, ticket)
        once.created(after.id, f"/v1/complaints/{after.id}", after.version, customer_id=after.customer_id)
        return schemas.item(after, await usecases.outsider(once.tx, call.principal))


async def _check_present(tx: Tx, principal: Principal) -> None:
    if principal.employee_id is not None and await routing.gone(tx, [principal.employee_id], tx.now):
        raise Forbidden("Whoever has left takes up and settles nothing any more.", "has-left")


def _check_hands(ticket: Ticket, principal: Principal) -> None:
    if principal.unit != ticket.holder_unit and not principal.may("admin"):
        raise Forbidden("Another unit holds this complaint.", "not-the-holder")
