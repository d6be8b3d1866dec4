"""Segments over HTTP, for internal readers; an external unit finds nothing here."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from guanxi.http import NotFound, Page, Paging, Read, read
from scoring.scorecards import files
from scoring.scorecards import usecases as scorecards
from scoring.segments import usecases
from scoring.segments.rules import KEY_CUSTOMERS, TIER
from scoring.segments.schemas import (
    MemberRead,
    MoveRead,
    SegmentList,
    SegmentRead,
    SegmentSummary,
    TierList,
    TierSumRead,
    TreatmentList,
)

_READ = read("scores:read")


async def internal(call: Annotated[Read, Depends(_READ)]) -> Read:
    """The call, when its caller is of an internal unit; else 404."""
    if not call.principal.internal:
        raise NotFound
    return call


router = APIRouter(tags=["segments"])
Reader = Annotated[Read, Depends(internal)]
Tier = Annotated[str | None, Query(description="`top`, `high`, `middle`, `none` or `loss`.")]


@router.get("/tiers", response_model=TierList)
async def list_tiers(call: Reader) -> object:
    """The tiers, best first: thresholds, how many customers, what they bring and what they are recommended."""
    async with call.pool.read() as reader:
        sums = {one.tier: one for one in await usecases.summary(reader, TIER)}
        known = await scorecards.in_force(reader)
    names, actions, card = known.segments.tier_names, known.treatments, known.value
    items = [
        TierSumRead.model_validate(sums[band.name]).model_dump()
        | {"name": names[band.name], "enters_from": band.start, "kept_from": band.keep_from}
        | {"actions": actions[band.name]}
        for band in card.bands
    ]
    return {"currency": card.rates.currency, "items": items}


@router.get("/tiers/moves", response_model=Page[MoveRead])
async def list_moves(call: Reader, paging: Paging, tier: Tier = None) -> object:
    """Customers who changed tier, newest first; `tier` names the one they came to."""
    async with call.pool.read() as reader:
        found = await usecases.moves(reader, tier, paging.after, paging.limit)
    return paging.cut(found, lambda one: (one.recorded_at, one.id))


@router.get("/treatments", response_model=TreatmentList, responses={404: {}})
async def list_treatments(call: Reader, tier: Tier = None) -> object:
    """What each tier is recommended: talk more, recommend, promote, promote or let go."""
    async with call.pool.read() as reader:
        known = await scorecards.in_force(reader)
    if tier is not None and tier not in known.treatments:
        raise NotFound("tier")
    tiers = [tier] if tier else [band.name for band in known.value.bands]
    return {"items": [{"tier": one, "actions": known.treatments[one]} for one in tiers]}


@router.get("/segments", response_model=SegmentList)
async def list_segments(call: Reader) -> object:
    """All segments with their rules."""
    async with call.pool.read() as reader:
        book = (await scorecards.in_force(reader)).segments
    items = [
        SegmentRead(id=one.id, purpose=one.purpose, rule=one.rule, names=one.names, tiers=sorted(one.tiers))
        for one in book.segments
    ]
    return {"version": book.version, "items": items}


@router.get("/segments/{segment_id}/members", response_model=Page[MemberRead])
async def list_members(segment_id: str, call: Reader, paging: Paging, tier: Tier = None) -> object:
    """The members of a segment, of one tier if named."""
    return await _members(call, paging, segment_id, tier)


@router.get("/segments/{segment_id}/summary", response_model=SegmentSummary)
async def get_summary(segment_id: str, call: Reader) -> object:
    """A segment in figures, tier by tier."""
    async with call.pool.read() as reader:
        tiers = await usecases.summary(reader, segment_id)
    count = sum(one.customers for one in tiers)
    currency = files.value_card().rates.currency
    return {"segment": segment_id, "currency": currency, "customers": count, "tiers": tiers}


@router.get("/key-customers", response_model=Page[MemberRead])
async def list_key_customers(call: Reader, paging: Paging) -> object:
    """The customers whose profit makes them key: those of the tiers that this segment takes, as shipped the top one.

    Who enters it is proposed for designation.
    """
    return await _members(call, paging, KEY_CUSTOMERS, None)


async def _members(call: Read, paging: Paging, segment: str, tier: str | None) -> object:
    async with call.pool.read() as reader:
        found = await usecases.members(reader, segment, tier, paging.after, paging.limit)
    return paging.cut(found, lambda one: (one.customer_id,))
