"""Contacts over HTTP: the platform's busiest routes."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from guanxi.events.fields import Channel, UtcTime
from guanxi.http import Page, Paging, Read, Write, if_match, plain, read, set_etag, write
from interactions import scope
from interactions.contacts import at_once, usecases
from interactions.contacts.schemas import (
    InteractionCorrection,
    InteractionRead,
    InteractionRow,
    NewInteraction,
)
from interactions.contacts.usecases import Told
from interactions.promises.schemas import PromiseRead
from interactions.voiding import NewVoiding

router = APIRouter(tags=["interactions"])
CanRead = Annotated[Read, Depends(read("interactions:read"))]
CanWrite = Annotated[Write, Depends(write("interactions:write"))]
CanChange = Annotated[Write, Depends(write("interactions:write", idempotent=False))]


@router.post("/interactions", status_code=201)
@plain
async def log_interaction(body: NewInteraction, call: CanWrite) -> InteractionRead:
    """Log an exchange with a customer, with the promises made in it.

    Without `occurred_at` it is happening now. What happened more than 48 hours ago is history: it changes the picture
    of the customer, but nobody is told, and a promise whose moment has passed is kept as `historic`. The customer must
    exist; one registered a moment ago may need another try (503 `customer-not-yet-known`).
    """
    if not body.promises and body.employee is None:
        return _shown(Told(await at_once.log_contact(call, body), ()))
    await scope.customer_for(call.pool, call.principal, body.customer_id)
    async with call.once() as once:
        if once.replay:
            return _shown(await usecases.tell(once.tx, call.principal, once.replay))
        told = await usecases.record(once.tx, call.principal, body)
        found = told.contact
        once.created(found.id, f"/v1/interactions/{found.id}", found.version, customer_id=found.customer_id)
    return _shown(told)


@router.get("/interactions", response_model=Page[InteractionRow])
async def list_interactions(  # noqa: PLR0913 - one parameter for each filter
    call: CanRead,
    paging: Paging,
    customer_id: UUID | None = None,
    channel: Channel | None = None,
    since: Annotated[UtcTime | None, Query(description="Only those at or after this moment.")] = None,
    until: Annotated[UtcTime | None, Query(description="Only those before this moment.")] = None,
) -> object:
    """Exchanges, newest first; of a customer's merged records all, for internal readers."""
    found = await usecases.page(
        *(call.pool, call.principal, paging.after, paging.limit),
        customer_id=customer_id,
        channel=channel,
        since=since,
        until=until,
    )
    return paging.cut(found, lambda one: (one.occurred_at, one.id))


@router.get("/interactions/{interaction_id}")
async def read_interaction(interaction_id: UUID, call: CanRead) -> InteractionRead:
    """One exchange with the promises made in it; a voided one says so in `voided_at`."""
    async with call.pool.read() as reader:
        told = await usecases.tell(reader, call.principal, interaction_id)
    set_etag(call.response, told.contact.version)
    return _shown(told)


@router.patch("/interactions/{interaction_id}")
async def correct_interaction(
    interaction_id: UUID, body: InteractionCorrection, call: CanChange, version: Annotated[int, Depends(if_match)]
) -> InteractionRead:
    """Correct what was entered wrongly. Fields that are not sent stay; null empties an optional one.

    What was promised in it moves with `occurred_at`, which must lie before the moments by which its promises are due.
    """
    async with call.change() as change:
        changes = body.model_dump(exclude_unset=True)
        told = await usecases.correct(change.tx, call.principal, interaction_id, version, changes)
        change.done(interaction_id, told.contact.version, customer_id=told.contact.customer_id, fields=sorted(changes))
    return _shown(told)


@router.post("/interactions/{interaction_id}/voiding", status_code=201)
async def void_interaction(interaction_id: UUID, body: NewVoiding, call: CanWrite) -> InteractionRow:
    """Take an exchange back: it did not take place, and nothing was promised in it. Final."""
    async with call.once() as once:
        if once.replay:
            return InteractionRow.model_validate(await usecases.find(once.tx, call.principal, once.replay))
        found = await usecases.void(once.tx, call.principal, interaction_id)
        path = f"/v1/interactions/{found.id}"
        once.created(found.id, path, found.version, customer_id=found.customer_id, reason=body.reason)
    return InteractionRow.model_validate(found)


def _shown(told: Told) -> InteractionRead:
    shown = InteractionRead.model_validate(told.contact)
    shown.promises = [PromiseRead.model_validate(one) for one in told.promises]
    return shown
