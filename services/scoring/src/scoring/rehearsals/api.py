"""Rehearsals over HTTP, for internal units; an external one finds nothing here."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from guanxi.http import NotFound, Page, Paging, Read, Write, read, set_etag, write
from guanxi.service import settings_of
from scoring.rehearsals import usecases
from scoring.rehearsals.schemas import Decision, MoverRead, NewRehearsal, RehearsalRead, rehearsal_read
from scoring.settings import Settings


async def reading(call: Annotated[Read, Depends(read("scores:read"))]) -> Read:
    """The call, when its caller is of an internal unit; else 404."""
    if not call.principal.internal:
        raise NotFound
    return call


async def writing(call: Annotated[Write, Depends(write("scores:write"))]) -> Write:
    """The same of a call that writes."""
    if not call.principal.internal:
        raise NotFound
    return call


router = APIRouter(tags=["scorecards"])
Reading = Annotated[Read, Depends(reading)]
Writing = Annotated[Write, Depends(writing)]
Config = Annotated[Settings, Depends(settings_of)]


def _path(kind: str, rehearsal_id: UUID) -> str:
    return f"/v1/scorecards/{kind}/rehearsals/{rehearsal_id}"


@router.post("/scorecards/{kind}/rehearsals", response_model=RehearsalRead, status_code=201)
async def rehearse(kind: str, body: NewRehearsal, call: Writing, config: Config) -> object:
    """Draft a change of a scorecard, of `segments` or of `treatments`; who would move by it is reckoned at once.

    Kinds: `value.existing`, `value.potential`, `value.influence`, `value.learning`, `trust`, `satisfaction` (of the
    whole and of each facet), `segments`, `treatments`.
    """
    async with call.once() as once:
        if once.replay:
            return rehearsal_read(await usecases.find(once.tx, kind, once.replay))
        made = await usecases.propose(once.tx, kind, body.changes, body.reason, config.zone, call.principal)
        once.created(made.id, _path(kind, made.id), made.version, kind=kind)
    return rehearsal_read(made)


@router.get("/scorecards/{kind}/rehearsals", response_model=Page[RehearsalRead])
async def list_rehearsals(kind: str, call: Reading, paging: Paging) -> object:
    """List the changes that were rehearsed, the newest first."""
    async with call.pool.read() as reader:
        found = await usecases.page(reader, kind, paging.after, paging.limit)
    shown = [RehearsalRead.model_validate(rehearsal_read(one)) for one in found]
    return paging.cut(shown, lambda one: (one.id,))


@router.get("/scorecards/{kind}/rehearsals/{rehearsal_id}", response_model=RehearsalRead)
async def read_rehearsal(kind: str, rehearsal_id: UUID, call: Reading) -> object:
    """What a change would do: who moves, what is at stake, and how the tiers would be filled."""
    async with call.pool.read() as reader:
        found = await usecases.find(reader, kind, rehearsal_id)
    set_etag(call.response, found.version)
    return rehearsal_read(found)


@router.get("/scorecards/{kind}/rehearsals/{rehearsal_id}/movers", response_model=Page[MoverRead])
async def list_movers(  # noqa: PLR0913 - one parameter for each filter
    kind: str,
    rehearsal_id: UUID,
    call: Reading,
    paging: Paging,
    tier: Annotated[str | None, Query(description="Only those who are in this tier now, such as `top`.")] = None,
    scope: Annotated[str | None, Query(description="Only in this, such as `satisfaction.price`.")] = None,
) -> object:
    """Everybody who would move, with what they would lose and gain."""
    async with call.pool.read() as reader:
        found = await usecases.movers(reader, kind, rehearsal_id, tier, scope, paging.after, paging.limit)
    return paging.cut(found, lambda one: (one.customer_id, one.scope))


@router.post("/scorecards/{kind}/rehearsals/{rehearsal_id}/approval", response_model=RehearsalRead, status_code=201)
async def approve_rehearsal(kind: str, rehearsal_id: UUID, body: Decision, call: Writing) -> object:
    """Approve a change that was rehearsed; whoever proposed it leaves that to somebody else."""
    async with call.once() as once:
        if once.replay:
            return rehearsal_read(await usecases.find(once.tx, kind, once.replay))
        found = await usecases.approve(once.tx, kind, rehearsal_id, call.principal)
        once.created(found.id, _path(kind, found.id), found.version, kind=kind, reason=body.reason)
    return rehearsal_read(found)


@router.post("/scorecards/{kind}/rehearsals/{rehearsal_id}/publication", response_model=RehearsalRead, status_code=201)
async def publish_rehearsal(kind: str, rehearsal_id: UUID, body: Decision, call: Writing) -> object:
    """Put an approved change in force: it is the next version, and everybody is scored by it."""
    async with call.once() as once:
        if once.replay:
            return rehearsal_read(await usecases.find(once.tx, kind, once.replay))
        found = await usecases.publish(once.tx, kind, rehearsal_id)
        number = found.published_version
        once.created(found.id, _path(kind, found.id), found.version, kind=kind, number=number, reason=body.reason)
    return rehearsal_read(found)
