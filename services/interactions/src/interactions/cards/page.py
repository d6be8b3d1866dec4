"""The page of a card, for a phone's browser or a tablet at the counter: no script, no cookie."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, Path, Query
from starlette.responses import HTMLResponse, RedirectResponse, Response

from guanxi.http import Read, Write, body_limit, read, write
from guanxi.problems import Problem
from guanxi.web import Language, chosen, refusals
from interactions.cards import usecases
from interactions.cards.looks import LIMITS, LOOKS
from interactions.cards.rules import Filled, Mark
from interactions.cards.schemas import LONGEST_TEXT
from interactions.questionnaires.rules import Questionnaire

router = APIRouter(tags=["cards"], default_response_class=HTMLResponse)
Reading = Annotated[Read, Depends(read())]
Writing = Annotated[Write, Depends(write())]
Token = Annotated[str, Path(min_length=1, max_length=64, description="The code on the card.")]
Asked = Annotated[Language | None, Query(description="The browser's own language without it.")]
_FORM_BYTES = 9 * LONGEST_TEXT + 16_384  # a Chinese character is nine bytes in a form
_FIELDS = 200
_SEE_OTHER = 303


@router.get("/card/{token}", responses=refusals())
async def show(token: Token, call: Reading, lang: Asked = None) -> HTMLResponse:
    """Show a card's questions with a box for each grade, room for words and, to who was invited, for their name."""
    language = lang or chosen(call.request.headers.get("accept-language", ""))
    try:
        LIMITS.check(call.request, token)
        async with call.pool.read() as reader:
            opened = await usecases.open_card(reader, token)
    except Problem as problem:
        return LOOKS.problem(problem, language)
    if opened.card.used:
        return LOOKS.told("thanks", language)
    values: dict[str, Any] = {
        "asked": opened.asked,
        "grades": range(opened.asked.lowest, opened.asked.highest + 1),
        "named": opened.card.invitation is not None,
        "action": f"/card/{token}?lang={language}",
        "longest": LONGEST_TEXT,
    }
    return LOOKS.page("card.html.jinja", language, **values)


@router.post(
    "/card/{token}",
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
                            "free_text": {"type": "string", "maxLength": LONGEST_TEXT},
                            "signed": {"type": "string", "enum": ["yes"]},
                        },
                        "additionalProperties": {"type": "string"},
                    }
                }
            }
        }
    },
)
@body_limit(_FORM_BYTES, check_json=False)
async def hand_in(token: Token, call: Writing, lang: Asked = None) -> Response:
    """Take in the form: `g.<item>` is what was got, `e.<item>` what was expected; then show the thanks."""
    language = lang or chosen(call.request.headers.get("accept-language", ""))
    here = f"/card/{token}?lang={language}"
    try:
        LIMITS.check(call.request, token)
        async with call.pool.read() as reader:
            opened = await usecases.open_unused(reader, token)
        # A stranger's body comes when it comes: no connection waits for it.
        filled = _form(await call.request.body(), opened.asked)
        async with call.once() as once:
            opinion = await usecases.respond(once.tx, token, filled)
            once.created(opinion.id, "", customer_id=opinion.customer_id)
    except Problem as problem:
        return LOOKS.problem(problem, language, again=here)
    return RedirectResponse(here, _SEE_OTHER)


def _form(body: bytes, asked: Questionnaire) -> Filled:
    """What was ticked and written; nothing where it is no form of ours."""
    try:
        form = parse_qs(body.decode("utf-8", "replace"), max_num_fields=_FIELDS)
    except ValueError:
        form = {}
    said = {name: values[0] for name, values in form.items()}
    marks = [
        Mark(item=one.item, obtained=obtained, expected=_grade(said.get(f"e.{one.item}")))
        for one in asked.graded
        if (obtained := _grade(said.get(f"g.{one.item}"))) is not None
    ]
    text = said.get("free_text", "").replace("\x00", "").strip()[:LONGEST_TEXT]
    return Filled(marks=tuple(marks), free_text=text or None, signed=said.get("signed") == "yes")


def _grade(text: str | None) -> int | None:
    """A grade of the form; one that is no number of ours is outside every scale."""
    if not text:
        return None
    return int(text) if len(text) <= 3 and text.isascii() and text.isdecimal() else -1  # noqa: PLR2004 - 100 is three
