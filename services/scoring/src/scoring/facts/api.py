"""Facts over HTTP."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from guanxi.http import Page, Paging, Read, read
from scoring.facts import usecases
from scoring.facts.schemas import FactRead

router = APIRouter(tags=["facts"])
Kinds = Annotated[list[str] | None, Query(description="Only these kinds, such as `order`; may be repeated.")]


@router.get("/customers/{customer_id}/facts", response_model=Page[FactRead])
async def list_facts(
    customer_id: UUID,
    call: Annotated[Read, Depends(read("scores:read"))],
    paging: Paging,
    kind: Kinds = None,
    every_version: Annotated[bool, Query(description="With corrected and voided versions.")] = False,  # noqa: FBT002
) -> object:
    """The facts that this customer's scores are computed from, newest first.

    Internal readers see the facts of every record merged into the customer; an external unit sees its own unit's
    facts under the id it asks for.
    """
    rows = await usecases.page(
        call.pool, call.principal, customer_id, kind or (), paging.after, paging.limit, every_version=every_version
    )
    return paging.cut(rows, lambda row: (row.occurred_at, row.aggregate_id, row.kind, row.sequence))
