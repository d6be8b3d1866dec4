"""The return on goodwill over HTTP, for internal readers; an external unit finds nothing here."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from guanxi.events.fields import UtcTime
from guanxi.http import NotFound, Read, deadline, read
from guanxi.service import settings_of
from scoring.goodwill import usecases
from scoring.goodwill.schemas import GivenRead, GoodwillReport, GoodwillReturn
from scoring.scorecards import files
from scoring.scores.reading import moment, whole
from scoring.scores.rules import asked_span
from scoring.settings import Settings


async def internal(call: Annotated[Read, Depends(read("scores:read"))]) -> Read:
    """The call, when its caller is of an internal unit; else 404."""
    if not call.principal.internal:
        raise NotFound
    return call


router = APIRouter(tags=["goodwill"])
Reader = Annotated[Read, Depends(internal)]
Config = Annotated[Settings, Depends(settings_of)]
AsOf = Annotated[date | None, Query(description="A day in the firm's time zone; today, if not given.")]
KnownAt = Annotated[UtcTime | None, Query(description="Only what had been learned by then counts.")]


@router.get("/customers/{customer_id}/goodwill-return", response_model=GoodwillReturn)
async def read_goodwill_return(
    customer_id: UUID, call: Reader, config: Config, as_of: AsOf = None, known_at: KnownAt = None
) -> object:
    """What goodwill cost and what came after it: profit of own orders, and of customers who were referred."""
    customer = await whole(call.pool, call.principal, customer_id)
    if customer.id != customer_id:
        call.response.headers["Content-Location"] = f"/v1/customers/{customer.id}/goodwill-return"
    at = moment(call.pool.clock.now(), config.zone, as_of, known_at)
    found = await usecases.of_customer(call.pool, customer, at)
    return {
        "customer_id": customer.id,
        "members": customer.members,
        "as_of": at.day,
        "currency": files.value_card().rates.currency,
        "window_days": files.goodwill_window_days(),
        "version": files.NEWEST[files.GOODWILL],
        "items": [GivenRead.model_validate(one) for one in found.given],
        "ratio_hundredths": found.ratio_hundredths,
    } | {name: getattr(found, name) for name in found.__slots__ if name != "given"}


@router.get("/reports/goodwill", response_model=GoodwillReport, responses={404: {}})
@deadline(30)
async def report_goodwill(
    call: Reader,
    config: Config,
    from_day: Annotated[date | None, Query(alias="from", description="First day; a year before the last.")] = None,
    to_day: Annotated[date | None, Query(alias="to", description="Last day, in the firm's time zone; today.")] = None,
) -> object:
    """What all goodwill given in a span cost, and what came after it up to today."""
    at = moment(call.pool.clock.now(), config.zone, None, None)
    first, last = asked_span(from_day, to_day, at.day)
    found = await usecases.total(call.pool, first, last, at)
    return {
        "from": first,
        "to": last,
        "currency": files.value_card().rates.currency,
        "window_days": files.goodwill_window_days(),
        "version": files.NEWEST[files.GOODWILL],
        "ratio_hundredths": found.ratio_hundredths,
    } | {name: getattr(found, name) for name in found.__slots__}
