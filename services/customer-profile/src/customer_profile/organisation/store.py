"""All SQL of units and employees."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import asyncpg
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as pg_insert

from customer_profile.organisation.rules import Employee, Unit
from customer_profile.organisation.tables import employee, unit
from guanxi.auth import Principal, visible
from guanxi.db import Reader, Tx, after_key, as_row
from guanxi.events.organisation import Calendar

_REGIONS = "SELECT code, region FROM unit WHERE code = ANY($1::text[])"
_LOCK_TREE = "SELECT pg_advisory_xact_lock(hashtext('customer-profile.units'))"
_UNIT_COLUMNS = [unit.c[name] for name in Unit.__dataclass_fields__]
_EMPLOYEE_COLUMNS = [employee.c[name] for name in Employee.__dataclass_fields__]


async def regions(reader: Reader, codes: Iterable[str]) -> dict[str, str]:
    """The region (ISO 3166-1) in which each of these units reads telephone numbers."""
    return {row["code"]: row["region"] for row in await reader.fetch(_REGIONS, list(set(codes)))}


async def parents(reader: Reader) -> dict[str, str | None]:
    """Each unit's parent."""
    return {row["code"]: row["parent"] for row in await reader.all(sa.select(unit.c.code, unit.c.parent))}


async def lock_tree(tx: Tx) -> None:
    """Let nobody else put a unit below another meanwhile: two of them could make a circle that neither of them sees."""
    await tx.execute(_LOCK_TREE)


async def find_unit(reader: Reader, code: str, *, lock: bool = False) -> Unit | None:
    """One unit by its code."""
    statement = sa.select(*_UNIT_COLUMNS).where(unit.c.code == code)
    row = await reader.one(statement.with_for_update() if lock else statement)
    return _unit(row) if row else None


async def code_of(reader: Reader, unit_id: UUID) -> str | None:
    """The code of the unit with this id."""
    found: str | None = await reader.scalar(sa.select(unit.c.code).where(unit.c.id == unit_id))
    return found


async def units(reader: Reader, principal: Principal, after: Sequence[Any] | None, limit: int) -> list[Unit]:
    """Units by code, and one more than `limit`."""
    statement = sa.select(*_UNIT_COLUMNS).where(visible(principal, unit.c.code))
    return [_unit(row) for row in await reader.all(after_key(statement, [unit.c.code], after, limit))]


async def insert_unit(tx: Tx, new: Unit) -> bool:
    """Make a unit; False when its code is taken."""
    statement = pg_insert(unit).values(**_unit_values(new)).on_conflict_do_nothing(index_elements=["code"])
    return bool(await tx.run(statement.returning(unit.c.id)))


async def update_unit(tx: Tx, new: Unit) -> None:
    """Write a locked unit."""
    await tx.run(sa.update(unit).where(unit.c.id == new.id).values(**_unit_values(new), recorded_at=tx.now))


async def led_by(tx: Tx, employee_id: UUID) -> list[Unit]:
    """The units that this employee leads, locked."""
    statement = sa.select(*_UNIT_COLUMNS).where(unit.c.lead_id == employee_id).order_by(unit.c.code).with_for_update()
    return [_unit(row) for row in await tx.all(statement)]


async def find_employee(reader: Reader, employee_id: UUID, *, lock: bool = False) -> Employee | None:
    """One employee."""
    statement = sa.select(*_EMPLOYEE_COLUMNS).where(employee.c.id == employee_id)
    # Not against those who only refer to them: whoever assigns has locked the customer first.
    row = await reader.one(statement.with_for_update(key_share=True) if lock else statement)
    return Employee(**dict(row)) if row else None


async def subject_taken(reader: Reader, subject: str, but: UUID) -> bool:
    """Whether somebody else's tokens carry this `sub`."""
    statement = sa.select(sa.exists().where(employee.c.subject == subject, employee.c.id != but))
    return bool(await reader.scalar(statement))


async def employees(
    reader: Reader, principal: Principal, of_unit: str | None, after: Sequence[Any] | None, limit: int
) -> list[Employee]:
    """Employees in the order they were entered, and one more than `limit`."""
    statement = sa.select(*_EMPLOYEE_COLUMNS).where(visible(principal, employee.c.unit_id))
    if of_unit is not None:
        statement = statement.where(employee.c.unit_id == of_unit)
    rows = await reader.all(after_key(statement, [employee.c.id], after, limit))
    return [Employee(**dict(row)) for row in rows]


async def insert_employee(tx: Tx, new: Employee) -> None:
    """Enter an employee."""
    await tx.run(sa.insert(employee).values(**as_row(new), recorded_at=tx.now))


async def update_employee(tx: Tx, new: Employee) -> None:
    """Write a locked employee."""
    await tx.run(sa.update(employee).where(employee.c.id == new.id).values(**as_row(new), recorded_at=tx.now))


def _unit(row: asyncpg.Record) -> Unit:
    return Unit(**{**dict(row), "calendar": Calendar.model_validate(row["calendar"])})


def _unit_values(new: Unit) -> dict[str, Any]:
    values = {name: getattr(new, name) for name in Unit.__dataclass_fields__}
    return values | {"unit_id": new.code, "calendar": new.calendar.model_dump(mode="json")}
