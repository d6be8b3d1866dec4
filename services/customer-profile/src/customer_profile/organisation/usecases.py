"""What can be done to units and employees. Each change publishes the whole state and writes our own copy of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from customer_profile.organisation import rules, store
from customer_profile.organisation.rules import DEFAULT_REGION, DEFAULT_TIME_ZONE, Employee, Unit
from customer_profile.organisation.schemas import EmployeePatch, NewEmployee, NewUnit, UnitPatch
from customer_profile.organisation.store import regions
from guanxi import directory
from guanxi.auth import Principal
from guanxi.bus import log
from guanxi.db import Reader, Tx
from guanxi.events import Event
from guanxi.events.customers import EmployeeLeft
from guanxi.events.organisation import EmployeeState, UnitState
from guanxi.problems import Conflict, Forbidden, NotFound, Stale, Unprocessable

__all__ = ["DEFAULT_REGION", "regions"]


async def units(reader: Reader, principal: Principal, after: Sequence[Any] | None, limit: int) -> list[Unit]:
    """Units that the caller may see, by code, and one more than `limit`."""
    return await store.units(reader, principal, after, limit)


async def unit(reader: Reader, code: str, principal: Principal) -> Unit:
    """One unit; 404 for another's to an external caller."""
    found = await store.find_unit(reader, code)
    if found is None or not (principal.internal or code == principal.unit):
        raise NotFound("unit")
    return found


async def unit_by_id(reader: Reader, unit_id: UUID, principal: Principal) -> Unit:
    """The unit that a request made before."""
    return await unit(reader, await store.code_of(reader, unit_id) or "", principal)


async def create_unit(tx: Tx, new: NewUnit, principal: Principal) -> Unit:
    """Make a unit; 409 when its code is taken."""
    _only_internal(principal)
    await _check_links(tx, new.code, new.parent, new.lead_id)
    calendar = new.calendar.calendar() if new.calendar else directory.DEFAULT_CALENDAR
    own = {
        name: getattr(new, name)
        for name in ("code", "name", "kind", "internal", "parent", "time_zone", "region", "lead_id")
    }
    made = Unit(id=tx.new_id(), version=1, created_at=tx.now, calendar=calendar, **own)
    if not await store.insert_unit(tx, made):
        raise Conflict("code-taken", f"There is a unit {new.code} already.")
    await _tell_units(tx, made)
    return made


async def change_unit(tx: Tx, code: str, patch: UnitPatch, version: int, principal: Principal) -> Unit:
    """Change a unit; 412 when it is not at `version` any more."""
    before = await store.find_unit(tx, code, lock=True)
    if before is None or not (principal.internal or code == principal.unit):
        raise NotFound("unit")
    _only_internal(principal)
    if before.version != version:
        raise Stale(before.version)
    given: dict[str, Any] = {name: getattr(patch, name) for name in patch.model_fields_set}
    if "calendar" in given:
        given["calendar"] = patch.calendar.calendar()
    after = replace(before, **given)
    await _check_links(
        tx, code, after.parent if "parent" in given else None, after.lead_id if "lead_id" in given else None
    )
    return before if after == before else await _save_unit(tx, after)


async def ensure_external_unit(tx: Tx, code: str) -> bool:
    """Make the unit of a publisher as an external one when nobody has; tells whether it was made."""
    made = Unit(
        id=tx.new_id(),
        version=1,
        created_at=tx.now,
        code=code,
        name=code,
        kind="dealer",
        internal=False,
        parent=None,
        time_zone=DEFAULT_TIME_ZONE,
        region=DEFAULT_REGION,
        lead_id=None,
        calendar=directory.DEFAULT_CALENDAR,
    )
    if not await store.insert_unit(tx, made):
        return False
    await _tell_units(tx, made)
    return True


async def employees(
    reader: Reader, principal: Principal, of_unit: str | None, after: Sequence[Any] | None, limit: int
) -> list[Employee]:
    """Employees that the caller may see, and one more than `limit`."""
    return await store.employees(reader, principal, of_unit, after, limit)


async def employee(reader: Reader, employee_id: UUID, principal: Principal) -> Employee:
    """One employee; 404 for another unit's to an external caller."""
    found = await store.find_employee(reader, employee_id)
    if found is None or not (principal.internal or found.unit_id == principal.unit):
        raise NotFound("employee")
    return found


async def enter_employee(tx: Tx, new: NewEmployee, principal: Principal) -> Employee:
    """Enter an employee of a unit; 409 when another one's tokens carry the same `sub`."""
    _only_internal(principal)
    own: dict[str, Any] = {
        name: getattr(new, name) for name in ("name", "subject", "level", "email", "language", "joined_on")
    }
    made = Employee(id=tx.new_id(), version=1, created_at=tx.now, unit_id=new.unit, left_on=None, **own)
    await _check_employee(tx, made)
    await store.insert_employee(tx, made)
    await _tell_employee(tx, made)
    return made


async def change_employee(
    tx: Tx, employee_id: UUID, patch: EmployeePatch, version: int, principal: Principal
) -> Employee:
    """Change an employee; 412 when not at `version` any more."""
    before = await _locked_employee(tx, employee_id, principal)
    if before.version != version:
        raise Stale(before.version)
    given: dict[str, Any] = {name: getattr(patch, name) for name in patch.model_fields_set}
    if "unit" in given:
        given["unit_id"] = given.pop("unit")
    after = replace(before, **given)
    await _check_employee(tx, after)
    return before if after == before else await _save_employee(tx, after)


