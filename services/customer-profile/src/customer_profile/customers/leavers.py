"""What a leaver had of customers goes over on their last day: ownership to the lead of their unit, the rest ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID

from customer_profile.customers import assignment_store, assignments
from customer_profile.customers.rules import Assignment, Customer
from customer_profile.customers.saving import PLATFORM, Actor, Edit, lock_all, save_all
from customer_profile.organisation import usecases as organisation
from customer_profile.organisation.rules import Employee
from guanxi import due
from guanxi.auth import Principal
from guanxi.db import Tx

LEAVES, HANDS_OVER, LOOKS_AGAIN = "employee-leaves", "employee-hands-over", "employee-hands-over-late"
REASON = "employee-left"
AT_ONCE = 200
"""So many assignments go over in one transaction; the rest follows in the next ones."""
LATER = timedelta(seconds=20)
"""Who was still being assigned when the leaver left is assigned by then: a transaction lasts 10 s at most, and the one
that assigns may have begun before the one of the departure ended."""


async def depart(tx: Tx, employee_id: UUID, left_on: date, principal: Principal) -> Employee:
    """Note a departure; it takes effect at once, or on its day when that is still to come, until then another one."""
    after = await organisation.depart(tx, employee_id, left_on, principal)
    await _leave(tx, employee_id, Actor.of(principal))
    return after


async def on_day(tx: Tx, employee_id: UUID, _: datetime) -> None:
    """The day has come."""
    await _leave(tx, employee_id, PLATFORM)


async def on_rest(tx: Tx, employee_id: UUID, _: datetime) -> None:
    """Go on with what did not go over in one transaction, or came beside it."""
    found = await organisation.leaver(tx, employee_id)
    if found is not None:
        await _hand_over(tx, found[0], PLATFORM)


async def _leave(tx: Tx, employee_id: UUID, actor: Actor) -> None:
    found = await organisation.leaver(tx, employee_id)
    if found is None:
        return
    who, moment = found
    if moment > tx.now:
        await due.schedule(tx, moment, LEAVES, employee_id)
        return
    await due.cancel(tx, LEAVES, employee_id)
    await organisation.leave(tx, who, moment.date())
    await _hand_over(tx, who, actor)
    await due.schedule(tx, tx.now + LATER, LOOKS_AGAIN, employee_id)


async def _hand_over(tx: Tx, who: Employee, actor: Actor) -> None:
    standing = await assignment_store.standing_of(tx, who.id, AT_ONCE + 1)
    if len(standing) > AT_ONCE:
        await due.schedule(tx, tx.now, HANDS_OVER, who.id)
    some = standing[:AT_ONCE]
    locked = await lock_all(tx, [one.customer_id for one in some])
    # What was ended while we waited for the customers is not ours any more.
    still = [one for one in await assignment_store.standing_of(tx, who.id, AT_ONCE) if one.customer_id in locked]
    await assignment_store.end_assignments(tx, [one.id for one in still], tx.now)
    owned = {one.customer_id: locked[one.customer_id] for one in still if one.role == assignments.OWNER}
    heir = await organisation.successor(tx, who.unit_id, who.id)
    await _give(tx, {id_: one for id_, one in owned.items() if one.erased_at is None}, heir, actor)


async def _give(tx: Tx, owned: Mapping[UUID, Customer], heir: UUID | None, actor: Actor) -> None:
    before: Sequence[Customer] = list(owned.values())
    after = await save_all(tx, [Edit(one, replace(one, owner_id=heir), actor) for one in before])
    for one in before:
        changed = after[one.id]
        if heir is not None:
            made = Assignment(tx.new_id(), one.id, heir, assignments.OWNER, tx.now, None, REASON)
            await assignment_store.add_assignment(tx, changed, made)
        await assignments.tell_owner(tx, changed, one.owner_id, REASON, actor.employee_id)
