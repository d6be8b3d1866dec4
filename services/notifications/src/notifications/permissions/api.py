"""What customers allow, over HTTP."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from guanxi import directory
from guanxi.http import NotFound, Read, Write, read, write
from notifications.permissions import usecases
from notifications.permissions.schemas import PermissionsPut, PermissionsView, PermissionView

router = APIRouter(tags=["permissions"])

Reading = Annotated[Read, Depends(read("notifications:read"))]
Writing = Annotated[Write, Depends(write("notifications:write", idempotent=False))]


@router.get("/customers/{customer_id}/permissions")
async def get_permissions(customer_id: UUID, call: Reading) -> PermissionsView:
    """What a customer allows, by purpose and channel, with the evidence.

    Internal readers see what holds over all merged records: any denial or withdrawal wins. What is not listed is
    unknown, and unknown means no.
    """
    view = await _view(call, customer_id)
    return await call.show(view, "permissions", customer_id, customer_id)


@router.put("/customers/{customer_id}/permissions")
async def put_permissions(customer_id: UUID, body: PermissionsPut, call: Writing) -> PermissionsView:
    """Note what a customer said. It joins a ledger; of each purpose and channel the newest statement holds.

    Repeating it changes no state and tells nobody. A grant needs evidence.
    """
    customer = await directory.require(call.pool, customer_id)
    if not call.principal.internal and customer.unit_id != call.principal.unit:
        raise NotFound("customer")
    async with call.change() as change:
        customer = await directory.share_lock(change.tx, customer_id)
        await usecases.state(change.tx, customer, body.permissions, call.principal)
        change.done(customer_id, customer_id=customer_id, said=[f"{p.purpose}/{p.state}" for p in body.permissions])
    return await _view(call, customer_id)


async def _view(call: Read | Write, customer_id: UUID) -> PermissionsView:
    customer = await directory.require(call.pool, customer_id)
    if not call.principal.internal and customer.unit_id != call.principal.unit:
        raise NotFound("customer")
    async with call.pool.read() as reader:
        members = await directory.members(reader, customer_id) if call.principal.internal else [customer_id]
        held = await usecases.effective(reader, members)
    return PermissionsView(
        customer_id=customer_id,
        permissions=[PermissionView.model_validate(one, from_attributes=True) for one in held],
    )
