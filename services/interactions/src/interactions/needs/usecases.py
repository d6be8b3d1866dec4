"""Raising needs, answering them, and noticing when nobody does."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from guanxi import directory, due
from guanxi.auth import Principal
from guanxi.bus import log
from guanxi.db import Pool, Reader, Tx
from guanxi.events import Event, Fact
from guanxi.problems import NotFound, Unprocessable
from interactions import dues, scope, staff
from interactions.contacts import usecases as contacts
from interactions.moments import not_future
from interactions.needs import facts, rules, store
from interactions.needs.rules import DUE_KIND, Holder, Need, Origin, Raised
from interactions.needs.schemas import NewAnswer, NewNeed
from interactions.needs.store import Filter
from interactions.timeline import usecases as timeline


async def raise_one(tx: Tx, principal: Principal, body: NewNeed) -> Need:
    """Enter a need that came up outside an interview; 404, 410, 422."""
    await scope.locked_customer(tx, principal, body.customer_id)
    if body.contact_id is not None:
        await contacts.with_customer(tx, principal, body.contact_id, body.customer_id)
    origin = Origin(
        customer_id=body.customer_id,
        unit_id=principal.unit,
        raised_at=not_future(body.raised_at, tx.now, "raised_at"),
        raised_by=principal.employee_id,
        contact_id=body.contact_id,
    )
    (made,) = await raise_all(tx, principal, origin, [body.told()])
    return made


async def raise_all(tx: Tx, principal: Principal, origin: Origin, raised: Sequence[Raised]) -> list[Need]:
    """Enter needs of a customer, whose lock is held, and give each to who has to answer it."""
    holders = [await _holder(tx, principal, one) for one in raised]
    made = [
        rules.new_need(origin, one, holder, tx.new_id(), tx.now) for one, holder in zip(raised, holders, strict=True)
    ]
    watched = {one.id: at for one in made if (at := rules.to_watch(one, tx.now))}
    if watched:
        await due.schedule_all(tx, DUE_KIND, watched)
    await _write(tx, made, [_draft(tx, one, facts.raised(one), one.raised_at) for one in made])
    return made


async def answer(tx: Tx, principal: Principal, need_id: UUID, body: NewAnswer) -> Need:
    """Enter the answer; 404, 409 when there is one."""
    at = not_future(body.at, tx.now, "at")
    after = rules.answered(await _locked(tx, principal, need_id), body.words, at, principal.employee_id)
    await _write(tx, [after], [_draft(tx, after, facts.answered(after), at)])
    return after


async def confirm(tx: Tx, principal: Principal, need_id: UUID) -> Need:
    """Note that the answer helped; told as the answer's newest state."""
    after = rules.confirmed(await _locked(tx, principal, need_id))
    await _write(tx, [after], [_draft(tx, after, facts.answered(after), facts.moment(after))])
    return after


async def reopen(tx: Tx, principal: Principal, need_id: UUID) -> Need:
    """Note that the answer did not help: somebody has to answer again."""
    before = await _locked(tx, principal, need_id)
    hours = directory.hours_of(await directory.unit(tx, before.assignee_unit))
    after = rules.reopened(before, hours, tx.now)
    if after.due_at is not None:
        await due.schedule(tx, after.due_at, DUE_KIND, after.id)
    await _write(tx, [after], [_draft(tx, after, facts.reopened(after))])
    return after


async def void(tx: Tx, principal: Principal, need_id: UUID) -> Need:
    """Say that there was no such need; final."""
    after = rules.void(await _locked(tx, principal, need_id), tx.now)
    await _write(tx, [after], [_draft(tx, after, facts.voided(after))])
    return after


async def void_of_interview(tx: Tx, interview_id: UUID) -> None:
    """Void what was raised in an interview that was not held; its lock is held."""
    voided = [rules.void(one, tx.now) for one in await store.lock_of_interview(tx, interview_id)]
    await _write(tx, voided, [_draft(tx, one, facts.voided(one)) for one in voided])


