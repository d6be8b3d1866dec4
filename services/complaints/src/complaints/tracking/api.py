"""The public side of one complaint: anybody who has its link may follow it and give the verdict."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path
from starlette.requests import Request

from complaints.tracking import usecases
from complaints.tracking.limits import Limits
from complaints.tracking.schemas import Track, TrackingLink, VerdictCreate
from guanxi.auth import tracking
from guanxi.http import NotFound, Read, Write, read, write
from guanxi.service import ServiceSettings, settings_of

router = APIRouter(tags=["tracking"])
Token = Annotated[str, Path(min_length=1, max_length=200, description="From the link in the receipt.")]
Settings = Annotated[ServiceSettings, Depends(settings_of)]


@router.get("/complaints/{complaint_id}/tracking-link")
async def get_tracking_link(
    complaint_id: UUID, call: Annotated[Read, Depends(read("complaints:read"))], settings: Settings
) -> TrackingLink:
    """The link to give to the complainant. It can be shown again at any time and is stored nowhere."""
    async with call.pool.read() as reader:
        key = settings.secret("tracking_key")
        return await usecases.link(reader, call.principal, complaint_id, key=key, public_url=settings.public_url)


@router.get("/track/{token}")
async def track(token: Token, call: Annotated[Read, Depends(read())], settings: Settings) -> Track:
    """Where the complaint is, for whoever has its link: which unit holds it, the promised time, the answer."""
    complaint_id = _speaks_for(token, call.request, settings)
    async with call.pool.read() as reader:
        return await usecases.follow(reader, complaint_id)


@router.post("/track/{token}/verdict")
async def judge(
    token: Token, body: VerdictCreate, call: Annotated[Write, Depends(write())], settings: Settings
) -> Track:
    """Say whether it is solved: yes closes the complaint, no reopens it. Saying it twice changes nothing more."""
    complaint_id = _speaks_for(token, call.request, settings)
    async with call.pool.begin() as tx:
        await usecases.judge(tx, complaint_id, solved=body.solved, comment=body.comment)
    async with call.pool.read() as reader:
        return await usecases.follow(reader, complaint_id)


def _speaks_for(token: str, request: Request, settings: ServiceSettings) -> UUID:
    limits_of(request).check(token, request.client.host if request.client else "")
    complaint_id = tracking.read(settings.secret("tracking_key"), token)
    if complaint_id is None:
        raise NotFound("complaint")
    return complaint_id


def limits_of(request: Request) -> Limits:
    """The buckets of this process."""
    state = request.app.state
    if not hasattr(state, "tracking_limits"):
        state.tracking_limits = Limits()
    found: Limits = state.tracking_limits
    return found
