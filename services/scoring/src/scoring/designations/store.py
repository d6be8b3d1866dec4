"""All SQL on designations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

import asyncpg
import sqlalchemy as sa

from guanxi.db import Reader, Tx, after_key
from scoring.designations.rules import Designation
from scoring.designations.tables import designation

_COLUMNS = """id, version, created_at, recorded_at, customer_id, status, reason, proposed_by, decided_by,
  decision_reason, since, until, ended_by, end_reason"""
_FIND = f"SELECT {_COLUMNS} FROM designation WHERE id = $1"
_PROPOSE = f"""
INSERT INTO designation ({_COLUMNS}, unit_id)
SELECT {_COLUMNS}, 'head-office' FROM jsonb_populate_recordset(NULL::designation, $1::jsonb) ORDER BY customer_id
ON CONFLICT (customer_id) WHERE status = ANY (ARRAY['proposed'::text, 'approved'::text]) DO NOTHING
RETURNING {_COLUMNS}
"""
_SAVE = """
UPDATE designation d SET version = n.version, recorded_at = n.recorded_at, status = n.status,
  decided_by = n.decided_by, decision_reason = n.decision_reason, since = n.since, until = n.until,
  ended_by = n.ended_by, end_reason = n.end_reason
FROM jsonb_populate_recordset(NULL::designation, $1::jsonb) n WHERE d.id = n.id
"""
_PROPOSED = f"""
SELECT {_COLUMNS} FROM designation WHERE customer_id = ANY($1::uuid[]) AND status = 'proposed' AND proposed_by = $2
ORDER BY id FOR UPDATE
"""
_OPEN = """SELECT customer_id FROM designation
WHERE customer_id = ANY($1::uuid[]) AND status = ANY (ARRAY['proposed'::text, 'approved'::text])"""
_APPROVED = "SELECT count(*) FROM designation WHERE status = 'approved'"
_DESIGNATED = "SELECT customer_id FROM designation WHERE customer_id = ANY($1::uuid[]) AND status = 'approved'"
_FORGET = "DELETE FROM designation WHERE customer_id = ANY($1::uuid[])"


async def propose(tx: Tx, made: Sequence[Designation]) -> list[Designation]:
    """Write proposals; gives those of customers who had neither a proposal nor a designation."""
    return [_designation(row) for row in await tx.fetch(_PROPOSE, [asdict(one) for one in made])]


async def save(tx: Tx, some: Sequence[Designation]) -> None:
    """Write what became of designations that are held."""
    if some:
        await tx.execute(_SAVE, [asdict(one) for one in some])


async def find(reader: Reader, designation_id: UUID, *, lock: bool = False) -> Designation | None:
    """One designation."""
    row = await reader.fetchrow(f"{_FIND} FOR UPDATE" if lock else _FIND, designation_id)
    return _designation(row) if row else None


async def proposed(tx: Tx, customer_ids: Sequence[UUID], by: str) -> list[Designation]:
    """What somebody proposed of these customers and nobody has decided yet, held until the transaction ends."""
    return [_designation(row) for row in await tx.fetch(_PROPOSED, list(customer_ids), by)]


async def open_of(reader: Reader, customer_ids: Iterable[UUID]) -> set[UUID]:
    """Those of these customers that are proposed or designated."""
    return {row["customer_id"] for row in await reader.fetch(_OPEN, list(customer_ids))}


async def approved(reader: Reader) -> int:
    """How many customers are designated now."""
    return int(await reader.fetchval(_APPROVED))


async def designated(reader: Reader, customer_ids: Sequence[UUID]) -> set[UUID]:
    """Those of these customers that are designated now."""
    return {row["customer_id"] for row in await reader.fetch(_DESIGNATED, list(customer_ids))}


async def page(
    reader: Reader, status: str | None, customers: Sequence[UUID] | None, after: Sequence[Any] | None, limit: int
) -> list[Designation]:
    """Designations, the newest first, one more than `limit`."""
    c = designation.c
    select = sa.select(designation)
    if status is not None:
        select = select.where(c.status == status)
    if customers is not None:
        select = select.where(c.customer_id.in_(customers))
    return [_designation(row) for row in await reader.all(after_key(select, (c.id,), after, limit, descending=True))]


async def forget(tx: Tx, customer_ids: Sequence[UUID]) -> int:
    """Delete these customers' designations."""
    return int((await tx.execute(_FORGET, list(customer_ids))).rpartition(" ")[2])


def _designation(row: asyncpg.Record) -> Designation:
    return Designation(**{name: row[name] for name in Designation.__slots__})
