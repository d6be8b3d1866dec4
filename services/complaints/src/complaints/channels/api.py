"""The complaint policy and the ways to complain, for everybody."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from complaints.channels import usecases
from complaints.channels.schemas import ComplaintChannels
from guanxi.http import Read, read

router = APIRouter(tags=["channels"])


@router.get("/complaint-channels")
async def get_complaint_channels(call: Annotated[Read, Depends(read())]) -> ComplaintChannels:
    """How to complain, what happens then and by when: the policy in each language, the avenues, the standards."""
    async with call.pool.read() as reader:
        return await usecases.published(reader)
