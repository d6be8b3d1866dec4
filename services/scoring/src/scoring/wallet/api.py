"""Estimates of wallets over HTTP, for internal units; an external one finds nothing here."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from guanxi.http import NotFound, Page, Paging, Read, Write, read, write
from guanxi.service import settings_of
from scoring.scores import usecases as scores
from scoring.scores.reading import whole
from scoring.scores.rules import day_of
from scoring.settings import Settings
from scoring.wallet import shares, usecases
from scoring.wallet.rules import Finding
from scoring.wallet.schemas import EstimateRead, NewEstimate, estimate_read

router = APIRouter(tags=["scores"])
Config = Annotated[Settings, Depends(settings_of)]


@router.post("/customers/{customer_id}/wallet-estimates", response_model=EstimateRead, status_code=201)
async def enter_estimate(
    customer_id: UUID, body: NewEstimate, call: Annotated[Write, Depends(write("scores:write"))], config: Config
) -> object:
    """Enter what a customer spends in all; the newest one counts for its potential, and none is ever changed."""
    customer = await whole(call.pool, call.principal, customer_id)
    async with call.once() as once:
        if once.replay:
            made = await usecases.find(once.tx, once.replay)
        else:
            today = day_of(once.tx.now, config.zone)
            made = await usecases.enter(once.tx, customer_id, Finding(**body.model_dump()), today, call.principal)
            await scores.mark_now(once.tx, [customer_id])
            once.created(made.id, f"/v1/customers/{customer_id}/wallet-estimates", 1, customer_id=customer_id)
        [found] = await shares.shares(once.tx, customer.members, [made], config.zone)
    return estimate_read(found)


@router.get("/customers/{customer_id}/wallet-estimates", response_model=Page[EstimateRead])
async def list_estimates(
    customer_id: UUID, call: Annotated[Read, Depends(read("scores:read"))], config: Config, paging: Paging
) -> object:
    """What a customer spends in all and which part of it is ours, the estimate that was entered last first."""
    if not call.principal.internal:
        raise NotFound("customer")
    customer = await whole(call.pool, call.principal, customer_id)
    async with call.pool.read() as reader:
        found = await usecases.page(reader, customer.members, paging.after, paging.limit)
        shown = await shares.shares(reader, customer.members, found, config.zone)
    return paging.cut([estimate_read(one) for one in shown], lambda one: (one.id,))
