"""Who of ours is there for a customer: its one accountable owner, stewards of its data, people for service."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from customer_profile.customers import assignment_store, desk
from customer_profile.customers.rules import Assignment, Customer
from customer_profile.customers.saving import Actor, Edit, draft, save_all
from customer_profile.customers.schemas import NewAssignment, NewRecord
from customer_profile.organisation import usecases as organisation
from guanxi.auth import Principal
from guanxi.bus import log
from guanxi.db import Reader, Tx
from guanxi.events.customers import AccountOwnerChanged
from guanxi.problems import Conflict, NotFound, Unprocessable

OWNER = "owner"


async def register(tx: Tx, new: NewRecord, principal: Principal) -> Customer:
    """Open a record by hand, with its owner when one is given."""
    if new.owner_id is not None:
        await _check_employee(tx, new.owner_id, principal, "owner_id")
    customer = await desk.register(tx, new, principal)
    if new.owner_id is not None:
        await assignment_store.add_assignment(
            tx, customer, Assignment(tx.new_id(), customer.id, new.owner_id, OWNER, tx.now, None, None)
        )
        await tell_owner(tx, customer, None, None, principal.employee_id)
    return customer


async def listed(reader: Reader, customer_id: UUID, principal: Principal) -> list[Assignment]:
    """All of exactly this record, the newest first, at most 200."""
    await desk.own(reader, customer_id, principal)
    return await assignment_store.assignments(reader, customer_id)


async def of_record(reader: Reader, customer_id: UUID) -> list[Assignment]:
    """All of exactly this record, whoever asks, the newest first, at most 200."""
    return await assignment_store.assignments(reader, customer_id)


async def one(reader: Reader, customer_id: UUID, assignment_id: UUID, principal: Principal) -> Assignment:
    """One assignment, standing or ended. 404."""
    await desk.own(reader, customer_id, principal)
    found = await assignment_store.assignment(reader, customer_id, assignment_id)
    if found is None:
        raise NotFound("assignment")
    return found


async def assign(tx: Tx, customer_id: UUID, new: NewAssignment, principal: Principal) -> tuple[Assignment, Customer]:
    """Assign an employee; a new owner takes the place of the one before, and everybody is told.

    The employee is not locked: who leaves meanwhile is found by the second hand-over (`leavers.LOOKS_AGAIN`).
    """
    customer = await desk.locked(tx, customer_id, principal)
    await _check_employee(tx, new.employee_id, principal)
    standing = await assignment_store.standing_assignments(tx, customer_id)
    if any(a.role == new.role and a.employee_id == new.employee_id for a in standing):
        raise Conflict("already-assigned", f"This employee is {new.role} of the customer already.")
    since = new.since or tx.now
    if since > tx.now:
        raise Unprocessable.field("since", "future", "must not lie in the future")
    made = Assignment(tx.new_id(), customer_id, new.employee_id, new.role, since, None, new.reason)
    if new.role == OWNER:
        for before in (a for a in standing if a.role == OWNER):
            await assignment_store.end_assignments(tx, [before.id], max(since, before.since))
    await assignment_store.add_assignment(tx, customer, made)
    if new.role == OWNER:
        customer = await _change_owner(tx, customer, new.employee_id, new.reason, principal)
    return made, customer


async def end(tx: Tx, customer_id: UUID, assignment_id: UUID, principal: Principal) -> Customer:
    """End an assignment; an owner's leaves the customer without one. 404 for one that does not stand."""
    customer = await desk.locked(tx, customer_id, principal)
    standing = {a.id: a for a in await assignment_store.standing_assignments(tx, customer_id)}
    if assignment_id not in standing:
        raise NotFound("assignment")
    await assignment_store.end_assignments(tx, [assignment_id], tx.now)
    if standing[assignment_id].role == OWNER:
        return await _change_owner(tx, customer, None, None, principal)
    return customer


async def _change_owner(
    tx: Tx, before: Customer, owner_id: UUID | None, reason: str | None, principal: Principal
) -> Customer:
    after = (await save_all(tx, [Edit(before, replace(before, owner_id=owner_id), Actor.of(principal))]))[before.id]
    await tell_owner(tx, after, before.owner_id, reason, principal.employee_id)
    return after


async def tell_owner(tx: Tx, customer: Customer, previous: UUID | None, reason: str | None, by: UUID | None) -> None:
    """Tell everybody who answers for the customer now, and who decided it."""
    fact = AccountOwnerChanged(
        customer_id=customer.id,
        unit=customer.unit_id,
        owner_id=customer.owner_id,
        previous_owner_id=previous,
        reason=reason,
        by=by,
    )
    await log.record(tx, draft(tx, customer, fact))


async def _check_employee(tx: Tx, employee_id: UUID, principal: Principal, field: str = "employee_id") -> None:
    try:
        found = await organisation.employee(tx, employee_id, principal)
    except NotFound:
        found = None
    if found is None or await organisation.has_left(tx, found):
        raise Unprocessable.field(field, "unknown-employee", "must be an employee who has not left")
