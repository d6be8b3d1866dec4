"""Opinions and mentions over HTTP; they come in as reports."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from guanxi.events.fields import Code
from guanxi.http import Page, Paging, Read, read, set_etag
from interactions.listening import usecases
from interactions.listening.rules import Mention, Opinion
from interactions.listening.schemas import MentionRead, OpinionRead

router = APIRouter(tags=["listening"])
CanRead = Annotated[Read, Depends(read("interactions:read"))]


@router.get("/opinions", response_model=Page[OpinionRead])
async def list_opinions(
    call: CanRead, paging: Paging, customer_id: UUID | None = None, questionnaire: Code | None = None
) -> object:
    """Cards and surveys that were filled in, newest first, with or without a name."""
    found = await usecases.page(
        *(call.pool, call.principal, Opinion, paging.after, paging.limit), customer_id=customer_id, code=questionnaire
    )
    return paging.cut(found, lambda one: (one.given_at, one.id))


@router.get("/opinions/{opinion_id}", response_model=OpinionRead)
async def read_opinion(opinion_id: UUID, call: CanRead) -> object:
    """One card or survey."""
    async with call.pool.read() as reader:
        found = await usecases.find(reader, call.principal, Opinion, opinion_id)
    set_etag(call.response, found.version)
    return found


@router.get("/mentions", response_model=Page[MentionRead])
async def list_mentions(call: CanRead, paging: Paging, platform: Code | None = None) -> object:
    """What was said of the firm in public, newest first."""
    found = await usecases.page(*(call.pool, call.principal, Mention, paging.after, paging.limit), code=platform)
    return paging.cut(found, lambda one: (one.observed_at, one.id))


@router.get("/mentions/{mention_id}", response_model=MentionRead)
async def read_mention(mention_id: UUID, call: CanRead) -> object:
    """One mention."""
    async with call.pool.read() as reader:
        found = await usecases.find(reader, call.principal, Mention, mention_id)
    set_etag(call.response, found.version)
    return found
