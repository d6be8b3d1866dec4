"""Planning what is to be done with customers, and noticing what was not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from guanxi import directory, due
from guanxi.auth import Principal
from guanxi.bus import log
from guanxi.db import Pool, Reader, Tx
from guanxi.directory import Unit
from guanxi.events import Event
from guanxi.events.relationships import CareTaskOpened
from guanxi.ports import derived_id
from guanxi.problems import Conflict, NotFound, Unprocessable
from interactions import dues, scope, staff
from interactions.contacts import usecases as contacts
from interactions.contacts.rules import Contact
from interactions.moments import not_future
from interactions.plans import rules, store
from interactions.plans.rules import DUE_KIND, PlanItem, Planned
from interactions.plans.schemas import NewCompletion, NewPlanItem
from interactions.plans.store import Filter


async def plan_one(tx: Tx, principal: Principal, body: NewPlanItem) -> PlanItem:
    """Enter what somebody plans; 404, 410, 422."""
    await scope.locked_customer(tx, principal, body.customer_id)
    if body.assignee is not None:
        await staff.named(tx, principal, body.assignee, "assignee")
    planned = Planned(
        customer_id=body.customer_id,
        kind=body.kind,
        due_on=body.due_on,
        assignee_id=body.assignee or principal.employee_id,
        what=body.what,
        reason=body.reason,
    )
    return await plan(tx, principal.unit, planned)


async def plan(tx: Tx, unit_id: str, planned: Planned) -> PlanItem:
    """Enter a plan item of a customer, whose lock is held; 422 for a day that is over."""
    (item,) = await plan_all(tx, unit_id, [planned], None)
    return item


async def plan_all(tx: Tx, unit_id: str, planned: Sequence[Planned], cause: Event[Any] | None) -> list[PlanItem]:
    """The same for many, in as many statements as one; in their order."""
    zone = await _zone(tx, unit_id)
    items = [rules.new_item(one, unit_id, zone, tx.new_id(), tx.now) for one in planned]
    if items:
        await due.schedule_all(tx, DUE_KIND, {one.id: one.closes_at for one in items})
    await _write(tx, items, {one.id: cause for one in items} if cause else {}, tx.now)
    return items


async def complete(tx: Tx, principal: Principal, item_id: UUID, body: NewCompletion) -> PlanItem:
    """Note that it was done; 404, 409 when it was done before, 422 for another customer's exchange."""
    found = await find(tx, principal, item_id)
    assert found.customer_id  # noqa: S101 - a plan item is about somebody
    await scope.locked_customer(tx, principal, found.customer_id)
    at = body.at
    if body.contact_id is not None:
        contact = await contacts.with_customer(tx, principal, body.contact_id, found.customer_id)
        at = at or contact.occurred_at
    return await finish(tx, item_id, not_future(at, tx.now, "at"), body.contact_id)


async def finish(tx: Tx, item_id: UUID, at: datetime, contact_id: UUID | None) -> PlanItem:
    """Note that an item, which the caller has been shown, was done; the customer's lock is held."""
    after = rules.done(await _locked(tx, item_id), at, contact_id)
    await _write(tx, [after], {}, at)
    return after


async def finish_by(tx: Tx, item_id: UUID, contact: Contact, field: str) -> None:
    """Note that a contact did an item; 422 where it is not there, about somebody else, or done."""
    wrong = Unprocessable.field(field, "unknown-plan-item", "Nothing like this is planned with this customer.")
    assert contact.customer_id  # noqa: S101 - a contact is with somebody
    try:
        before = await _locked(tx, item_id)
        after = rules.done(before, contact.occurred_at, contact.id)
    except (NotFound, Conflict):
        raise wrong from None
    if before.customer_id not in await directory.members(tx, contact.customer_id):
        raise wrong
    await _write(tx, [after], {}, contact.occurred_at)


async def finish_open(tx: Tx, item_id: UUID | None, contact: Contact) -> None:
    """Note that a contact did an item, if there is one and it has not been done."""
    if item_id is None:
        return
    before = await _locked(tx, item_id)
    if before.status != "done":
        await _write(tx, [rules.done(before, contact.occurred_at, contact.id)], {}, contact.occurred_at)


async def move_all(tx: Tx, item_ids: Sequence[UUID], due_on: date) -> None:
    """Plan those of these items that are still to be done, or were called off, for another day, told anew as planned.

    As many statements for all as for one.
    """
    found = await _locked_all(tx, item_ids)
    units = await directory.lineage(tx, {one.unit_id for one in found})
    moved = [rules.moved(one, due_on, _zone_of(units.get(one.unit_id))) for one in found]
    after = [one for one in moved if one is not None]
    if after:
        await due.schedule_all(tx, DUE_KIND, {one.id: one.closes_at for one in after})
    await _write(tx, after, {})


