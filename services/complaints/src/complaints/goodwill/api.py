"""Goodwill over HTTP, for internal units."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from complaints.access import Changing, Reading, Writing
from complaints.entitlements.usecases import Asked
from complaints.fields import Code, IfMatchGiven
from complaints.goodwill import usecases
from complaints.goodwill.rules import Budget, Request
from complaints.goodwill.schemas import (
    BudgetBody,
    BudgetRead,
    GoodwillCreate,
    GoodwillDecision,
    GoodwillRead,
    GoodwillSpending,
    GoodwillStatus,
)
from complaints.goodwill.usecases import Wish
from guanxi import directory
from guanxi.db import as_row
from guanxi.http import Page, Paging, set_etag

router = APIRouter(tags=["goodwill"])
_PATH = "/v1/goodwill-requests"


@router.get("/goodwill-requests")
async def list_goodwill(
    call: Reading,
    page: Paging,
    status: GoodwillStatus | None = None,
    customer_id: Annotated[UUID | None, Query(description="Only of this customer, all its records included.")] = None,
    unit: Annotated[Code | None, Query(description="Only what this unit's budget pays.")] = None,
) -> Page[GoodwillRead]:
    """List requests for goodwill, the newest first. Notes are left out: read one for its note."""
    async with call.pool.read() as reader:
        found = await usecases.page(reader, status, customer_id, unit, page.after, page.limit)
    return page.cut([_shown(one).model_copy(update={"note": None}) for one in found], lambda one: (one.id,))


@router.post("/goodwill-requests", status_code=201)
async def ask_goodwill(body: GoodwillCreate, call: Writing) -> GoodwillRead:
    """Ask for goodwill; the answer of entitlement that it goes beyond is kept with it. What is covered needs none."""
    await directory.require(call.pool, body.customer_id)
    about = Asked(customer_id=body.customer_id, on=body.on, sku=body.sku, order_id=body.order_id)
    rest = body.model_dump(exclude={"customer_id", "on", "sku", "order_id"})
    async with call.once() as once:
        if once.replay:
            return _shown(await usecases.find(once.tx, once.replay))
        made = await usecases.ask(once.tx, Wish(about=about, **rest), call.principal)
        once.created(made.id, f"{_PATH}/{made.id}", made.version, customer_id=made.customer_id)
    return _shown(made)


@router.get("/goodwill-requests/{goodwill_id}")
async def get_goodwill(goodwill_id: UUID, call: Reading) -> GoodwillRead:
    """One request with the answer that it goes beyond, its decision and what it cost."""
    async with call.pool.read() as reader:
        found = await usecases.find(reader, goodwill_id)
    set_etag(call.response, found.version)
    return await call.show(_shown(found), "goodwill request", found.id, found.customer_id)


@router.post("/goodwill-requests/{goodwill_id}/decision", status_code=201)
async def decide_goodwill(goodwill_id: UUID, body: GoodwillDecision, call: Writing) -> GoodwillRead:
    """Approve or refuse. A lead approves up to the policy's limit, a director above it, nobody what they asked for.

    What is approved is taken from this year's budget of the unit; more than is left of it is refused.
    """
    async with call.once() as once:
        if once.replay:
            found = await usecases.find(once.tx, once.replay)
        else:
            found = await usecases.decide(once.tx, goodwill_id, body.decision, body.reason, call.principal)
            who = found.customer_id
            once.created(found.id, f"{_PATH}/{found.id}", found.version, customer_id=who, decision=body.decision)
    return await call.show(_shown(found), "goodwill request", found.id, found.customer_id)


@router.post("/goodwill-requests/{goodwill_id}/spending", status_code=201)
async def spend_goodwill(goodwill_id: UUID, body: GoodwillSpending, call: Writing) -> GoodwillRead:
    """Enter what an approved request truly cost: the budget pays that instead of the estimate."""
    async with call.once() as once:
        if once.replay:
            found = await usecases.find(once.tx, once.replay)
        else:
            found = await usecases.spend(once.tx, goodwill_id, body.cost_minor, body.spent_at)
            once.created(found.id, f"{_PATH}/{found.id}", found.version, customer_id=found.customer_id)
    return await call.show(_shown(found), "goodwill request", found.id, found.customer_id)


@router.get("/goodwill-budgets")
async def list_budgets(
    call: Reading,
    page: Paging,
    unit: Code | None = None,
    year: Annotated[int | None, Query(ge=2000, le=2199)] = None,
) -> Page[BudgetRead]:
    """List the budgets, what is committed of each and what is left."""
    async with call.pool.read() as reader:
        found = await usecases.budgets(reader, unit, year, page.after, page.limit)
    return page.cut([_budget(one) for one in found], lambda one: (one.id,))


@router.put("/goodwill-budgets")
async def set_budget(body: BudgetBody, call: Changing, expected: IfMatchGiven) -> BudgetRead:
    """Set what a unit may give in a calendar year; for directors, and never below what is committed already."""
    async with call.change() as change:
        made = await usecases.set_budget(change.tx, **body.model_dump(), expected=expected, principal=call.principal)
        change.done(made.id, made.version)
    return _budget(made)


def _shown(one: Request) -> GoodwillRead:
    return GoodwillRead.model_validate({**as_row(one), "unit": one.unit_id})


def _budget(one: Budget) -> BudgetRead:
    return BudgetRead.model_validate({**as_row(one), "unit": one.unit_id, "left_minor": one.left_minor})
