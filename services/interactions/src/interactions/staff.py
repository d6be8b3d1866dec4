"""Employees and units that a request names."""

from __future__ import annotations

from uuid import UUID

from guanxi import directory
from guanxi.auth import Principal
from guanxi.db import Reader
from guanxi.directory import Employee, Unit
from guanxi.problems import Unprocessable


async def named(reader: Reader, principal: Principal, employee_id: UUID, field: str) -> Employee:
    """The employee; 422 for one that the caller's unit does not have."""
    found = await directory.employee(reader, employee_id)
    if found is None or not (principal.internal or found.unit_id == principal.unit):
        raise Unprocessable.field(field, "unknown-employee", "There is no such employee.")
    return found


async def unit_named(reader: Reader, principal: Principal, code: str, field: str) -> Unit | None:
    """The unit; 422 for one that is not there, or another than an external caller's own.

    None for the caller's own while it is unknown here.
    """
    found = await directory.unit(reader, code)
    if code != principal.unit and (found is None or not principal.internal):
        raise Unprocessable.field(field, "unknown-unit", "There is no such unit.")
    return found
