"""Review cycles over HTTP, for internal units; an external one finds nothing here."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path

from guanxi.http import NotFound, Page, Paging, Read, Write, deadline, read, set_etag, write
from guanxi.service import settings_of
from scoring.reviews import report, usecases
from scoring.reviews.report import Report
from scoring.reviews.rules import Wish
from scoring.reviews.schemas import (
    CycleRead,
    CycleReport,
    NewCycle,
    StepDone,
    StepRead,
    StepsRead,
    StepWithEvidence,
    cycle_read,
    with_evidence,
)
from scoring.scorecards import files
from scoring.settings import Settings


async def reading(call: Annotated[Read, Depends(read("scores:read"))]) -> Read:
    """The call, when its caller is of an internal unit; else 404."""
    if not call.principal.internal:
        raise NotFound
    return call


async def writing(call: Annotated[Write, Depends(write("scores:write"))]) -> Write:
    """The same of a call that writes."""
    if not call.principal.internal:
        raise NotFound
    return call


router = APIRouter(tags=["reviews"])
Reading = Annotated[Read, Depends(reading)]
Writing = Annotated[Write, Depends(writing)]
Number = Annotated[int, Path(ge=1, le=8, description="1 to 8, in the order of the review.")]


@router.post("/review-cycles", response_model=CycleRead, status_code=201, responses={404: {}})
async def plan_cycle(body: NewCycle, call: Writing) -> object:
    """Plan a review cycle; it starts at once when its day has come and none runs, else after the one that does."""
    async with call.once() as once:
        if once.replay:
            return await usecases.find(once.tx, once.replay)
        wishes = [Wish(one.code, one.owner_id, one.due_on) for one in body.steps]
        made = await usecases.plan(once.tx, body.unit, body.starts_on, wishes)
        once.created(made.id, f"/v1/review-cycles/{made.id}", made.version, number=made.number)
    return made


@router.get("/review-cycles", response_model=Page[CycleRead], responses={404: {}})
async def list_cycles(call: Reading, paging: Paging) -> object:
    """All review cycles, the newest first."""
    async with call.pool.read() as reader:
        found = await usecases.page(reader, paging.after, paging.limit)
    return paging.cut(found, lambda one: (one.number,))


@router.get("/review-cycles/{cycle_id}", response_model=CycleRead)
async def read_cycle(cycle_id: UUID, call: Reading) -> object:
    """Read one review cycle with its steps."""
    async with call.pool.read() as reader:
        found = await usecases.find(reader, cycle_id)
    set_etag(call.response, found.version)
    return found


@router.get("/review-cycles/{cycle_id}/steps", response_model=StepsRead)
async def list_steps(cycle_id: UUID, call: Reading) -> object:
    """The eight steps with what the facts show of each and what is still lacking."""
    async with call.pool.read() as reader:
        cycle = await usecases.find(reader, cycle_id)
        found = await usecases.evidence(reader, cycle_id)
    return {"items": [with_evidence(one, found, files.review_rule()) for one in cycle.steps]}


@router.get("/review-cycles/{cycle_id}/steps/{n}", response_model=StepWithEvidence)
async def read_step(cycle_id: UUID, n: Number, call: Reading) -> object:
    """One step with what the facts show of it."""
    async with call.pool.read() as reader:
        step = usecases.step_of(await usecases.find(reader, cycle_id), n)
        return with_evidence(step, await usecases.evidence(reader, cycle_id), files.review_rule())


@router.post("/review-cycles/{cycle_id}/steps/{n}", response_model=StepRead, status_code=201)
async def do_step(cycle_id: UUID, n: Number, body: StepDone, call: Writing) -> object:
    """Do a step, in its turn and on its evidence; the eighth closes the cycle and starts the next."""
    async with call.once() as once:
        if once.replay:
            return usecases.step_of(await usecases.find(once.tx, cycle_id), n)
        made = await usecases.do_step(once.tx, cycle_id, n, body.outcome, call.principal)
        once.created(made.id, f"/v1/review-cycles/{cycle_id}/steps/{n}", made.version, code=made.code)
    return made


@router.get("/review-cycles/{cycle_id}/report", response_model=CycleReport)
@deadline(30)
async def read_report(cycle_id: UUID, call: Reading, config: Annotated[Settings, Depends(settings_of)]) -> object:
    """From what was heard, over what was improved, to what came of it: indicators, needs, revenue, cost, retention."""
    async with call.pool.read() as reader:
        found = await report.report(reader, cycle_id, config.zone, call.pool.clock.now())
    return _shown(found)


def _shown(found: Report) -> dict[str, Any]:
    seen = found.evidence
    told = seen.told or {}
    return {
        "cycle": cycle_read(found.cycle),
        "currency": files.value_card().rates.currency,
        "window_days": files.review_rule().window_days,
        "interviews": seen.interviews,
        "interviewed": len(seen.customers),
        "pressing_needs": seen.pressing,
        "pressing_open": seen.pressing_open,
        "answered_in_time": seen.answered_in_time,
        "improved_at": found.improved_at,
        "improvements": [
            {"improvement_id": one.aggregate_id, "indicator": one.traits.code}
            | {"published_at": one.occurred_at, "told": told.get(one.aggregate_id)}
            for one in seen.improvements
        ],
        "indicators": found.indicators,
        "before": found.effect.before,
        "after": found.effect.after,
        "retained": found.effect.retained,
        "retention_bp": found.effect.retention_bp,
    }
