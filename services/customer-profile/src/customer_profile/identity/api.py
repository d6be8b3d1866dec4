"""Routes of merges and aliases."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from customer_profile.customers import sightings
from customer_profile.identity import merging, usecases, worksheet
from customer_profile.identity.schemas import (
    AliasRead,
    MergePreview,
    MergeRead,
    NewAlias,
    NewMerge,
    Undoing,
    WorksheetRead,
    difference,
    item_of,
)
from customer_profile.matching import desk as duplicates
from guanxi.auth import PII_READ, has_personal, masked
from guanxi.http import Page, Paging, Read, Write, read, set_etag, write

router = APIRouter(tags=["identity"])

Reading = Annotated[Read, Depends(read("customers:read"))]
Writing = Annotated[Write, Depends(write("customers:write"))]
DryRun = Annotated[bool, Query(description="Say what the merge would make, and make nothing.")]


@router.post("/merges", status_code=201, responses={200: {"model": MergePreview, "description": "With `dry_run`"}})
async def merge_customers(new: NewMerge, call: Writing, dry_run: DryRun = False) -> MergeRead | MergePreview:  # noqa: FBT002 - a query
    """Let two records count as one customer. Neither is changed, and the merge can be undone at any time.

    With `dry_run=true` the answer is 200 and tells which record would speak for which, and where the two differ.
    """
    if dry_run:
        return await _preview(new, call)
    async with call.once() as once:
        if once.replay:
            return MergeRead.model_validate(await merging.find(once.tx, once.replay, call.principal))
        made = await merging.merge(once.tx, new.survivor_id, new.absorbed_id, new.reason, call.principal)
        await duplicates.merged_by_hand(once.tx, made)
        once.created(made.id, f"/v1/merges/{made.id}", made.version, customer_id=made.survivor_id)
    return MergeRead.model_validate(made)


@router.get("/merges", response_model=Page[MergeRead])
async def list_merges(
    call: Reading, paging: Paging, customer: Annotated[UUID | None, Query(description="Only of this record.")] = None
) -> Page[Any]:
    """List merges, standing and undone, the newest first."""
    async with call.pool.read() as reader:
        rows = await merging.listed(reader, customer, paging.after, paging.limit, call.principal)
    return paging.cut([MergeRead.model_validate(row) for row in rows], lambda row: (row.id,))


@router.get("/merges/{merge_id}")
async def read_merge(merge_id: UUID, call: Reading) -> MergeRead:
    """Read one merge."""
    async with call.pool.read() as reader:
        found = await merging.find(reader, merge_id, call.principal)
    set_etag(call.response, found.version)
    return MergeRead.model_validate(found)


@router.get("/merges/{merge_id}/worksheet")
async def read_worksheet(merge_id: UUID, call: Reading) -> WorksheetRead:
    """What has come to the records since they were merged, or came until that was undone: by record and by origin.

    What sources reported and what was entered under the absorbed id goes back by itself. What was entered by hand under
    the id that speaks for both is for a person to look at. Rows of other services are counted as far as we know them.
    """
    async with call.pool.read() as reader:
        found = await worksheet.of_merge(reader, merge_id, call.principal)
    items = [item_of(line, n, found.speaks) for n, line in enumerate(found.lines, start=1)]
    return WorksheetRead(
        merge_id=found.merge.id,
        status=found.merge.status,
        speaks=found.speaks,
        members=list(found.members),
        since=found.merge.created_at,
        until=found.merge.undone_at,
        to_look_at=sum(one.advice == "look" for one in items),
        items=items,
    )


@router.post("/merges/{merge_id}/undo", status_code=201)
async def undo_merge(merge_id: UUID, undoing: Undoing, call: Writing) -> MergeRead:
    """Undo a merge, in any order with others.

    Both records are as they were, and what came since stays where it belongs.
    """
    async with call.once() as once:
        if once.replay:
            return MergeRead.model_validate(await merging.find(once.tx, once.replay, call.principal))
        undone = await merging.undo(once.tx, merge_id, undoing.reason, call.principal)
        await duplicates.merged_by_hand(once.tx, undone)
        once.created(undone.id, f"/v1/merges/{undone.id}", undone.version, customer_id=undone.survivor_id)
    return MergeRead.model_validate(undone)


@router.get("/customers/{customer_id}/aliases")
async def list_aliases(customer_id: UUID, call: Reading) -> list[AliasRead]:
    """List the names that sources have for exactly this record, at most 200."""
    async with call.pool.read() as reader:
        found = await usecases.aliases(reader, customer_id, call.principal)
    return [AliasRead.model_validate(one) for one in found]


@router.post("/customers/{customer_id}/aliases", status_code=201)
async def add_alias(customer_id: UUID, new: NewAlias, call: Writing) -> AliasRead:
    """Say how a source calls this customer: its reports under this name are this customer's from now on."""
    async with call.once() as once:
        if once.replay:
            return AliasRead.model_validate(await usecases.alias(once.tx, customer_id, once.replay, call.principal))
        made = await usecases.add_alias(once.tx, customer_id, new.source, new.external_ref, call.principal)
        location = f"/v1/customers/{customer_id}/aliases"
        once.created(made.id, location, customer_id=customer_id)
    return AliasRead.model_validate(made)


async def _preview(new: NewMerge, call: Write) -> MergePreview:
    async with call.pool.read() as reader:
        plan = await merging.plan(reader, new.survivor_id, new.absorbed_id, call.principal)
    call.response.status_code = 200
    preview = MergePreview(
        canonical_id=plan.component.canonical,
        members=list(plan.component.members),
        differences=[difference(change) for change in plan.differences],
    )
    if not call.principal.may(PII_READ) or not has_personal(preview):
        return masked(preview, call.principal)
    both, asked = (new.survivor_id, new.absorbed_id), {"dry_run": True}
    await sightings.note(call.pool, call.principal, "POST /v1/merges", both, asked, unmasked=True)
    return preview
