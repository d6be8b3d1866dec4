"""The timeline over HTTP."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from guanxi.http import Page, Paging, Read, read
from interactions import scope
from interactions.timeline import usecases
from interactions.timeline.rules import Kind
from interactions.timeline.schemas import TimelineEntry

router = APIRouter(tags=["timeline"])


@router.get("/customers/{customer_id}/timeline", response_model=Page[TimelineEntry])
async def read_timeline(
    customer_id: UUID,
    call: Annotated[Read, Depends(read("interactions:read"))],
    paging: Paging,
    kind: Annotated[list[Kind] | None, Query(description="Only these kinds; may be repeated.")] = None,
) -> object:
    """Everything that happened between this customer and us, newest first.

    Contacts, orders, deliveries, returns, payments, service, promises, opinions and mentions, with thin rows of
    complaints and messages. Internal readers see what was recorded under any of the ids that were merged into this
    customer; an external unit sees its own records under the id it asks for.
    """
    reach = await scope.reach(call.pool, call.principal, customer_id)
    if reach.canonical_id != customer_id:
        call.response.headers["Content-Location"] = f"/v1/customers/{reach.canonical_id}/timeline"
    entries = await usecases.page(call.pool, call.principal, reach.ids, kind or (), paging.after, paging.limit)
    return paging.cut(entries, lambda entry: (entry.at, entry.id))
