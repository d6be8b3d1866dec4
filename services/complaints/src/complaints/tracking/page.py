"""The page behind a tracking link, for a phone's browser: no script, no cookie, nothing from elsewhere."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, Query
from starlette.responses import HTMLResponse, RedirectResponse, Response

from complaints.fields import LONGEST_NOTE
from complaints.tracking import usecases
from complaints.tracking.access import Settings, Token, speaks_for
from guanxi.http import Read, Write, body_limit, read, write
from guanxi.problems import Problem
from guanxi.web import Language, Looks, chosen, clock, refusals

router = APIRouter(tags=["tracking"], default_response_class=HTMLResponse)
Reading = Annotated[Read, Depends(read())]
Writing = Annotated[Write, Depends(write())]
Asked = Annotated[Language | None, Query(description="The browser's own language without it.")]
LOOKS = Looks("complaints.tracking", words={410: "wrong"})
_FORM_BYTES = 9 * LONGEST_NOTE + 2_048  # a Chinese character is nine bytes in a form
_FIELDS = 8
_SEE_OTHER = 303


@router.get("/track/{token}", responses=refusals())
async def show(token: Token, call: Reading, settings: Settings, lang: Asked = None) -> HTMLResponse:
    """Show where a complaint is: who answers for it, by when, the answer, and two buttons when there is one."""
    language = lang or chosen(call.request.headers.get("accept-language", ""))
    try:
        complaint_id = speaks_for(token, call.request, settings)
        async with call.pool.read() as reader:
            found = await usecases.seen(reader, complaint_id)
    except Problem as problem:
        return LOOKS.problem(problem, language)
    values: dict[str, Any] = {
        "track": found.track,
        "action": f"/track/{token}/verdict?lang={language}",
        "at": clock(found.zone),
    }
    return LOOKS.page("track.html.jinja", language, **values)


@router.post(
    "/track/{token}/verdict",
    status_code=_SEE_OTHER,
    response_class=Response,
    responses=refusals(409),
    openapi_extra={
        "requestBody": {
            "content": {
                "application/x-www-form-urlencoded": {
                    "schema": {
                        "type": "object",
                        "properties": {
                            "solved": {"type": "string", "enum": ["true", "false"]},
                            "comment": {"type": "string", "maxLength": LONGEST_NOTE},
                        },
                        "required": ["solved"],
                    }
                }
            }
        }
    },
)
@body_limit(_FORM_BYTES, check_json=False)
async def tap(token: Token, call: Writing, settings: Settings, lang: Asked = None) -> Response:
    """Take one tap: yes closes the complaint, no reopens it; then show the page again."""
    language = lang or chosen(call.request.headers.get("accept-language", ""))
    here = f"/track/{token}?lang={language}"
    try:
        complaint_id = speaks_for(token, call.request, settings)
        solved, comment = _form(await call.request.body())
        if solved not in {"true", "false"}:
            return LOOKS.told("wrong", language, 422, again=here)
        async with call.pool.begin() as tx:
            said = comment.replace("\x00", "")[:LONGEST_NOTE] or None
            await usecases.judge(tx, complaint_id, solved=solved == "true", comment=said)
    except Problem as problem:
        return LOOKS.problem(problem, language, again=here)
    return RedirectResponse(here, _SEE_OTHER)


def _form(body: bytes) -> tuple[str, str]:
    """What was tapped and what was written; nothing where it is no form of ours."""
    try:
        form = parse_qs(body.decode("utf-8", "replace"), max_num_fields=_FIELDS)
    except ValueError:
        return "", ""
    return form.get("solved", [""])[0], form.get("comment", [""])[0].strip()
