"""The route of the overview."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from customer_profile.overview import usecases
from customer_profile.overview.schemas import OverviewRead, overview_read
from guanxi.http import Read, read

router = APIRouter(tags=["overview"])


@router.get("/customers/{customer_id}/overview")
async def read_overview(customer_id: UUID, call: Annotated[Read, Depends(read("customers:read"))]) -> OverviewRead:
    """Read everything known of a customer: profile, contacts, orders, open complaints, promises, scores, messages.

    Each section says in `as_of` up to when it knows. Merged records are shown together; external units see what their
    own unit recorded under exactly this id.
    """
    async with call.pool.read() as reader:
        found = await usecases.overview(reader, customer_id, call.principal)
    if found.profile.id != customer_id:
        call.response.headers["Content-Location"] = f"/v1/customers/{found.profile.id}/overview"
    return await call.show(overview_read(found, internal=call.principal.internal), "overview", customer_id, customer_id)
