"""The sheet of a print run: a card a page, in three languages, with boxes to tick, its code and its link."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query
from starlette.responses import HTMLResponse

from guanxi.http import Read, read
from guanxi.service import ServiceSettings, settings_of
from interactions import scope
from interactions.cards import codes, usecases
from interactions.cards.looks import LOOKS
from interactions.questionnaires.schemas import QuestionnaireCode

router = APIRouter(tags=["cards"])


@router.get("/questionnaires/{code}/print", response_class=HTMLResponse)
async def print_sheet(
    code: Annotated[QuestionnaireCode, Path(description="The questionnaire's code.")],
    run: Annotated[UUID, Query(description="The print run.")],
    call: Annotated[Read, Depends(read("interactions:read"))],
    settings: Annotated[ServiceSettings, Depends(settings_of)],
) -> HTMLResponse:
    """The cards of a print run as one HTML page, ready for a printer: a card to a sheet. Internal units only."""
    scope.only_internal(call.principal, "print run")
    key = settings.secret("tracking_key")
    async with call.pool.read() as reader:
        found, asked = await usecases.find_run(reader, run, code, key)
    cards = [(one, codes.link_of(settings.public_url, one)) for one in usecases.codes_of(found, key)]
    grades = range(asked.lowest, asked.highest + 1)
    return LOOKS.page("sheet.html.jinja", "zh-Hans", asked=asked, cards=cards, grades=grades)