async def cancel(tx: Tx, principal: Principal, item_id: UUID) -> PlanItem:
    """Call one off; 404, 409 when it is not to be done any more."""
    found = await find(tx, principal, item_id)
    assert found.customer_id  # noqa: S101 - a plan item is about somebody
    await scope.locked_customer(tx, principal, found.customer_id)
    after = rules.cancelled(await _locked(tx, item_id))
    if after is None:
        raise Conflict("plan-item-not-open", "This is not to be done any more.")
    await dues.release(tx, DUE_KIND, [after.id])
    await _write(tx, [after], {})
    return after


async def cancel_all(tx: Tx, item_ids: Sequence[UUID]) -> None:
    """Call off those of these items that are still to be done: nobody will have missed them."""
    cancelled = [rules.cancelled(one) for one in await _locked_all(tx, item_ids)]
    after = [one for one in cancelled if one is not None]
    if after:
        await dues.release(tx, DUE_KIND, [one.id for one in after])
    await _write(tx, after, {})


async def miss(tx: Tx, item_id: UUID) -> None:
    """Tell that an item's day went by, unless it was done, moved or called off meanwhile."""
    before = await store.lock(tx, item_id)
    after = rules.missed(before, tx.now) if before else None
    if after is not None:
        await _write(tx, [after], {}, after.closes_at)


async def take_in_care(tx: Tx, events: Sequence[Event[CareTaskOpened]]) -> None:
    """Plan care for whom scoring worries about, once for each task, however often it is told."""
    by_item = {derived_id(event.data.task_id, "plan"): event for event in events}
    known = await store.known(tx, by_item)
    customers = await directory.customers(tx, [event.subject for event in events if event.subject])
    erased = {one.id for one in customers.values() if one.erased}
    fresh = {
        key: event
        for key, event in sorted(by_item.items())
        if key not in known and event.subject and event.subject not in erased
    }
    units = await directory.lineage(tx, {event.data.unit for event in fresh.values()})
    owners = await directory.employees(tx, [e.data.owner_id for e in fresh.values() if e.data.owner_id])
    items = [rules.care_item(key, event, units.get(event.data.unit), owners, tx.now) for key, event in fresh.items()]
    watched = {one.id: one.closes_at for one in items if one.open}
    if watched:
        await due.schedule_all(tx, DUE_KIND, watched)
    await _write(tx, items, fresh)


async def find(reader: Reader, principal: Principal, item_id: UUID) -> PlanItem:
    """One plan item; 404 when the reader may not see it."""
    found = await store.find(reader, principal, item_id)
    if found is None:
        raise NotFound("plan item")
    return found


async def page(  # noqa: PLR0913 - one argument for each filter
    pool: Pool,
    principal: Principal,
    after: Sequence[Any] | None,
    limit: int,
    *,
    customer_id: UUID | None = None,
    assignee_id: UUID | None = None,
    status: str | None = None,
    closes_before: datetime | None = None,
) -> list[PlanItem]:
    """Plan items by their days."""
    ids = await scope.ids_for(pool, principal, customer_id) if customer_id else None
    wanted = Filter(customer_ids=ids, assignee_id=assignee_id, status=status, closes_before=closes_before)
    async with pool.read() as reader:
        return await store.page(reader, principal, wanted, after, limit)


async def open_of(reader: Reader, principal: Principal, customer_ids: Sequence[UUID], limit: int) -> list[PlanItem]:
    """What is planned with these customers, the next first."""
    wanted = Filter(customer_ids=customer_ids, status="planned")
    return (await store.page(reader, principal, wanted, None, limit))[:limit]


async def erase(tx: Tx, customer_ids: Sequence[UUID]) -> int:
    """Blank what was to be done; how many items."""
    return await store.erase(tx, customer_ids)


async def _zone(reader: Reader, unit_id: str) -> ZoneInfo:
    return _zone_of(await directory.unit(reader, unit_id))


def _zone_of(unit: Unit | None) -> ZoneInfo:
    return directory.zone_of(unit.time_zone) if unit else directory.DEFAULT_ZONE


async def _locked(tx: Tx, item_id: UUID) -> PlanItem:
    await dues.hold(tx, DUE_KIND, [item_id])
    locked = await store.lock(tx, item_id)
    if locked is None:
        raise NotFound("plan item")
    return locked


async def _locked_all(tx: Tx, item_ids: Sequence[UUID]) -> list[PlanItem]:
    if not item_ids:
        return []
    await dues.hold(tx, DUE_KIND, item_ids)
    return await store.lock_all(tx, item_ids)


async def _write(
    tx: Tx, items: Sequence[PlanItem], causes: Mapping[UUID, Event[Any]], time: datetime | None = None
) -> None:
    if not items:
        return
    await store.write(tx, items)
    facts = [
        log.draft(
            tx,
            rules.fact(one),
            aggregate=one.id,
            sequence=one.version,
            subject=one.customer_id,
            time=time or (causes[one.id].time if one.id in causes else None),
            cause=causes.get(one.id),
        )
        for one in items
    ]
    await log.record(tx, *facts)
