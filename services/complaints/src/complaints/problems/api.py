"""Common problems over HTTP, for internal units."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from complaints.access import Reading, Writing
from complaints.fields import Cause, Sku
from complaints.problems import usecases
from complaints.problems.schemas import ProblemRead, ProblemStatus, SolutionBody
from complaints.settings import Settings
from guanxi.http import Page, Paging
from guanxi.service import settings_of

router = APIRouter(tags=["improvements"])
_PATH = "/v1/problems"


@router.get("/problems")
async def list_problems(  # noqa: PLR0913 - one parameter for each filter
    call: Reading,
    page: Paging,
    settings: Annotated[Settings, Depends(settings_of)],
    status: ProblemStatus | None = None,
    cause: Cause | None = None,
    sku: Sku | None = None,
) -> Page[ProblemRead]:
    """List what many complain of, the newest first; by its cause and article a problem gives its uniform solution.

    A cause (and article) that enough complainants of the last days share is suspected by itself.
    """
    # Looked for when somebody looks, over an index: so nothing runs while nobody does.
    async with call.pool.begin() as tx:
        await usecases.suspect(tx, settings.problem_days, settings.problem_complainants)
        found = await usecases.page(tx, status, cause, sku, page.after, page.limit)
    return page.cut([ProblemRead.model_validate(one) for one in found], lambda one: (one.id,))


@router.post("/problems/{problem_id}/recognition", status_code=201)
async def recognise_problem(problem_id: UUID, call: Writing) -> ProblemRead:
    """Recognise that these complaints have one cause."""
    async with call.once() as once:
        if once.replay:
            return ProblemRead.model_validate(await usecases.find(once.tx, once.replay))
        found = await usecases.recognise(once.tx, problem_id, call.principal)
        once.created(found.id, f"{_PATH}?cause={found.cause}", found.version)
    return ProblemRead.model_validate(found)


@router.post("/problems/{problem_id}/solution", status_code=201)
async def decide_solution(problem_id: UUID, body: SolutionBody, call: Writing) -> ProblemRead:
    """Decide one solution for everybody who complains of it; for leads and directors. A better one replaces it."""
    async with call.once() as once:
        if once.replay:
            return ProblemRead.model_validate(await usecases.find(once.tx, once.replay))
        found = await usecases.solve(once.tx, problem_id, body.text, body.remedy, call.principal)
        once.created(found.id, f"{_PATH}?cause={found.cause}", found.version)
    return ProblemRead.model_validate(found)
