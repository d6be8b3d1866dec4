"""Webhooks over HTTP."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from starlette.responses import Response

from guanxi.http import Page, Paging, Read, Write, etag, if_match, read, write
from guanxi.service import settings_of
from notifications.feeds import usecases
from notifications.feeds.addresses import resolve_by_system
from notifications.feeds.rules import Subscription
from notifications.feeds.schemas import DeliveryView, WebhookMade, WebhookPatch, WebhookPost, WebhookView
from notifications.settings import Settings

router = APIRouter(tags=["webhooks"])

Reading = Annotated[Read, Depends(read("notifications:read"))]
Writing = Annotated[Write, Depends(write("notifications:write"))]
Updating = Annotated[Write, Depends(write("notifications:write", idempotent=False))]
Known = Annotated[Settings, Depends(settings_of)]


@router.post("/webhooks", status_code=201)
async def post_webhook(body: WebhookPost, call: Writing, settings: Known) -> WebhookMade:
    """Have facts sent to your system, signed by Standard Webhooks. The secret is shown in this answer and never again.

    A unit gets facts of its own records. Only public https addresses on the ports 443 and 8443 are taken.
    """
    allow = settings.webhook_allow_loopback
    await usecases.check_address(body.url, resolve_by_system, allow_loopback=allow)
    async with call.once() as once:
        if once.replay:
            return _made(await usecases.get(once.tx, call.principal, once.replay), None)
        row, secret = await usecases.subscribe(once.tx, body, call.principal)
        once.created(row.id, f"/v1/webhooks/{row.id}", row.version)
    return _made(row, secret)


@router.get("/webhooks")
async def list_webhooks(call: Reading, page: Paging) -> Page[WebhookView]:
    """Your unit's webhooks; units of the firm see all."""
    async with call.pool.read() as reader:
        rows = await usecases.page(reader, call.principal, after=page.after, limit=page.limit)
    return page.cut([WebhookView.model_validate(row, from_attributes=True) for row in rows], lambda row: (row.id,))


@router.get("/webhooks/{webhook_id}")
async def get_webhook(webhook_id: UUID, call: Reading) -> WebhookView:
    """One webhook."""
    async with call.pool.read() as reader:
        row = await usecases.get(reader, call.principal, webhook_id)
    call.response.headers["ETag"] = etag(row.version)
    return WebhookView.model_validate(row, from_attributes=True)


@router.patch("/webhooks/{webhook_id}")
async def patch_webhook(
    webhook_id: UUID, body: WebhookPatch, call: Updating, version: Annotated[int, Depends(if_match)], settings: Known
) -> WebhookView:
    """Change types or address, pause it, or take it up again, also after it was disabled."""
    if body.url is not None:
        allow = settings.webhook_allow_loopback
        await usecases.check_address(body.url, resolve_by_system, allow_loopback=allow)
    async with call.change() as change:
        row = await usecases.change(change.tx, webhook_id, body, version, call.principal)
        change.done(row.id, row.version)
    return WebhookView.model_validate(row, from_attributes=True)


@router.delete("/webhooks/{webhook_id}", status_code=204)
async def delete_webhook(webhook_id: UUID, call: Updating) -> Response:
    """End a webhook; what still waits for it is dropped."""
    async with call.change() as change:
        await usecases.remove(change.tx, webhook_id, call.principal)
        change.done(webhook_id)
    return Response(status_code=204)


@router.get("/webhooks/{webhook_id}/deliveries")
async def list_deliveries(webhook_id: UUID, call: Reading, page: Paging) -> Page[DeliveryView]:
    """What was sent to a webhook, newest first, and how it was taken."""
    async with call.pool.read() as reader:
        rows = await usecases.deliveries(reader, call.principal, webhook_id, after=page.after, limit=page.limit)
    return page.cut([DeliveryView.model_validate(row, from_attributes=True) for row in rows], lambda row: (row.id,))


def _made(row: Subscription, secret: str | None) -> WebhookMade:
    whole = WebhookView.model_validate(row, from_attributes=True).model_dump()
    return WebhookMade(**whole, secret=secret)
