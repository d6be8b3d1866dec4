"""Taking in a day on the road: each visit becomes a contact, with its promises and the next step, or none does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from guanxi import directory
from guanxi.auth import Principal
from guanxi.bus import log
from guanxi.db import Pool, Reader, Tx
from guanxi.directory import Employee
from guanxi.problems import Conflict, NotFound, Unprocessable
from interactions import scope, staff
from interactions.contacts import usecases as contacts
from interactions.contacts.rules import Contact
from interactions.contacts.schemas import NewInteraction
from interactions.moments import not_future
from interactions.plans import usecases as plans
from interactions.plans.rules import Planned
from interactions.visits import rules, store
from interactions.visits.rules import VisitLine, VisitReport
from interactions.visits.schemas import NewVisit, NewVisitReport

_NAMES = {"occurred_at": "at", "contact_person": "whom", "content": "result", "subject": "purpose"}
"""What a contact's fields are called in a report."""
_NEXT_STEP = "next-step"


@dataclass(frozen=True, slots=True)
class Told:
    """A report with its visits and their contacts."""

    report: VisitReport
    lines: Sequence[VisitLine]
    contacts: Mapping[UUID, Contact]


async def known_customers(pool: Pool, principal: Principal, body: NewVisitReport) -> None:
    """Look before the transaction whether each customer is known, if need be after waiting; 422, 410, 503."""
    wanted = {one.customer_id: n for n, one in reversed(list(enumerate(body.visits)))}
    async with pool.read() as reader:
        found = await directory.customers(reader, wanted)
    for customer_id, n in wanted.items():
        if customer_id in found and not found[customer_id].erased:
            continue
        try:
            await scope.customer_for(pool, principal, customer_id)
        except NotFound:
            field = f"visits[{n}].customer_id"
            raise Unprocessable.field(field, "unknown-customer", "There is no such customer.") from None


async def report(tx: Tx, principal: Principal, body: NewVisitReport) -> Told:
    """Enter the day; 404 for an external unit, 409 when it was reported before, 422 with the visit that is wrong."""
    scope.only_internal(principal, "visit report")
    await directory.share_locked_many(tx, {one.customer_id for one in body.visits})
    employee = await _employee(tx, principal, body)
    unit = await directory.unit(tx, employee.unit_id)
    zone = directory.zone_of(unit.time_zone) if unit else directory.DEFAULT_ZONE
    rules.check_day(body.on, zone, tx.now)
    made = _report(tx, employee, body)
    if not await store.insert(tx, made):
        raise Conflict("visit-report-exists", "This day of this employee has been reported: correct its contacts.")
    found: dict[UUID, Contact] = {}
    lines = []
    for n, visit in enumerate(body.visits):
        try:
            contact = await _contact(tx, principal, employee, body, visit, zone)
            lines.append(await _line(tx, made, contact, visit, n))
        except Unprocessable as problem:
            raise rules.under(f"visits[{n}]", _NAMES, problem) from problem
        found[contact.id] = contact
    await store.insert_lines(tx, lines)
    at = max(one.occurred_at for one in found.values())
    fact = rules.reported(made)
    await log.record(tx, log.draft(tx, fact, aggregate=made.id, sequence=made.version, subject=None, time=at))
    return Told(made, lines, found)


async def tell(reader: Reader, principal: Principal, report_id: UUID) -> Told:
    """One report with its visits as they stand; 404."""
    scope.only_internal(principal, "visit report")
    found = await store.find(reader, report_id)
    if found is None:
        raise NotFound("visit report")
    lines = await store.lines_of(reader, report_id)
    return Told(found, lines, await contacts.of_ids(reader, [one.contact_id for one in lines]))


async def page(
    pool: Pool, principal: Principal, employee_id: UUID | None, after: Sequence[Any] | None, limit: int
) -> list[VisitReport]:
    """Reports, the newest first."""
    scope.only_internal(principal, "visit report")
    async with pool.read() as reader:
        return await store.page(reader, employee_id, after, limit)


async def _employee(tx: Tx, principal: Principal, body: NewVisitReport) -> Employee:
    employee_id = body.employee or principal.employee_id
    if employee_id is None:
        raise Unprocessable.field("employee", "missing", "The caller is no employee: say whose day it is.")
    return await staff.named(tx, principal, employee_id, "employee")


def _report(tx: Tx, employee: Employee, body: NewVisitReport) -> VisitReport:
    visits = body.visits
    return VisitReport(
        id=tx.new_id(),
        unit_id=employee.unit_id,
        recorded_at=tx.now,
        employee_id=employee.id,
        day=body.on,
        visits=len(visits),
        customers=len({one.customer_id for one in visits}),
        minutes=sum(one.minutes or 0 for one in visits),
        cue_count=sum(len(one.cues) for one in visits),
        promise_count=sum(len(one.promises) for one in visits),
        need_count=sum(one.need in ("need_now", "later") for one in visits),
    )


async def _contact(  # noqa: PLR0913 - who, on which day, on whose clock
    tx: Tx, principal: Principal, employee: Employee, body: NewVisitReport, visit: NewVisit, zone: ZoneInfo
) -> Contact:
    at = rules.moment(body.on, visit.at, zone, tx.now, "at")
    told = NewInteraction(
        customer_id=visit.customer_id,
        channel="visit",
        direction="out",
        kind="visit",
        occurred_at=not_future(at, tx.now, "at"),
        employee=employee.id,
        contact_person=visit.whom,
        subject=visit.purpose,
        content=visit.result,
        outcome=visit.need,
        need_on=visit.need_on,
        duration_s=None if visit.minutes is None else 60 * visit.minutes,
        cues=tuple(rules.cue(one.mark, one.words) for one in visit.cues),
        rival_named=visit.rival_named,
        promises=tuple(visit.promises),
    )
    return (await contacts.record(tx, principal, told)).contact


async def _line(tx: Tx, report: VisitReport, contact: Contact, visit: NewVisit, n: int) -> VisitLine:
    if visit.plan_item is not None:
        await plans.finish_by(tx, visit.plan_item, contact, "plan_item")
    following = None
    if visit.next is not None:
        planned = Planned(
            customer_id=visit.customer_id,
            kind=visit.next.kind,
            due_on=visit.next.on,
            assignee_id=report.employee_id,
            what=visit.next.what,
            reason=_NEXT_STEP,
            cause_id=contact.id,
            field="next.on",
        )
        following = await plans.plan(tx, report.unit_id, planned)
    return VisitLine(
        id=tx.new_id(),
        report_id=report.id,
        n=n,
        customer_id=visit.customer_id,
        contact_id=contact.id,
        role=visit.role,
        plan_item_id=visit.plan_item,
        next_item_id=following.id if following else None,
    )
