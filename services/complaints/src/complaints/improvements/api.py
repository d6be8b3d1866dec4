"""Improvements over HTTP: for internal units, and what is published for everybody."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from complaints.access import Changing, Reading, Writing
from complaints.improvements import usecases
from complaints.improvements.schemas import (
    DefectsReport,
    ImprovementCreate,
    ImprovementPatch,
    ImprovementRead,
    ImprovementStatus,
    PublicImprovement,
)
from complaints.settings import Settings
from guanxi.events.fields import IsoDate
from guanxi.http import Page, Paging, Read, if_match, read, set_etag
from guanxi.service import settings_of

router = APIRouter(tags=["improvements"])
_PATH = "/v1/improvements"


@router.get("/improvements")
async def list_improvements(
    call: Reading, page: Paging, status: ImprovementStatus | None = None
) -> Page[ImprovementRead]:
    """List improvements, the newest first."""
    async with call.pool.read() as reader:
        found = await usecases.page(reader, status, page.after, page.limit)
    return page.cut([ImprovementRead.model_validate(one) for one in found], lambda one: (one.id,))


@router.post("/improvements", status_code=201)
async def propose_improvement(
    body: ImprovementCreate, call: Writing, settings: Annotated[Settings, Depends(settings_of)]
) -> ImprovementRead:
    """Propose what is to be changed, from a recognised problem, a review or a suggestion."""
    async with call.once() as once:
        if once.replay:
            return ImprovementRead.model_validate(await usecases.find(once.tx, once.replay))
        made = await usecases.propose(once.tx, body.model_dump(), settings.problem_days, call.principal)
        once.created(made.id, f"{_PATH}/{made.id}", made.version)
    return ImprovementRead.model_validate(made)


@router.get("/improvements/{improvement_id}")
async def get_improvement(improvement_id: UUID, call: Reading) -> ImprovementRead:
    """One improvement."""
    async with call.pool.read() as reader:
        found = await usecases.find(reader, improvement_id)
    set_etag(call.response, found.version)
    return ImprovementRead.model_validate(found)


@router.patch("/improvements/{improvement_id}")
async def amend_improvement(
    improvement_id: UUID, body: ImprovementPatch, call: Changing, version: Annotated[int, Depends(if_match)]
) -> ImprovementRead:
    """Put a proposal right, until it is approved."""
    async with call.change() as change:
        found = await usecases.amend(change.tx, improvement_id, body.model_dump(exclude_unset=True), version)
        change.done(found.id, found.version)
    return ImprovementRead.model_validate(found)


@router.post("/improvements/{improvement_id}/approval", status_code=201)
async def approve_improvement(improvement_id: UUID, call: Writing) -> ImprovementRead:
    """Approve what another has proposed; for leads and directors."""
    async with call.once() as once:
        if once.replay:
            return ImprovementRead.model_validate(await usecases.find(once.tx, once.replay))
        found = await usecases.approve(once.tx, improvement_id, call.principal)
        once.created(found.id, f"{_PATH}/{found.id}", found.version)
    return ImprovementRead.model_validate(found)


@router.post("/improvements/{improvement_id}/publication", status_code=201)
async def publish_improvement(improvement_id: UUID, call: Writing) -> ImprovementRead:
    """Make an approved improvement public; whoever complained of it is told, if they may be.

    Complaints of its cause and article count that were filed before it became effective, later ones too.
    """
    async with call.once() as once:
        if once.replay:
            return ImprovementRead.model_validate(await usecases.find(once.tx, once.replay))
        found = await usecases.publish(once.tx, improvement_id, call.principal)
        once.created(found.id, f"{_PATH}/{found.id}", found.version)
    return ImprovementRead.model_validate(found)


@router.get("/public/improvements")
async def list_public_improvements(call: Annotated[Read, Depends(read())], page: Paging) -> Page[PublicImprovement]:
    """What we changed because you told us, the last first; for everybody, about nobody."""
    async with call.pool.read() as reader:
        found = await usecases.public(reader, page.after, page.limit)
    shown = [PublicImprovement.model_validate(one) for one in found]
    return page.cut(shown, lambda one: (one.published_at, one.id))


@router.get("/reports/defects")
async def report_defects(
    call: Reading,
    since: Annotated[IsoDate | None, Query(description="First day; left out, 90 days before the last.")] = None,
    until: Annotated[IsoDate | None, Query(description="Last day; left out, today.")] = None,
) -> DefectsReport:
    """By article: complaints, those of quality among them, and the rate of these by pieces sold in the same time."""
    async with call.pool.read() as reader:
        return DefectsReport.model_validate(await usecases.defects(reader, since, until, call.pool.clock.now()))
