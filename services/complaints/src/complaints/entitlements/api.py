"""Asking what a customer may claim, and deciding about benefits that a change would take away."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from complaints.access import Reading, Writing
from complaints.entitlements import agreement_flags, flags, showing, usecases
from complaints.entitlements.offload import beside
from complaints.entitlements.schemas import (
    AgreementFlagDecision,
    AgreementFlagRead,
    EntitlementsRead,
    FlagDecision,
    FlagRead,
)
from complaints.entitlements.usecases import Asked
from complaints.fields import Sku
from guanxi import directory
from guanxi.events.fields import IsoDate
from guanxi.http import Page, Paging, Read, deadline, read

router = APIRouter(tags=["entitlements"])


@router.get("/entitlements")
async def get_entitlements(
    call: Annotated[Read, Depends(read("complaints:read"))],
    customer_id: UUID,
    sku: Annotated[Sku | None, Query(description="Only goods of this article.")] = None,
    on: Annotated[IsoDate | None, Query(description="The day of the claim; left out, today.")] = None,
    order_id: Annotated[UUID | None, Query(description="Only goods of this order.")] = None,
) -> EntitlementsRead:
    """What a customer may claim on a day: the clause and the agreement or policy that answer, until when, and why.

    Agreements in force that day are tried first and beat the policy. Each clause that was tried is listed with the
    reason why it did or did not apply. Of merged customers all records
    count; an external caller's own customers are answered by its own records.
    """
    await directory.require(call.pool, customer_id)
    asked = Asked(customer_id=customer_id, on=on, sku=sku, order_id=order_id)
    async with call.pool.read() as reader:
        found = await usecases.answer(reader, call.principal, asked, call.pool.clock.now())
    return await beside(len(found.answer.goods), showing.entitlements, found)


@router.get("/entitlement-flags")
@deadline(30)
async def list_flags(call: Reading, page: Paging) -> Page[FlagRead]:
    """List orders whose correction would take a benefit away: it stands until somebody decides."""
    async with call.pool.read() as reader:
        found = await flags.page(reader, page.after, page.limit, call.pool.clock.now())
    return page.cut([FlagRead.model_validate(one) for one in found], lambda one: (one.order_id, one.customer_id))


@router.post("/entitlement-flags/{order_id}/decision", status_code=201)
async def decide_flag(order_id: UUID, body: FlagDecision, call: Writing) -> FlagRead:
    """Keep what the order had brought, or withdraw it; for leads and directors."""
    async with call.once() as once:
        if once.replay:
            return FlagRead.model_validate(await flags.decided(once.tx, once.replay))
        found = await flags.decide(once.tx, order_id, body.decision, body.reason, call.principal)
        where = f"/v1/entitlements?customer_id={found.customer_id}"
        once.created(order_id, where, customer_id=found.customer_id, decision=body.decision)
    return FlagRead.model_validate(found)


@router.get("/agreement-flags")
@deadline(30)
async def list_agreement_flags(call: Reading, page: Paging) -> Page[AgreementFlagRead]:
    """List agreements that were changed and had promised more before: that stands until somebody decides."""
    async with call.pool.read() as reader:
        found = await agreement_flags.page(reader, page.after, page.limit, call.pool.clock.now())
    return page.cut([showing.agreement_flag(one) for one in found], lambda one: (one.agreement_id,))


@router.post("/agreement-flags/{agreement_id}/decision", status_code=201)
async def decide_agreement_flag(agreement_id: UUID, body: AgreementFlagDecision, call: Writing) -> AgreementFlagRead:
    """Keep what the agreement had promised before it was changed, or withdraw it; for leads and directors.

    It is about the promises named, or all that wait: what earlier decisions kept stays kept, and what a later change
    takes away waits for a decision of its own.
    """
    only = None if body.promises is None else [(one.version, one.clause) for one in body.promises]
    async with call.once() as once:
        if once.replay:
            return showing.agreement_flag(await agreement_flags.decided(once.tx, once.replay))
        word = agreement_flags.Word(body.decision, body.reason, only)
        found = await agreement_flags.decide(once.tx, agreement_id, word, call.principal)
        where = f"/v1/entitlements?customer_id={found.customer_id}"
        once.created(agreement_id, where, customer_id=found.customer_id, decision=body.decision)
    return showing.agreement_flag(found)
