"""Satisfaction of all customers over HTTP, for internal readers; an external unit finds nothing here."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from guanxi.http import NotFound, Read, read
from guanxi.service import settings_of
from scoring.opinions import usecases
from scoring.opinions.schemas import FacetRead, SatisfactionReport
from scoring.scores.rules import asked_span, day_of, end_of, midnight
from scoring.settings import Settings

_READ = read("scores:read")

router = APIRouter(tags=["satisfaction"])


@router.get("/reports/satisfaction", responses={404: {}})
async def report_satisfaction(
    call: Annotated[Read, Depends(_READ)],
    config: Annotated[Settings, Depends(settings_of)],
    facet: Annotated[str | None, Query(description="Only this one, such as `service`.")] = None,
    from_day: Annotated[date | None, Query(alias="from", description="First day; a year before the last.")] = None,
    to_day: Annotated[date | None, Query(alias="to", description="Last day, in the firm's time zone; today.")] = None,
) -> SatisfactionReport:
    """What customers got against what they expected, facet by facet; opinions without a name count here too."""
    if not call.principal.internal:
        raise NotFound
    first, last = asked_span(from_day, to_day, day_of(call.pool.clock.now(), config.zone))
    async with call.pool.read() as reader:
        start, end = midnight(first, config.zone), end_of(last, config.zone)
        found = await usecases.satisfaction(reader, facet, start, end)
    return SatisfactionReport.model_validate(
        {"from": first, "to": last, "opinions": found.opinions, "anonymous": found.anonymous}
        | {"whole": FacetRead.model_validate(found.whole) if found.whole else None}
        | {"items": [FacetRead.model_validate(one) for one in found.items]}
    )
