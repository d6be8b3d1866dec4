"""Planning review cycles, doing their steps, and going on to the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from guanxi import directory, due
from guanxi.auth import Principal
from guanxi.bus import log
from guanxi.db import Reader, Tx
from guanxi.events import Event
from guanxi.events.reviews import ReviewCycleClosed, ReviewStepDone, ReviewStepOverdue, ReviewStepStarted
from guanxi.problems import NotFound, Unprocessable
from scoring.designations import usecases as designations
from scoring.facts import usecases as facts
from scoring.indicators import usecases as indicators
from scoring.reviews import rules, store
from scoring.reviews.rules import Cycle, Evidence, Step, Wish
from scoring.scorecards import files
from scoring.scores.rules import day_of, end_of, midnight

STEP_DUE, CYCLE_DUE = "review-step", "review-cycle"
StepFact = ReviewStepStarted | ReviewStepDone | ReviewStepOverdue


async def plan(tx: Tx, unit: str, starts_on: date | None, wishes: Sequence[Wish]) -> Cycle:
    """Plan a cycle; it starts on its day when none runs then, else after the one that does. 422."""
    found = await directory.unit(tx, unit)
    if found is None or not found.internal:
        raise Unprocessable.field("unit", "unknown", "No internal unit has this code.")
    known = await directory.employees(tx, [one.owner_id for one in wishes if one.owner_id])
    zone = directory.zone_of(found.time_zone)
    today = day_of(tx.now, zone)
    for n, one in enumerate(wishes):
        if one.owner_id and (one.owner_id not in known or not known[one.owner_id].present(tx.now, zone)):
            raise Unprocessable.field(f"steps[{n}].owner_id", "unknown", "This is none of our employees.")
    rule = files.review_rule()
    rules.check_start(starts_on or today, today, rule)
    await store.alone(tx)
    ids = [tx.new_id() for _ in range(len(rule.steps) + 1)]
    cycle = rules.planned(ids, await store.next_number(tx), unit, starts_on or today, rule, wishes)
    if cycle.starts_on > today:
        await store.save(tx, cycle)
        await due.schedule(tx, midnight(cycle.starts_on, zone), CYCLE_DUE, cycle.id)
        return cycle
    if await store.running(tx):
        await store.save(tx, cycle)
        return cycle
    return await _start(tx, cycle)


async def do_step(tx: Tx, cycle_id: UUID, n: int, outcome: str | None, principal: Principal) -> Step:
    """Do a step whose turn it is, on its evidence; the last one closes the cycle and starts the next. 404, 409, 422."""
    # What is scheduled of the step first, as whoever works it off has it. A cycle keeps its steps for good.
    await store.hold(tx, STEP_DUE, step_of(await find(tx, cycle_id), n).id)
    await store.alone(tx)
    cycle = await find(tx, cycle_id)
    before = step_of(cycle, n)
    rule = files.review_rule().step(before.code)
    found = await evidence(tx, cycle_id)
    after = rules.done(before, rule, found, outcome, principal.subject, tx.now)
    await due.cancel(tx, STEP_DUE, after.id)
    cycle = _with(cycle, after)
    events: list[Event[StepFact]] = [_told(tx, cycle, after, ReviewStepDone, done_at=tx.now)]
    if n < len(cycle.steps):
        following = rules.begun(step_of(cycle, n + 1), tx.now)
        cycle = _with(cycle, following)
        await store.save(tx, cycle)
        events.append(await _begun(tx, cycle, following))
        await log.record(tx, *events)
    else:
        await log.record(tx, *events)
        await _close(tx, cycle)
    return after


async def on_step_due(tx: Tx, step_id: UUID, at: datetime) -> None:  # noqa: ARG001 - the due loop's signature
    """The day of a step went by."""
    cycle_id = await store.cycle_of(tx, step_id)
    if cycle_id is None:
        return
    await store.alone(tx)
    cycle = await find(tx, cycle_id)
    late = rules.overdue(next(one for one in cycle.steps if one.id == step_id))
    if late is not None:
        cycle = _with(cycle, late)
        await store.save(tx, cycle)
        await log.record(tx, _told(tx, cycle, late, ReviewStepOverdue))


async def on_cycle_due(tx: Tx, cycle_id: UUID, at: datetime) -> None:  # noqa: ARG001 - the due loop's signature
    """The first day of a planned cycle has come: it starts, unless one runs still; then it follows that one."""
    await store.alone(tx)
    cycle = await find(tx, cycle_id)
    if cycle.status == "planned" and await store.running(tx) is None:
        await _start(tx, cycle)


async def evidence(reader: Reader, cycle_id: UUID) -> Evidence:
    """What there is to show for the steps of a cycle."""
    in_force = await indicators.in_force(reader)
    return replace(
        rules.evidence(await facts.of_cycle(reader, cycle_id), cycle_id),
        key_customers=await designations.approved(reader),
        indicator_versions=in_force.number if in_force else 0,
        revisions=len(await indicators.of_cycle(reader, cycle_id)),
    )


async def find(reader: Reader, cycle_id: UUID) -> Cycle:
    """One cycle with its steps. 404."""
    found = await store.find(reader, cycle_id)
    if found is None:
        raise NotFound("review cycle")
    return found


async def page(reader: Reader, after: Sequence[Any] | None, limit: int) -> list[Cycle]:
    """Cycles, the newest first."""
    return await store.page(reader, after, limit)


def step_of(cycle: Cycle, n: int) -> Step:
    """A step by its number. 404."""
    found = next((one for one in cycle.steps if one.n == n), None)
    if found is None:
        raise NotFound("step")
    return found


async def _start(tx: Tx, cycle: Cycle) -> Cycle:
    today = day_of(tx.now, await _zone(tx, cycle))
    cycle = rules.started(cycle, today, tx.now)
    await store.save(tx, cycle)
    await log.record(tx, await _begun(tx, cycle, cycle.steps[0]))
    return cycle


async def _close(tx: Tx, cycle: Cycle) -> None:
    planned = await store.next_planned(tx)
    if planned is None:
        ids = [tx.new_id() for _ in range(len(cycle.steps) + 1)]
        today = day_of(tx.now, await _zone(tx, cycle))
        planned = rules.again(cycle, ids, await store.next_number(tx), today)
    closed = replace(cycle, status="closed", closed_at=tx.now, next_cycle_id=planned.id, version=cycle.version + 1)
    await store.save(tx, closed)
    fact = ReviewCycleClosed(
        cycle_id=closed.id,
        number=closed.number,
        unit=closed.unit_id,
        started_on=closed.started_on or closed.starts_on,
        closed_at=tx.now,
        next_cycle_id=planned.id,
    )
    await log.record(tx, log.draft(tx, fact, aggregate=closed.id, sequence=closed.version, subject=None))
    await _start(tx, planned)


async def _begun(tx: Tx, cycle: Cycle, step: Step) -> Event[StepFact]:
    await due.schedule(tx, end_of(step.due_on, await _zone(tx, cycle)), STEP_DUE, step.id)
    return _told(tx, cycle, step, ReviewStepStarted)


async def _zone(reader: Reader, cycle: Cycle) -> ZoneInfo:
    found = await directory.unit(reader, cycle.unit_id)
    return directory.zone_of(found.time_zone if found else "")


def _with(cycle: Cycle, step: Step) -> Cycle:
    return replace(cycle, steps=tuple(step if one.id == step.id else one for one in cycle.steps))


def _told(
    tx: Tx,
    cycle: Cycle,
    step: Step,
    kind: type[StepFact],
    **more: datetime,
) -> Event[StepFact]:
    fact: StepFact = kind(
        cycle_id=cycle.id,
        cycle=cycle.number,
        n=step.n,
        code=step.code,
        owner_id=step.owner_id,
        unit=cycle.unit_id,
        due_on=step.due_on,
        state=step.state,
        **more,
    )
    return log.draft(tx, fact, aggregate=step.id, sequence=step.version, subject=None)
