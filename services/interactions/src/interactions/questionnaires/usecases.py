"""Making questionnaires and their versions."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from guanxi.auth import Principal
from guanxi.db import Pool, Reader, Tx
from guanxi.problems import Conflict, NotFound, Unprocessable
from interactions import scope
from interactions.questionnaires import rules, store
from interactions.questionnaires.rules import Kind, Questionnaire
from interactions.questionnaires.schemas import NewQuestionnaire, NewVersion


async def create(tx: Tx, principal: Principal, body: NewQuestionnaire) -> Questionnaire:
    """Make the first version; 409 when there is one under this code."""
    scope.only_internal(principal, "questionnaire")
    made = _made(tx, principal, body, body.code, body.kind, 1)
    if not await store.insert(tx, made):
        raise Conflict("questionnaire-exists", "There is a questionnaire under this code: add a version to it.")
    return made


async def renew(tx: Tx, principal: Principal, code: str, body: NewVersion) -> Questionnaire:
    """Make the next version; 404, 409 when somebody else is making it."""
    scope.only_internal(principal, "questionnaire")
    newest = await find(tx, code)
    made = _made(tx, principal, body, code, newest.kind, newest.version + 1)
    if not await store.insert(tx, made):
        raise Conflict("version-exists", "Somebody has just made the next version. Read it, then repeat.")
    return made


async def find(reader: Reader, code: str, version: int | None = None) -> Questionnaire:
    """One version, the newest where none is named; 404."""
    found = await store.find(reader, code, version)
    if found is None:
        raise NotFound("questionnaire")
    return found


async def wanted(
    reader: Reader, code: str, version: int | None, kinds: Sequence[Kind], field: str = "questionnaire"
) -> Questionnaire:
    """The version that a body names; 422 for one that is not there, or of another kind."""
    found = await store.find(reader, code, version)
    if found is None:
        raise Unprocessable.field(field, "unknown-questionnaire", "There is no such questionnaire, or no such version.")
    if found.kind not in kinds:
        raise Unprocessable.field(field, "wrong-kind", f"It must be of one of these kinds: {', '.join(kinds)}.")
    return found


async def newest_of(reader: Reader, kind: Kind) -> Questionnaire:
    """The version made last of a kind; 404 while there is none."""
    found = await store.newest_of(reader, kind)
    if found is None:
        raise NotFound("questionnaire")
    return found


async def newest_by_code(reader: Reader, codes: Collection[str]) -> dict[str, Questionnaire]:
    """The newest version of those of these codes that are questionnaires of ours."""
    return {one.code: one for one in await store.newest_by_code(reader, codes)} if codes else {}


async def page(pool: Pool, kind: Kind | None, after: Sequence[Any] | None, limit: int) -> list[Questionnaire]:
    """The newest version of each, by code."""
    async with pool.read() as reader:
        return await store.page(reader, kind, after, limit)


def _made(  # noqa: PLR0913 - what names it, and what it says
    tx: Tx, principal: Principal, body: NewVersion, code: str, kind: Kind, version: int
) -> Questionnaire:
    scale, questions = body.scale.made(), tuple(one.made() for one in body.questions)
    title = {str(language): words for language, words in body.title.items()}
    rules.check(kind, title, questions, scale)
    return Questionnaire(
        id=tx.new_id(),
        code=code,
        version=version,
        kind=kind,
        unit_id=principal.unit,
        recorded_at=tx.now,
        title=title,
        questions=questions,
        lowest=scale.lowest,
        highest=scale.highest,
        lapse_days=body.lapse_days,
    )
