"""The public side of one complaint: anybody who has its link may follow it and give the verdict."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from complaints.tracking import usecases
from complaints.tracking.access import Settings, Token, speaks_for
from complaints.tracking.schemas import Track, TrackingLink, VerdictCreate
from guanxi.http import Read, Write, read, write
from guanxi.web import LIMITED

router = APIRouter(tags=["tracking"])


@router.get("/complaints/{complaint_id}/tracking-link")
async def get_tracking_link(
    complaint_id: UUID, call: Annotated[Read, Depends(read("complaints:read"))], settings: Settings
) -> TrackingLink:
    """The link to give to the complainant. It can be shown again at any time and is stored nowhere."""
    async with call.pool.read() as reader:
        key = settings.secret("tracking_key")
        return await usecases.link(reader, call.principal, complaint_id, key=key, public_url=settings.public_url)


@router.get("/track/{token}", responses=LIMITED)
async def track(token: Token, call: Annotated[Read, Depends(read())], settings: Settings) -> Track:
    """Where the complaint is, for whoever has its link: which unit holds it, the promised time, the answer."""
    complaint_id = speaks_for(token, call.request, settings)
    async with call.pool.read() as reader:
        return await usecases.follow(reader, complaint_id)


@router.post("/track/{token}/verdict", responses=LIMITED)
async def judge(
    token: Token, body: VerdictCreate, call: Annotated[Write, Depends(write())], settings: Settings
) -> Track:
    """Say whether it is solved: yes closes the complaint, no reopens it. Saying it twice changes nothing more."""
    complaint_id = speaks_for(token, call.request, settings)
    async with call.pool.begin() as tx:
        await usecases.judge(tx, complaint_id, solved=body.solved, comment=body.comment)
    async with call.pool.read() as reader:
        return await usecases.follow(reader, complaint_id)
