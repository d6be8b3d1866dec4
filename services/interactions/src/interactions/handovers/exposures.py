"""Reading ties: which customers an employee's leaving would expose."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from guanxi import directory
from guanxi.auth import Principal
from guanxi.db import Pool, Reader, Tx
from guanxi.directory import Employee
from guanxi.problems import NotFound
from interactions import scope
from interactions.handovers import formula, rules, store
from interactions.handovers.rules import Bonds, Exposure

AT_ONCE = 500
"""How many customers of a leaver are looked at in one statement."""


async def page(
    pool: Pool, principal: Principal, employee_id: UUID, after: Sequence[Any] | None, limit: int
) -> list[Exposure]:
    """The customers tied to an employee, by their ids, one more than `limit`; 404."""
    scope.only_internal(principal, "employee")
    now = pool.stamp().now
    async with pool.read() as reader:
        if await directory.employee(reader, employee_id) is None:
            raise NotFound("employee")
        since = now - timedelta(days=formula.newest().window_days)
        ids = await store.tied_to(reader, employee_id, since, after[0] if after else store.NOBODY, limit + 1)
        return await _exposures(reader, employee_id, ids, now)


async def of_customer(tx: Tx, customer_id: UUID, employee_id: UUID) -> Exposure | None:
    """What an employee is to one customer."""
    canonical = (await directory.canonical_ids(tx, [customer_id]))[customer_id]
    found = await _exposures(tx, employee_id, [canonical], tx.now)
    return found[0] if found else None


async def of_leaver(tx: Tx, employee_id: UUID) -> list[Exposure]:
    """Every customer tied to an employee."""
    since = tx.now - timedelta(days=formula.newest().window_days)
    found: list[Exposure] = []
    after = store.NOBODY
    while ids := await store.tied_to(tx, employee_id, since, after, AT_ONCE):
        found += await _exposures(tx, employee_id, ids, tx.now)
        after = ids[-1]
    return found


async def _exposures(reader: Reader, employee_id: UUID, ids: Sequence[UUID], now: datetime) -> list[Exposure]:
    counted = formula.newest()
    bonds = await store.bonds_of(reader, ids, now - timedelta(days=counted.window_days))
    staying = await _staying(reader, bonds)
    return [rules.exposure(one, employee_id, staying, counted) for one in bonds]


async def _staying(reader: Reader, bonds: Sequence[Bonds]) -> set[UUID]:
    """Those of all who are tied who have not left, and of whom nobody has said that they will."""
    wanted = sorted({tally.employee_id for one in bonds for tally in one.tallies})
    found: dict[UUID, Employee] = await directory.employees(reader, wanted)
    return {key for key, one in found.items() if one.left_on is None}
