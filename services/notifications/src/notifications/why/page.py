"""The page behind a message's link, for a phone's browser: no script, no cookie, nothing from elsewhere."""

from __future__ import annotations

import base64
import hashlib
import tomllib
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Annotated, Any
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, Query
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse, RedirectResponse, Response

from guanxi import directory
from guanxi.http import Read, Write, body_limit, read, write
from guanxi.problems import Problem
from notifications.messages.sender import links_of
from notifications.why import usecases
from notifications.why.access import Known, Token, speaks_for
from notifications.why.languages import LANGUAGES, Language, chosen

router = APIRouter(tags=["messages"], default_response_class=HTMLResponse)
Reading = Annotated[Read, Depends(read())]
Writing = Annotated[Write, Depends(write(idempotent=False))]
Asked = Annotated[Language | None, Query(description="The browser's own language without it.")]
_FORM_BYTES = 1_024
_FIELDS = 4
_SEE_OTHER = 303
_HTML: dict[int | str, dict[str, Any]] = {404: {"description": "No such link, as a page."}}
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


@router.get("/why/{token}", responses=_HTML)
async def show(token: Token, call: Reading, settings: Known, lang: Asked = None) -> HTMLResponse:
    """Show what was sent and the permission that let it go, a button that stops such messages, and what it asks."""
    language = lang or chosen(call.request.headers.get("accept-language", ""))
    try:
        message_id = speaks_for(token, call.request, settings)
        async with call.pool.read() as reader:
            found = await usecases.show(reader, message_id, links_of(settings), settings.default_time_zone)
    except Problem as problem:
        return _problem(problem, language)
    here = f"/why/{token}"
    values = {name: f"{here}/{name}?lang={language}" for name in ("answer", "withdrawal")}
    return _page("why.html.jinja", language, 200, why=found, at=_clock(settings.default_time_zone), **values)


@router.post("/why/{token}/withdrawal", status_code=_SEE_OTHER, response_class=Response, responses=_HTML)
@body_limit(_FORM_BYTES, check_json=False)
async def withdraw(token: Token, call: Writing, settings: Known, lang: Asked = None) -> Response:
    """Stop messages of this class on this channel with one tap; then show the page again."""
    language = lang or chosen(call.request.headers.get("accept-language", ""))
    try:
        message_id = speaks_for(token, call.request, settings)
        async with call.pool.begin() as tx:
            await usecases.withdraw(tx, message_id)
    except Problem as problem:
        return _problem(problem, language)
    return RedirectResponse(f"/why/{token}?lang={language}", _SEE_OTHER)


@router.post(
    "/why/{token}/answer",
    status_code=_SEE_OTHER,
    response_class=Response,
    responses={**_HTML, 409: {"description": "The message asks nothing, as a page."}},
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
            return _told(_texts()[language]["wrong"], language, 422, again=here)
        async with call.pool.begin() as tx:
            await usecases.answer(tx, message_id, yes=said == "yes")
    except Problem as problem:
        return _problem(problem, language, again=here)
    return RedirectResponse(here, _SEE_OTHER)


def _tapped(body: bytes) -> str:
    try:
        return parse_qs(body.decode("utf-8", "replace"), max_num_fields=_FIELDS).get("answer", [""])[0]
    except ValueError:
        return ""


def _problem(problem: Problem, language: Language, again: str | None = None) -> HTMLResponse:
    word = {404: "missing", 410: "missing", 429: "many"}.get(problem.status, "wrong")
    answer = _told(_texts()[language][word], language, problem.status, again=None if word == "missing" else again)
    if problem.retry_after is not None:
        answer.headers["Retry-After"] = str(problem.retry_after)
    return answer


def _told(title: str, language: Language, status: int, again: str | None) -> HTMLResponse:
    return _page("problem.html.jinja", language, status, title=title, again=again)


def _page(template: str, language: Language, status: int = 200, **values: Any) -> HTMLResponse:
    texts = _texts()
    names = [(code, texts[code]["name"]) for code in LANGUAGES]
    own = {"lang": language, "text": texts[language], "style": _style(), "languages": names}
    body = _templates().get_template(template).render(**own, **values)
    return HTMLResponse(body, status, headers={"Content-Security-Policy": _policy(), "Content-Language": language})


def _clock(zone: str) -> Callable[[datetime], str]:
    place = directory.zone_of(zone)

    def at(moment: datetime) -> str:
        return f"{moment.astimezone(place):%Y-%m-%d %H:%M %Z}"

    return at


@cache
def _templates() -> Environment:
    loader = PackageLoader("notifications.why", "pages")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=False)


@cache
def _texts() -> Mapping[str, Any]:
    return tomllib.loads(_file("texts.toml"))


@cache
def _style() -> Markup:
    return Markup(_file("page.css"))  # noqa: S704 - our own file


@cache
def _policy() -> str:
    digest = base64.b64encode(hashlib.sha256(_file("page.css").encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


def _file(name: str) -> str:
    return files("notifications.why.pages").joinpath(name).read_text(encoding="utf-8")
