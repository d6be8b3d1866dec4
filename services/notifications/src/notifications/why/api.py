"""Why did I get this? Answered to whoever holds a message's link."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from guanxi.http import Read, read
from guanxi.web import LIMITED
from notifications.messages.sender import links_of
from notifications.why import usecases
from notifications.why.access import Known, Token, speaks_for
from notifications.why.schemas import WhyView

router = APIRouter(tags=["messages"])


@router.get("/why/{token}", responses=LIMITED)
async def get_why(token: Token, call: Annotated[Read, Depends(read())], settings: Known) -> WhyView:
    """Why did I get this? What was sent, and the permission that let it go. Names nobody."""
    message_id = speaks_for(token, call.request, settings)
    async with call.pool.read() as reader:
        return await usecases.show(reader, message_id, links_of(settings), settings.default_time_zone)
