"""All SQL of who is there for a customer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from customer_profile.customers.rules import (
    Assignment,
    Customer,
)
from guanxi.db import Reader, Tx

_ASSIGNMENTS = "SELECT id, customer_id, employee_id, role, since, until, reason FROM assignment WHERE customer_id = $1"
_STANDING_OF = """SELECT id, customer_id, employee_id, role, since, until, reason FROM assignment
WHERE employee_id = $1 AND until IS NULL ORDER BY id LIMIT $2"""
_ASSIGN = """
INSERT INTO assignment (id, unit_id, customer_id, employee_id, role, since, reason, created_at, recorded_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)
"""
_END = "UPDATE assignment SET until = $2, version = version + 1 WHERE id = ANY($1::uuid[])"


async def standing_assignments(reader: Reader, customer_id: UUID) -> list[Assignment]:
    """Those that have not ended."""
    return [Assignment(**dict(row)) for row in await reader.fetch(f"{_ASSIGNMENTS} AND until IS NULL", customer_id)]


async def standing_of(reader: Reader, employee_id: UUID, limit: int) -> list[Assignment]:
    """The oldest of those of one employee that have not ended."""
    return [Assignment(**dict(row)) for row in await reader.fetch(_STANDING_OF, employee_id, limit)]


async def assignments(reader: Reader, customer_id: UUID) -> list[Assignment]:
    """All of one customer, the newest first."""
    return [
        Assignment(**dict(row)) for row in await reader.fetch(f"{_ASSIGNMENTS} ORDER BY id DESC LIMIT 200", customer_id)
    ]


async def assignment(reader: Reader, customer_id: UUID, assignment_id: UUID) -> Assignment | None:
    """One of one customer, standing or ended."""
    row = await reader.fetchrow(f"{_ASSIGNMENTS} AND id = $2", customer_id, assignment_id)
    return Assignment(**dict(row)) if row else None


async def add_assignment(tx: Tx, of: Customer, made: Assignment) -> None:
    """A new one."""
    await tx.execute(
        _ASSIGN, made.id, of.unit_id, made.customer_id, made.employee_id, made.role, made.since, made.reason, tx.now
    )


async def end_assignments(tx: Tx, ids: Sequence[UUID], until: datetime) -> None:
    """End them."""
    if ids:
        await tx.execute(_END, list(ids), until)
