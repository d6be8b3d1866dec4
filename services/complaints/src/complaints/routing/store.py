"""All SQL on routing rules."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

import asyncpg

from complaints.routing.rules import Leaver, Rule
from guanxi import directory
from guanxi.db import Reader, Tx

_LEAVERS = """
SELECT e.id, e.left_on, u.time_zone FROM directory_employee e LEFT JOIN directory_unit u ON u.code = e.unit_id
WHERE e.id = ANY($1::uuid[]) AND e.left_on IS NOT NULL
"""
_COLUMNS = "id, version, cause, sku_prefix, to_unit, priority"
_ALL = f"SELECT {_COLUMNS} FROM routing_rule WHERE retired_at IS NULL ORDER BY priority DESC, id"
_ONE = f"SELECT {_COLUMNS} FROM routing_rule WHERE retired_at IS NULL AND id = $1"
_INSERT = """
INSERT INTO routing_rule (id, created_at, recorded_at, unit_id, cause, sku_prefix, to_unit, priority)
VALUES ($1, $2, $2, $3, $4, $5, $6, $7)
"""
_REPLACE = """
UPDATE routing_rule SET cause = $2, sku_prefix = $3, to_unit = $4, priority = $5, version = version + 1 WHERE id = $1
"""
_RETIRE = "UPDATE routing_rule SET retired_at = $2, version = version + 1 WHERE id = $1"


async def leavers(reader: Reader, employee_ids: Collection[UUID]) -> list[Leaver]:
    """Those of these employees who have left or will leave."""
    rows = await reader.fetch(_LEAVERS, list(employee_ids))
    return [Leaver(row["id"], row["left_on"], directory.zone_of(row["time_zone"] or "")) for row in rows]


async def rules(reader: Reader) -> list[Rule]:
    """Every rule in force, the highest priority first."""
    return [_rule(row) for row in await reader.fetch(_ALL)]


async def rule(reader: Reader, rule_id: UUID, *, lock: bool = False) -> Rule | None:
    """One rule in force."""
    row = await reader.fetchrow(_ONE + (" FOR UPDATE" if lock else ""), rule_id)
    return _rule(row) if row else None


async def insert(tx: Tx, made: Rule, unit: str) -> None:
    """Add a rule."""
    await tx.execute(_INSERT, made.id, tx.now, unit, made.cause, made.sku_prefix, made.to_unit, made.priority)


async def replace(tx: Tx, changed: Rule) -> None:
    """Write a rule anew under its next version."""
    await tx.execute(_REPLACE, changed.id, changed.cause, changed.sku_prefix, changed.to_unit, changed.priority)


async def retire(tx: Tx, rule_id: UUID) -> None:
    """Take a rule out of force; the row stays as a record."""
    await tx.execute(_RETIRE, rule_id, tx.now)


def _rule(row: asyncpg.Record) -> Rule:
    return Rule(**dict(row))
