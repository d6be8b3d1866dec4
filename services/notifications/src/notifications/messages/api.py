"""Messages over HTTP, and the public links inside them."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from guanxi import directory
from guanxi.auth import AuditEntry, audit
from guanxi.http import NotFound, Page, Paging, Read, Write, read, write
from guanxi.service import settings_of
from notifications import links
from notifications.messages import unsubscribing, usecases
from notifications.messages.schemas import AttemptView, MessageDetail, MessageView, Status, UnsubscribeView
from notifications.settings import Settings

router = APIRouter(tags=["messages"])

Reading = Annotated[Read, Depends(read("notifications:read"))]
Anybody = Annotated[Read, Depends(read())]
AnybodyWriting = Annotated[Write, Depends(write(idempotent=False))]
Known = Annotated[Settings, Depends(settings_of)]


@router.get("/messages")
async def list_messages(
    call: Reading,
    page: Paging,
    customer_id: Annotated[UUID | None, Query()] = None,
    status: Annotated[Status | None, Query()] = None,
) -> Page[MessageView]:
    """Messages, oldest first: whom they were for, what became of them and why.

    With `customer_id`, internal readers see those of merged records too. Addresses are in the single message only.
    """
    if customer_id is not None:
        customer = await directory.require(call.pool, customer_id)
        if not call.principal.internal and customer.unit_id != call.principal.unit:
            raise NotFound("customer")
    async with call.pool.read() as reader:
        rows = await usecases.page(
            reader, call.principal, customer_id=customer_id, status=status, after=page.after, limit=page.limit
        )
    return page.cut([MessageView.model_validate(row, from_attributes=True) for row in rows], lambda row: (row.id,))


@router.get("/messages/{message_id}")
async def get_message(message_id: UUID, call: Reading) -> MessageDetail:
    """One message with its address (masked without `pii:read`), the permission behind it and each try to send it."""
    async with call.pool.read() as reader:
        found, tried = await usecases.get(reader, call.principal, message_id)
    whole = MessageView.model_validate(found, from_attributes=True).model_dump()
    log = [AttemptView.model_validate(one, from_attributes=True) for one in tried]
    view = MessageDetail(**whole, address=found.address, provider_key=found.provider_key, log=log)
    return await call.show(view, "message", message_id, found.customer_id)


@router.get("/unsubscribe/{token}")
async def get_unsubscribe(token: str, call: Anybody, settings: Known) -> UnsubscribeView:
    """What the link in a message would stop. Reading it stops nothing: mail scanners follow links."""
    async with call.pool.read() as reader:
        found = await usecases.find(reader, links.read_unsubscribe(settings.secret("tracking_key"), token))
        stopped = await unsubscribing.is_stopped(reader, found)
    return UnsubscribeView(message_class=found.message_class, channel=found.channel, stopped=stopped)


@router.post("/unsubscribe/{token}")
async def post_unsubscribe(token: str, call: AnybodyWriting, settings: Known) -> UnsubscribeView:
    """Get no more messages of this class on this channel (RFC 8058 one-click). Repeating it changes nothing."""
    # Not `call.change()`: it would put the path, and with it the token, into the audit trail.
    async with call.pool.begin() as tx:
        found = await usecases.find(tx, links.read_unsubscribe(settings.secret("tracking_key"), token))
        await unsubscribing.unsubscribe(tx, found)
        await audit(tx, call.principal, AuditEntry("unsubscribe", "message", found.id, found.customer_id))
    return UnsubscribeView(message_class=found.message_class, channel=found.channel, stopped=True)
