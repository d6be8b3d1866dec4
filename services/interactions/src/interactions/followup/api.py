"""The follow-up sheet over HTTP."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from guanxi.http import Read, read
from interactions.contacts.schemas import InteractionRow
from interactions.followup import usecases
from interactions.followup.schemas import FollowUp
from interactions.needs.schemas import NeedRead
from interactions.plans.schemas import PlanItemRead
from interactions.promises.schemas import PromiseRead

router = APIRouter(tags=["plans"])


@router.get("/customers/{customer_id}/follow-up")
async def read_follow_up(customer_id: UUID, call: Annotated[Read, Depends(read("interactions:read"))]) -> FollowUp:
    """Where we stand with a customer: the last contact, and what is promised, planned and needed."""
    found = await usecases.sheet(call.pool, call.principal, customer_id)
    if found.customer_id != customer_id:
        call.response.headers["Content-Location"] = f"/v1/customers/{found.customer_id}/follow-up"
    return FollowUp(
        customer_id=found.customer_id,
        last_contact=InteractionRow.model_validate(found.last_contact) if found.last_contact else None,
        days_since=found.days_since,
        promises=[PromiseRead.model_validate(one) for one in found.promises],
        plan_items=[PlanItemRead.model_validate(one) for one in found.plan_items],
        needs=[NeedRead.model_validate(one) for one in found.needs],
    )