async def fall_due(tx: Tx, need_id: UUID) -> None:
    """Tell that a need's moment came, unless it has been answered or moved meanwhile."""
    before = await store.lock(tx, need_id)
    after = rules.overdue(before, tx.now) if before else None
    if after is not None:
        await _write(tx, [after], [_draft(tx, after, facts.overdue(after), after.due_at)])


async def find(reader: Reader, principal: Principal, need_id: UUID) -> Need:
    """One need; 404 when the reader may not see it."""
    found = await store.find(reader, principal, need_id)
    if found is None:
        raise NotFound("need")
    return found


async def of_interviews(reader: Reader, interview_ids: Collection[UUID]) -> list[Need]:
    """What was raised in interviews that the caller has been shown."""
    return await store.of_interviews(reader, interview_ids) if interview_ids else []


async def page(  # noqa: PLR0913 - one argument for each filter
    pool: Pool,
    principal: Principal,
    after: Sequence[Any] | None,
    limit: int,
    *,
    customer_id: UUID | None = None,
    status: str | None = None,
    assignee_id: UUID | None = None,
) -> list[Need]:
    """Needs, newest first."""
    ids = await scope.ids_for(pool, principal, customer_id) if customer_id else None
    wanted = Filter(customer_ids=ids, status=status, assignee_id=assignee_id)
    async with pool.read() as reader:
        return await store.page(reader, principal, wanted, after, limit)


async def open_of(reader: Reader, principal: Principal, customer_ids: Sequence[UUID], limit: int) -> list[Need]:
    """What these customers still wait for, newest first."""
    wanted = Filter(customer_ids=customer_ids, open_only=True)
    return (await store.page(reader, principal, wanted, None, limit))[:limit]


async def erase(tx: Tx, customer_ids: Sequence[UUID]) -> int:
    """Blank what was said; how many needs."""
    return await store.erase(tx, customer_ids)


async def _locked(tx: Tx, principal: Principal, need_id: UUID) -> Need:
    found = await find(tx, principal, need_id)
    if found.customer_id:
        await scope.locked_customer(tx, principal, found.customer_id)
    await dues.hold(tx, DUE_KIND, [need_id])
    locked = await store.lock(tx, need_id)
    if locked is None:
        raise NotFound("need")
    return locked


async def _holder(tx: Tx, principal: Principal, raised: Raised) -> Holder:
    """Who can act: the one named, else the lead of the named unit, else of the caller's own."""
    found = None
    if raised.assignee is not None:
        found = await staff.named(tx, principal, raised.assignee, f"{raised.field}assignee")
    code = raised.assignee_unit or (found.unit_id if found else principal.unit)
    unit = await staff.unit_named(tx, principal, code, f"{raised.field}assignee_unit")
    hours = directory.hours_of(unit)
    own = await directory.unit(tx, found.unit_id) if found else None
    for field, one in (("assignee", own), ("assignee_unit", unit)):
        if one is not None and not one.internal and one.code != principal.unit:
            detail = "A dealer sees its own records only: nobody there could act."
            raise Unprocessable.field(f"{raised.field}{field}", "cannot-see", detail)
    if found is not None and not found.present(tx.now, hours.zone):
        raise Unprocessable.field(f"{raised.field}assignee", "has-left", "This employee has left.")
    lead = unit.lead_id if unit else None
    return Holder(employee_id=found.id if found else lead, unit=code, hours=hours)


async def _write(tx: Tx, needs: Sequence[Need], told_of: Sequence[Event[Any]]) -> None:
    if not needs:
        return
    await store.write(tx, needs)
    await timeline.write(tx, [rules.entry(one) for one in needs if one.voided_at is None])
    await timeline.void(tx, [one.id for one in needs if one.voided_at is not None])
    await log.record(tx, *told_of)


def _draft(tx: Tx, need: Need, fact: Fact, time: datetime | None = None) -> Event[Any]:
    return log.draft(tx, fact, aggregate=need.id, sequence=need.version, subject=need.customer_id, time=time)
