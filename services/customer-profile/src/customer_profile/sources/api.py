"""Routes of publishers."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends

from customer_profile.settings import Settings
from customer_profile.sources import usecases
from customer_profile.sources.schemas import NewSource, Source, SourceName, SourcePatch
from guanxi.http import Page, Paging, Read, Write, if_match, read, set_etag, write
from guanxi.service import settings_of

router = APIRouter(tags=["sources"])

Configured = Annotated[Settings, Depends(settings_of)]
Reading = Annotated[Read, Depends(read("organisation:read"))]
Writing = Annotated[Write, Depends(write("organisation:write"))]
Changing = Annotated[Write, Depends(write("organisation:write", idempotent=False))]


@router.post("/sources", status_code=201)
async def register_source(new: NewSource, call: Writing, settings: Configured) -> Source:
    """Register a publisher: a dealer's or branch's system that sends reports.

    The answer has `status: creating`; the topic is made within seconds, then it is `ready`.
    """
    async with call.once() as once:
        if once.replay:
            return await usecases.made_before(once.tx, once.replay, settings.topic_prefix)
        made = await usecases.register(once.tx, new, call.principal, settings.topic_prefix)
        once.created(made.id, f"/v1/sources/{made.name}", made.version)
    return made


@router.get("/sources", response_model=Page[Source])
async def list_sources(call: Reading, paging: Paging, settings: Configured) -> Page[Any]:
    """List publishers by name; an external unit sees its own."""
    async with call.pool.read() as reader:
        rows = await usecases.page(reader, call.principal, paging.after, paging.limit, settings.topic_prefix)
    return paging.cut(rows, lambda row: (row.name,))


@router.get("/sources/{name}")
async def read_source(name: SourceName, call: Reading, settings: Configured) -> Source:
    """Read one publisher: its topic, whether it is ready or paused, and how far it has reported."""
    async with call.pool.read() as reader:
        found = await usecases.find(reader, name, call.principal, settings.topic_prefix)
    set_etag(call.response, found.version)
    return found


@router.patch("/sources/{name}")
async def change_source(
    name: SourceName,
    patch: SourcePatch,
    call: Changing,
    version: Annotated[int, Depends(if_match)],
    settings: Configured,
) -> Source:
    """Pause or resume a publisher, or change what it may send. What a paused one sends is refused at its desk."""
    async with call.change() as change:
        changed = await usecases.change(change.tx, name, patch, version, call.principal, settings.topic_prefix)
        change.done(changed.id, changed.version)
    return changed