async def depart(tx: Tx, employee_id: UUID, left_on: date, principal: Principal) -> Employee:
    """Note that an employee left or will leave, or another day as long as it lies ahead. 409 for one who has left."""
    before = await _locked_employee(tx, employee_id, principal)
    if await has_left(tx, before):
        raise Conflict("already-left", f"This employee left on {before.left_on}.")
    return await _save_employee(tx, replace(before, left_on=left_on))


async def leaver(tx: Tx, employee_id: UUID) -> tuple[Employee, datetime] | None:
    """Who leaves and the moment: the beginning of the day, where their unit is. None for one who stays. Locked."""
    found = await store.find_employee(tx, employee_id, lock=True)
    if found is None or found.left_on is None:
        return None
    return found, datetime.combine(found.left_on, time.min, await _zone(tx, found))


async def has_left(tx: Tx, employee: Employee) -> bool:
    """Whether an employee is gone by now; who will leave some day is not."""
    return employee.left_on is not None and rules.has_left(
        employee, tx.now.astimezone(await _zone(tx, employee)).date()
    )


async def leave(tx: Tx, who: Employee, left_on: date) -> None:
    """Take the units that a leaver led from them and tell everybody, on the day."""
    for led in await store.led_by(tx, who.id):
        await _save_unit(tx, replace(led, lead_id=None))
    fact = EmployeeLeft(
        employee_id=who.id, unit=who.unit_id, left_on=left_on, lead_id=await successor(tx, who.unit_id, who.id)
    )
    await log.record(tx, log.draft(tx, fact, aggregate=who.id, sequence=who.version, subject=None))


async def successor(tx: Tx, code: str, leaver_id: UUID) -> UUID | None:
    """Who takes over what a leaver of this unit had: its lead, else the lead of the nearest unit above that has one."""
    parents, wanted = await store.parents(tx), code
    for _ in parents:
        found = await store.find_unit(tx, wanted)
        lead = await store.find_employee(tx, found.lead_id) if found and found.lead_id else None
        if lead is not None and lead.id != leaver_id and not await has_left(tx, lead):
            return lead.id
        above = parents.get(wanted)
        if above is None:
            return None
        wanted = above
    return None


def _only_internal(principal: Principal) -> None:
    if not principal.internal:
        raise Forbidden("Units and employees are kept by internal units.", "internal-only")


async def _locked_employee(tx: Tx, employee_id: UUID, principal: Principal) -> Employee:
    found = await store.find_employee(tx, employee_id, lock=True)
    if found is None or not (principal.internal or found.unit_id == principal.unit):
        raise NotFound("employee")
    _only_internal(principal)
    return found


async def _zone(reader: Reader, employee: Employee) -> ZoneInfo:
    home = await store.find_unit(reader, employee.unit_id)
    return ZoneInfo(home.time_zone if home else DEFAULT_TIME_ZONE)


async def _check_links(tx: Tx, code: str, parent: str | None, lead_id: UUID | None) -> None:
    if parent is not None:
        await store.lock_tree(tx)
        parents = await store.parents(tx)
        if parent not in parents or rules.in_circle(code, parent, parents):
            raise Unprocessable.field("parent", "unknown-unit", "must be another unit that is not below this one")
    if lead_id is not None:
        lead = await store.find_employee(tx, lead_id)
        if lead is None or await has_left(tx, lead):
            raise Unprocessable.field("lead_id", "unknown-employee", "must be an employee who has not left")


async def _check_employee(tx: Tx, employee: Employee) -> None:
    if await store.find_unit(tx, employee.unit_id) is None:
        raise Unprocessable.field("unit", "unknown-unit", "must be the code of a unit")
    if employee.subject is not None and await store.subject_taken(tx, employee.subject, employee.id):
        raise Conflict("subject-taken", "Another employee has this subject.")


async def _save_unit(tx: Tx, unit: Unit) -> Unit:
    after = replace(unit, version=unit.version + 1)
    await store.update_unit(tx, after)
    await _tell_units(tx, after)
    return after


async def _save_employee(tx: Tx, employee: Employee) -> Employee:
    after = replace(employee, version=employee.version + 1)
    await store.update_employee(tx, after)
    await _tell_employee(tx, after)
    return after


async def _tell_units(tx: Tx, *units: Unit) -> None:
    # Every service reads a token's unit from the directory's tables: here they are written at once, without the broker.
    events: list[Event[UnitState]] = [
        log.draft(tx, rules.unit_state(unit), aggregate=unit.id, sequence=unit.version, subject=None) for unit in units
    ]
    await log.record(tx, *events)
    await directory.CONSUMER.handlers[UnitState](tx, events)


async def _tell_employee(tx: Tx, employee: Employee) -> None:
    event = log.draft(
        tx, rules.employee_state(employee), aggregate=employee.id, sequence=employee.version, subject=None
    )
    await log.record(tx, event)
    await directory.CONSUMER.handlers[EmployeeState](tx, [event])
