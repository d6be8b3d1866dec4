"""The page behind a message's link, for a phone's browser: no script, no cookie, nothing from elsewhere."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, Query
from starlette.responses import HTMLResponse, RedirectResponse, Response

from guanxi.http import Read, Write, body_limit, read, write
from guanxi.problems import Problem
from guanxi.web import Language, Looks, chosen, clock, refusals
from notifications.messages.sender import links_of
from notifications.why import usecases
from notifications.why.access import Known, Token, speaks_for

router = APIRouter(tags=["messages"], default_response_class=HTMLResponse)
Reading = Annotated[Read, Depends(read())]
Writing = Annotated[Write, Depends(write(idempotent=False))]
Asked = Annotated[Language | None, Query(description="The browser's own language without it.")]
LOOKS = Looks("notifications.why")
_FORM_BYTES = 1_024
_FIELDS = 4
_SEE_OTHER = 303
_FORM: dict[str, Any] = {
    "requestBody": {
        "content": {
            "application/x-www-form-urlencoded": {
                "schema": {
                    "type": "object",
                    "properties": {"answer": {"type": "string", "enum": ["yes", "no"]}},
                    "required": ["answer"],
                }
            }
        }
    }
}


@router.get("/why/{token}", responses=refusals())
async def show(token: Token, call: Reading, settings: Known, lang: Asked = None) -> HTMLResponse:
    """Show what was sent and the permission that let it go, a button that stops such messages, and what it asks."""
    language = lang or chosen(call.request.headers.get("accept-language", ""))
    try:
        message_id = speaks_for(token, call.request, settings)
        async with call.pool.read() as reader:
            found = await usecases.show(reader, message_id, links_of(settings), settings.default_time_zone)
    except Problem as problem:
        return LOOKS.problem(problem, language)
    here = f"/why/{token}"
    values = {name: f"{here}/{name}?lang={language}" for name in ("answer", "withdrawal")}
    return LOOKS.page("why.html.jinja", language, 200, why=found, at=clock(settings.default_time_zone), **values)


@router.post("/why/{token}/withdrawal", status_code=_SEE_OTHER, response_class=Response, responses=refusals())
@body_limit(_FORM_BYTES, check_json=False)
async def withdraw(token: Token, call: Writing, settings: Known, lang: Asked = None) -> Response:
    """Stop messages of this class on this channel with one tap; then show the page again."""
    language = lang or chosen(call.request.headers.get("accept-language", ""))
    try:
        message_id = speaks_for(token, call.request, settings)
        async with call.pool.begin() as tx:
            await usecases.withdraw(tx, message_id)
    except Problem as problem:
        return LOOKS.problem(problem, language)
    return RedirectResponse(f"/why/{token}?lang={language}", _SEE_OTHER)


@router.post(
    "/why/{token}/answer",
    status_code=_SEE_OTHER,
    response_class=Response,
    responses=refusals(409),
    openapi_extra=_FORM,
)
@body_limit(_FORM_BYTES, check_json=False)
async def answer(token: Token, call: Writing, settings: Known, lang: Asked = None) -> Response:
    """Take the answer to what the message asks with one tap; then show the page again."""
    language = lang or chosen(call.request.headers.get("accept-language", ""))
    here = f"/why/{token}?lang={language}"
    try:
        message_id = speaks_for(token, call.request, settings)
        said = _tapped(await call.request.body())
        if said not in {"yes", "no"}:
            return LOOKS.told("wrong", language, 422, again=here)
        async with call.pool.begin() as tx:
            await usecases.answer(tx, message_id, yes=said == "yes")
    except Problem as problem:
        return LOOKS.problem(problem, language, again=here)
    return RedirectResponse(here, _SEE_OTHER)


def _tapped(body: bytes) -> str:
    try:
        return parse_qs(body.decode("utf-8", "replace"), max_num_fields=_FIELDS).get("answer", [""])[0]
    except ValueError:
        return ""
