"""The radar over HTTP, for internal readers; an external unit finds nothing here."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from guanxi.events.fields import UtcTime
from guanxi.events.relationships import RISKS
from guanxi.http import NotFound, Page, Paging, Read, read
from guanxi.service import settings_of
from scoring.radar import reading, usecases
from scoring.radar.schemas import AtRiskRead, RadarRead, RadarSummary, Risk, TiesRead, reading_values
from scoring.scorecards import files
from scoring.scores.reading import Whole, moment, whole
from scoring.settings import Settings


async def internal(call: Annotated[Read, Depends(read("scores:read"))]) -> Read:
    """The call, when its caller is of an internal unit; else 404."""
    if not call.principal.internal:
        raise NotFound
    return call


router = APIRouter(tags=["radar"])
Reader = Annotated[Read, Depends(internal)]
Config = Annotated[Settings, Depends(settings_of)]
AsOf = Annotated[date | None, Query(description="A day in the firm's time zone; today, if not given.")]
KnownAt = Annotated[UtcTime | None, Query(description="Only what had been learned by then counts.")]


@router.get("/radar", response_model=RadarSummary)
async def get_radar(call: Reader) -> object:
    """How many customers are calm, watched, at risk, lost and recovered, and how many have no rhythm of their own."""
    async with call.pool.read() as reader:
        found = {one.risk: one for one in await usecases.counts(reader)}
    items = [
        {"risk": risk, "customers": one.customers if one else 0, "without_rhythm": one.without_rhythm if one else 0}
        for risk, one in ((risk, found.get(risk)) for risk in RISKS)
    ]
    sums = {name: sum(getattr(one, name) for one in found.values()) for name in ("customers", "without_rhythm")}
    return {"version": files.radar_card().version, "items": items} | sums


@router.get("/customers/at-risk", response_model=Page[AtRiskRead], responses={404: {}})
async def list_at_risk(
    call: Reader,
    paging: Paging,
    risk: Risk = "at_risk",
    rhythm: Annotated[bool | None, Query(description="Only those with (or without) a rhythm of their own.")] = None,
) -> object:
    """Customers who are leaving without a word, most points first; `risk` lists any other state, nobody is left out."""
    async with call.pool.read() as reader:
        found = await usecases.page(reader, risk, rhythm=rhythm, after=paging.after, limit=paging.limit)
    items = [
        AtRiskRead.model_validate(
            {name: getattr(one, name) for name in AtRiskRead.model_fields if name != "signals"}
            | {"signals": [dict(zip(("code", "points", "usual"), each, strict=True)) for each in one.signals]}
        )
        for one in found
    ]
    return paging.cut(items, lambda one: (one.points, one.customer_id))


@router.get("/customers/{customer_id}/radar", response_model=RadarRead)
async def read_radar(
    customer_id: UUID, call: Reader, config: Config, as_of: AsOf = None, known_at: KnownAt = None
) -> object:
    """What the radar sees of a customer: each signal beside what is usual for it, the risk, a cause and what to do."""
    customer = await _customer(call, customer_id, "radar")
    at = moment(call.pool.clock.now(), config.zone, as_of, known_at)
    found = await reading.reading(call.pool, customer, at)
    task = None
    if as_of is None and known_at is None:
        async with call.pool.read() as reader:
            present = await usecases.present(reader, customer.id)
        task = present.care_task_id if present else None
    return reading_values(found, files.radar_card()) | {
        "customer_id": customer.id,
        "members": customer.members,
        "known_at": known_at,
        "care_task_id": task,
    }


@router.get("/customers/{customer_id}/ties", response_model=TiesRead)
async def read_ties(
    customer_id: UUID, call: Reader, config: Config, as_of: AsOf = None, known_at: KnownAt = None
) -> object:
    """Who of ours knows the customer, by their share of the contacts; one alone is a single tie."""
    customer = await _customer(call, customer_id, "ties")
    rule = files.radar_card().tie
    at = moment(call.pool.clock.now(), config.zone, as_of, known_at)
    found = await reading.ties(call.pool, customer, at)
    return {
        "customer_id": customer.id,
        "members": customer.members,
        "as_of": found.as_of,
        "window_days": rule.window_days,
        "contacts": sum(one.contacts for one in found.items),
        "single_tie": found.single,
        "share_pct": rule.share_pct,
        "least": rule.least,
        "items": [{name: getattr(one, name) for name in one.__slots__} for one in found.items],
    }


async def _customer(call: Read, customer_id: UUID, path: str) -> Whole:
    customer = await whole(call.pool, call.principal, customer_id)
    if customer.id != customer_id:
        call.response.headers["Content-Location"] = f"/v1/customers/{customer.id}/{path}"
    return customer
