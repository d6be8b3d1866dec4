"""Published rules over HTTP: whoever is scored by a rule can be shown the rule."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from guanxi.http import Read, read
from scoring.scorecards import usecases
from scoring.scorecards.schemas import ScorecardList, ScorecardRead

router = APIRouter(tags=["scorecards"])
Reader = Annotated[Read, Depends(read("scores:read"))]


@router.get("/scorecards", response_model=ScorecardList)
async def list_scorecards(call: Reader) -> object:
    """All published versions of scorecards, exchange rates, segments and treatments."""
    async with call.pool.read() as reader:
        return {"items": await usecases.every(reader)}


@router.get("/scorecards/{kind}/versions/{version}", response_model=ScorecardRead)
async def get_scorecard(kind: str, version: int, call: Reader) -> object:
    """One version with every weight, threshold and text in it. A published version never changes."""
    async with call.pool.read() as reader:
        return await usecases.one(reader, kind, version)
