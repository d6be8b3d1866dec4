"""Handing customers over: because somebody leaves, or because somebody says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from guanxi import directory, due
from guanxi.auth import Principal
from guanxi.bus import log
from guanxi.db import Pool, Reader, Tx
from guanxi.directory import WorkingHours
from guanxi.events import Event
from guanxi.events.organisation import EmployeeState
from guanxi.problems import Conflict, NotFound, Unprocessable
from interactions import scope, staff
from interactions.contacts import usecases as contacts
from interactions.contacts.schemas import NewInteraction
from interactions.handovers import exposures, formula, rules, store
from interactions.handovers.rules import DUE_KIND, LEAVING, Handover, Leaver
from interactions.handovers.schemas import NewHandover, NewHandoverCompletion, NewJointVisit
from interactions.handovers.store import Filter
from interactions.moments import not_future
from interactions.plans import usecases as plans
from interactions.plans.rules import Planned

_JOINT_VISIT = "joint-visit"


async def see_off(tx: Tx, event: Event[EmployeeState]) -> None:
    """Plan the hand-over of each customer whom an employee's leaving exposes, with a joint visit before the day.

    Told again, nothing happens; told of another day, what is planned moves to it. Older news than the directory holds
    changes nothing.
    """
    who = event.data
    known = await store.sequences(tx, [who.id])
    if who.left_on is not None and event.sequence >= known.get(who.id, 0):
        await _plan_for(tx, Leaver(id=who.id, unit_id=who.unit, leaves_on=who.left_on), event)


async def look_again(tx: Tx, employee_id: UUID) -> None:
    """Plan the hand-overs of customers who have come to depend on somebody since it was known that they leave."""
    who = await directory.employee(tx, employee_id)
    if who is not None and who.left_on is not None:
        await _plan_for(tx, Leaver(id=who.id, unit_id=who.unit_id, leaves_on=who.left_on), None)


async def open_one(tx: Tx, principal: Principal, body: NewHandover) -> Handover:
    """Plan a hand-over because somebody says so; 404, 409 where one is on its way, 410, 422."""
    await scope.locked_customer(tx, principal, body.customer_id)
    giver = await staff.named(tx, principal, body.from_employee, "from_employee")
    if body.to_employee is not None:
        await _check_successor(tx, principal, body.to_employee, giver.id)
    found = await exposures.of_customer(tx, body.customer_id, giver.id)
    one = Handover(
        id=tx.new_id(),
        customer_id=body.customer_id,
        unit_id=giver.unit_id,
        recorded_at=tx.now,
        from_id=giver.id,
        to_id=body.to_employee,
        status="planned",
        reason=body.reason,
        single_tie=found is not None and found.single_tie,
        leaves_on=giver.left_on,
        joint_visit_on=body.joint_visit_on,
    )
    if not await store.insert(tx, [one]):
        raise Conflict("handover-open", "A hand-over of this customer from this employee is on its way.")
    (planned,) = await _with_visits(tx, [one], None)
    await _write(tx, [planned], None)
    return planned


async def visit(tx: Tx, principal: Principal, handover_id: UUID, body: NewJointVisit) -> Handover:
    """Note that both have seen the customer: from now on it knows who takes over; 404, 409, 422."""
    before = await _locked(tx, principal, handover_id)
    rules.refuse_visited(before)
    to_id = await _successor(tx, principal, before, body.to_employee)
    if to_id is None:
        raise Unprocessable.field("to_employee", "missing", "Say who takes over.")
    at = not_future(body.at, tx.now, "at")
    on = at.astimezone(directory.hours_of(await directory.unit(tx, before.unit_id)).zone).date()
    assert before.customer_id  # noqa: S101 - a hand-over is of somebody
    told = NewInteraction(
        customer_id=before.customer_id,
        channel="visit",
        direction="out",
        kind="visit",
        occurred_at=at,
        employee=to_id,
        contact_person=body.whom,
        content=body.result,
    )
    contact = (await contacts.record(tx, principal, told)).contact
    after = rules.visited(before, to_id, on, contact.id)
    await plans.finish_open(tx, before.plan_item_id, contact)
    await _write(tx, [after], None)
    return after


async def complete(tx: Tx, principal: Principal, handover_id: UUID, body: NewHandoverCompletion) -> Handover:
    """Note that the customer has been handed over; 404, 409, 422."""
    before = await _locked(tx, principal, handover_id)
    to_id = await _successor(tx, principal, before, body.to_employee)
    after = rules.completed(before, to_id, tx.now, body.without_joint_visit)
    if after.plan_item_id is not None:
        await plans.cancel_all(tx, [after.plan_item_id])
    await _write(tx, [after], None)
    return after


async def find(reader: Reader, principal: Principal, handover_id: UUID) -> Handover:
    """One hand-over; 404, also for an external unit."""
    scope.only_internal(principal, "handover")
    found = await store.find(reader, handover_id)
    if found is None:
        raise NotFound("handover")
    return found


async def page(  # noqa: PLR0913 - one argument for each filter
    pool: Pool,
    principal: Principal,
    after: Sequence[Any] | None,
    limit: int,
    *,
    customer_id: UUID | None = None,
    status: str | None = None,
    from_id: UUID | None = None,
) -> list[Handover]:
    """Hand-overs, the newest first."""
    scope.only_internal(principal, "handover")
    ids = await scope.ids_for(pool, principal, customer_id) if customer_id else None
    async with pool.read() as reader:
        return await store.page(reader, Filter(customer_ids=ids, status=status, from_id=from_id), after, limit)


async def _plan_for(tx: Tx, who: Leaver, cause: Event[Any] | None) -> None:
    """Who left long ago brings nothing about, and a dealer's employees are the dealer's matter."""
    unit = await directory.unit(tx, who.unit_id)
    hours = directory.hours_of(unit)
    if (unit is not None and not unit.internal) or not rules.news(who.leaves_on, _day_begins(hours), tx.now):
        return
    # What is scheduled is locked before the hand-overs, as whoever works it off has it.
    if at := rules.next_look(who.leaves_on, tx.now.astimezone(hours.zone).date(), _day_begins(hours)):
        await due.schedule(tx, at, DUE_KIND, who.id)
    since = tx.now - timedelta(days=formula.newest().window_days)
    covered = await store.lock_of(tx, who.id, since)
    visit_on = _joint_visit_on(hours, who.leaves_on, tx.now)
    await _redate(tx, [one for one in covered if one.reason == LEAVING], who.leaves_on, visit_on)
    exposed = await exposures.of_leaver(tx, who.id)
    canonical = await directory.canonical_ids(tx, [one.customer_id for one in covered if one.customer_id])
    made = [
        rules.of_leaver(who, one, visit_on, tx.new_id(), tx.now) for one in rules.uncovered(exposed, covered, canonical)
    ]
    entered = await store.insert(tx, made)
    await _write(tx, await _with_visits(tx, [one for one in made if one.id in entered], cause), cause)


async def _redate(tx: Tx, handovers: Sequence[Handover], leaves_on: date, visit_on: date | None) -> None:
    moved = [one for one in handovers if one.status == "planned" and one.leaves_on != leaves_on]
    if not moved:
        return
    after = [rules.redated(one, leaves_on, visit_on) for one in moved]
    items = [one.plan_item_id for one in after if one.plan_item_id is not None]
    if visit_on is None:
        await plans.cancel_all(tx, items)
    else:
        await plans.move_all(tx, items, visit_on)
    await _write(tx, after, None)


async def _with_visits(tx: Tx, handovers: Sequence[Handover], cause: Event[Any] | None) -> list[Handover]:
    """The same, each with its joint visit as a plan item of whoever hands over."""
    visits = [one for one in handovers if one.joint_visit_on is not None]
    planned = [
        Planned(
            customer_id=one.customer_id,
            kind="visit",
            due_on=one.joint_visit_on,
            assignee_id=one.from_id,
            reason=_JOINT_VISIT,
            cause_id=one.id,
            field="joint_visit_on",
        )
        for one in visits
        if one.customer_id and one.joint_visit_on
    ]
    items = await plans.plan_all(tx, visits[0].unit_id, planned, cause) if visits else []
    by_handover = {item.cause_id: item.id for item in items}
    return [replace(one, plan_item_id=by_handover.get(one.id)) for one in handovers]


async def _locked(tx: Tx, principal: Principal, handover_id: UUID) -> Handover:
    found = await find(tx, principal, handover_id)
    if found.customer_id:
        await scope.locked_customer(tx, principal, found.customer_id)
    locked = await store.lock(tx, handover_id)
    if locked is None:
        raise NotFound("handover")
    return locked


async def _successor(tx: Tx, principal: Principal, one: Handover, named: UUID | None) -> UUID | None:
    if named is None:
        return one.to_id
    await _check_successor(tx, principal, named, one.from_id)
    return named


async def _check_successor(tx: Tx, principal: Principal, named: UUID, from_id: UUID) -> None:
    found = await staff.named(tx, principal, named, "to_employee")
    if named == from_id:
        raise Unprocessable.field("to_employee", "same", "A customer is handed over to somebody else.")
    if found.left_on is not None:
        raise Unprocessable.field("to_employee", "leaves", "This employee has left, or will.")


def _joint_visit_on(hours: WorkingHours, leaves_on: date, now: datetime) -> date | None:
    begins = _day_begins(hours)

    def works(day: date) -> bool:
        return hours.minutes(begins(day), begins(day + timedelta(days=1))) > 0

    today = now.astimezone(hours.zone).date()
    return rules.joint_visit_day(leaves_on, today, formula.newest().days_before, works)


def _day_begins(hours: WorkingHours) -> Any:
    def begins(day: date) -> datetime:
        return datetime.combine(day, time(), hours.zone).astimezone(UTC)

    return begins


async def _write(tx: Tx, handovers: Sequence[Handover], cause: Event[Any] | None) -> None:
    if not handovers:
        return
    await store.write(tx, handovers)
    facts = [
        log.draft(tx, rules.fact(one), aggregate=one.id, sequence=one.version, subject=one.customer_id, cause=cause)
        for one in handovers
    ]
    await log.record(tx, *facts)
