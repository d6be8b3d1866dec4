"""Routes of units and employees."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query

from customer_profile.customers import leavers
from customer_profile.organisation import usecases
from customer_profile.organisation.rules import Employee
from customer_profile.organisation.schemas import (
    Departure,
    EmployeePatch,
    EmployeeRead,
    NewEmployee,
    NewUnit,
    UnitPatch,
    UnitRead,
)
from guanxi.auth import PII_READ, AuditEntry, audit, has_personal, masked
from guanxi.events.fields import Code
from guanxi.http import Page, Paging, Read, Write, if_match, read, set_etag, write

router = APIRouter(tags=["organisation"])

Reading = Annotated[Read, Depends(read("organisation:read"))]
Writing = Annotated[Write, Depends(write("organisation:write"))]
Changing = Annotated[Write, Depends(write("organisation:write", idempotent=False))]
Version = Annotated[int, Depends(if_match)]
UnitCode = Annotated[str, Path(max_length=64, description="The unit's code.")]


@router.post("/units", status_code=201)
async def create_unit(new: NewUnit, call: Writing) -> UnitRead:
    """Make a unit: a department, branch, dealer or desk. Its code names it everywhere and never changes."""
    async with call.once() as once:
        if once.replay:
            return UnitRead.model_validate(await usecases.unit_by_id(once.tx, once.replay, call.principal))
        made = await usecases.create_unit(once.tx, new, call.principal)
        once.created(made.id, f"/v1/units/{made.code}", made.version)
    return UnitRead.model_validate(made)


@router.get("/units", response_model=Page[UnitRead])
async def list_units(call: Reading, paging: Paging) -> Page[Any]:
    """List units by code; an external unit sees itself."""
    async with call.pool.read() as reader:
        rows = await usecases.units(reader, call.principal, paging.after, paging.limit)
    return paging.cut([UnitRead.model_validate(row) for row in rows], lambda row: (row.code,))


@router.get("/units/{code}")
async def read_unit(code: UnitCode, call: Reading) -> UnitRead:
    """Read one unit with its working calendar."""
    async with call.pool.read() as reader:
        found = await usecases.unit(reader, code, call.principal)
    set_etag(call.response, found.version)
    return UnitRead.model_validate(found)


@router.patch("/units/{code}")
async def change_unit(code: UnitCode, patch: UnitPatch, call: Changing, version: Version) -> UnitRead:
    """Change a unit; a calendar is replaced as a whole."""
    async with call.change() as change:
        after = await usecases.change_unit(change.tx, code, patch, version, call.principal)
        change.done(after.id, after.version)
    return UnitRead.model_validate(after)


@router.post("/employees", status_code=201)
async def enter_employee(new: NewEmployee, call: Writing) -> EmployeeRead:
    """Enter an employee of a unit; `subject` ties their tokens to them."""
    async with call.once() as once:
        if once.replay:
            made = await usecases.employee(once.tx, once.replay, call.principal)
        else:
            made = await usecases.enter_employee(once.tx, new, call.principal)
            once.created(made.id, f"/v1/employees/{made.id}", made.version)
    return await _shown(call, made)


@router.get("/employees", response_model=Page[EmployeeRead])
async def list_employees(
    call: Reading, paging: Paging, unit: Annotated[Code | None, Query(description="Only of this unit.")] = None
) -> Page[Any]:
    """List employees in the order they were entered; an external unit sees its own."""
    async with call.pool.read() as reader:
        rows = await usecases.employees(reader, call.principal, unit, paging.after, paging.limit)
    page: Page[Any] = paging.cut([EmployeeRead.model_validate(row) for row in rows], lambda row: (row.id,))
    if not call.principal.may(PII_READ) or not has_personal(page):
        return masked(page, call.principal)
    async with call.pool.single() as tx:
        await audit(tx, call.principal, AuditEntry("GET /v1/employees", "employees", unmasked=True))
    return page


@router.get("/employees/{employee_id}")
async def read_employee(employee_id: UUID, call: Reading) -> EmployeeRead:
    """Read one employee."""
    async with call.pool.read() as reader:
        found = await usecases.employee(reader, employee_id, call.principal)
    set_etag(call.response, found.version)
    return await _shown(call, found)


@router.patch("/employees/{employee_id}")
async def change_employee(employee_id: UUID, patch: EmployeePatch, call: Changing, version: Version) -> EmployeeRead:
    """Change an employee; leaving is told by `POST /v1/employees/{employee_id}/departure`."""
    async with call.change() as change:
        after = await usecases.change_employee(change.tx, employee_id, patch, version, call.principal)
        change.done(after.id, after.version)
    return await _shown(call, after)


@router.post("/employees/{employee_id}/departure", status_code=201)
async def depart(employee_id: UUID, departure: Departure, call: Writing) -> EmployeeRead:
    """Note that an employee left or will leave; on that day every service hands what is theirs to the unit's lead."""
    async with call.once() as once:
        if once.replay:
            after = await usecases.employee(once.tx, once.replay, call.principal)
        else:
            after = await leavers.depart(once.tx, employee_id, departure.left_on, call.principal)
            once.created(after.id, f"/v1/employees/{after.id}", after.version)
    return await _shown(call, after)


async def _shown(call: Read | Write, employee: Employee) -> EmployeeRead:
    return await call.show(EmployeeRead.model_validate(employee), "employee", employee.id)
