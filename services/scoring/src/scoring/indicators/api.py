"""Quality indicators over HTTP, for internal units; an external one finds nothing here."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from guanxi.http import NotFound, Page, Paging, Read, Write, read, write
from scoring.indicators import usecases
from scoring.indicators.rules import Indicator
from scoring.indicators.schemas import IndicatorsRead, NewIndicators
from scoring.reviews import usecases as reviews

router = APIRouter(tags=["reviews"])


@router.get("/quality-indicators", response_model=Page[IndicatorsRead], responses={404: {}})
async def list_indicators(call: Annotated[Read, Depends(read("scores:read"))], paging: Paging) -> object:
    """All versions of the quality indicators, the newest first: that one is in force."""
    if not call.principal.internal:
        raise NotFound
    async with call.pool.read() as reader:
        found = await usecases.page(reader, paging.after, paging.limit)
    return paging.cut(found, lambda one: (one.number,))


@router.post("/quality-indicators", response_model=IndicatorsRead, status_code=201, responses={404: {}})
async def set_indicators(body: NewIndicators, call: Annotated[Write, Depends(write("scores:write"))]) -> object:
    """Put another version in force; a version never changes, and what it was reckoned by stays with each score."""
    if not call.principal.internal:
        raise NotFound
    async with call.once() as once:
        if once.replay:
            return await usecases.find(once.tx, once.replay)
        if body.cycle_id:
            await reviews.find(once.tx, body.cycle_id)
        indicators = [Indicator(**one.model_dump()) for one in body.indicators]
        made = await usecases.put(once.tx, indicators, body.cycle_id, call.principal)
        once.created(made.id, "/v1/quality-indicators", 1, number=made.number)
    return made
