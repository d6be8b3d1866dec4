"""Statements of hand-overs and of ties."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from guanxi.db import Reader, Tx, after_key, as_row
from interactions import rows
from interactions.handovers.rules import Bonds, Handover, Tally
from interactions.handovers.tables import handover

_H = handover.c
_SELECT = sa.select(*rows.columns(handover, Handover))
NOBODY = UUID(int=0)
_INTO = ", ".join(rows.names(Handover))
_INSERT = f"""
INSERT INTO handover ({_INTO}) SELECT {_INTO} FROM jsonb_populate_recordset(NULL::handover, $1::jsonb)
ORDER BY from_id, customer_id ON CONFLICT DO NOTHING RETURNING id
"""
_SEQUENCES = "SELECT id, sequence FROM directory_employee WHERE id = ANY($1::uuid[])"
# Whoever is named on a contact, led an interview or kept a promise, and whoever answers for the customer.
_TIED = """
SELECT DISTINCT d.canonical_id FROM directory_customer d
WHERE d.status <> 'erased' AND d.canonical_id > $3 AND (d.owner_id = $1 OR d.id IN (
  SELECT customer_id FROM contact WHERE employee_id = $1 AND occurred_at >= $2 AND voided_at IS NULL
  UNION SELECT customer_id FROM interview WHERE interviewer_id = $1 AND held_at >= $2 AND voided_at IS NULL
  UNION SELECT customer_id FROM promise
        WHERE promiser_id = $1 AND status = 'kept' AND settled_at >= $2 AND voided_at IS NULL))
ORDER BY 1 LIMIT $4
"""
_MEMBERS = """
SELECT canonical_id, array_agg(id ORDER BY id) AS members,
       array_agg(DISTINCT owner_id) FILTER (WHERE owner_id IS NOT NULL) AS owners
FROM directory_customer WHERE canonical_id = ANY($1::uuid[]) AND status <> 'erased' GROUP BY 1 ORDER BY 1
"""
_TALLIES = """
WITH member AS (
  SELECT id, canonical_id FROM directory_customer WHERE canonical_id = ANY($1::uuid[]) AND status <> 'erased'
), done AS (
  SELECT m.canonical_id, c.employee_id, 'contact' AS what, c.occurred_at AS at
  FROM member m JOIN contact c ON c.customer_id = m.id
  WHERE c.employee_id IS NOT NULL AND c.occurred_at >= $2 AND c.voided_at IS NULL
  UNION ALL
  SELECT m.canonical_id, i.interviewer_id, 'interview', i.held_at
  FROM member m JOIN interview i ON i.customer_id = m.id
  WHERE i.interviewer_id IS NOT NULL AND i.held_at >= $2 AND i.voided_at IS NULL
  UNION ALL
  SELECT m.canonical_id, p.promiser_id, 'promise', p.settled_at
  FROM member m JOIN promise p ON p.customer_id = m.id
  WHERE p.promiser_id IS NOT NULL AND p.status = 'kept' AND p.settled_at >= $2 AND p.voided_at IS NULL
)
SELECT canonical_id AS customer_id, employee_id,
       count(*) FILTER (WHERE what = 'contact') AS contacts,
       count(*) FILTER (WHERE what = 'interview') AS interviews,
       count(*) FILTER (WHERE what = 'promise') AS promises_kept,
       max(at) FILTER (WHERE what = 'contact') AS last_contact_at
FROM done GROUP BY 1, 2 ORDER BY 1, 2
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which hand-overs a reader asks for."""

    customer_ids: Sequence[UUID] | None = None
    status: str | None = None
    from_id: UUID | None = None


async def write(tx: Tx, handovers: Sequence[Handover]) -> None:
    """Write rows that are new or whose lock is held."""
    await rows.put(tx, handover, handovers)


async def insert(tx: Tx, handovers: Sequence[Handover]) -> set[UUID]:
    """Enter new ones; gives the ids of those that are in: of one employee and customer one may be open."""
    return {row["id"] for row in await tx.fetch(_INSERT, [as_row(one) for one in handovers])} if handovers else set()


async def lock(tx: Tx, handover_id: UUID) -> Handover | None:
    """One hand-over, locked."""
    row = await tx.one(_SELECT.where(_H.id == handover_id).with_for_update())
    return rows.read(Handover, row) if row else None


async def lock_of(tx: Tx, from_id: UUID, since: datetime) -> list[Handover]:
    """What is on its way from an employee, and what was done since then, locked."""
    counts = sa.or_(_H.status != "done", _H.done_at >= since)
    select = _SELECT.where(_H.from_id == from_id, counts).order_by(_H.id).with_for_update()
    return [rows.read(Handover, row) for row in await tx.all(select)]


async def find(reader: Reader, handover_id: UUID) -> Handover | None:
    """One hand-over."""
    row = await reader.one(_SELECT.where(_H.id == handover_id))
    return rows.read(Handover, row) if row else None


async def page(reader: Reader, wanted: Filter, after: Sequence[Any] | None, limit: int) -> list[Handover]:
    """Hand-overs, the newest first, one more than `limit`."""
    select = _SELECT.where(_H.voided_at.is_(None))
    if wanted.customer_ids is not None:
        select = select.where(_H.customer_id.in_(wanted.customer_ids))
    if wanted.status:
        select = select.where(_H.status == wanted.status)
    if wanted.from_id:
        select = select.where(_H.from_id == wanted.from_id)
    found = await reader.all(after_key(select, (_H.recorded_at, _H.id), after, limit, descending=True))
    return [rows.read(Handover, row) for row in found]


async def tied_to(reader: Reader, employee_id: UUID, since: datetime, after: UUID, limit: int) -> list[UUID]:
    """The customers, by the ids that stand for them, with whom an employee has to do, after one of them."""
    return [row["canonical_id"] for row in await reader.fetch(_TIED, employee_id, since, after, limit)]


async def bonds_of(reader: Reader, canonical_ids: Sequence[UUID], since: datetime) -> list[Bonds]:
    """Who did what with these customers since then, by their ids."""
    tallies: dict[UUID, list[Tally]] = {one: [] for one in canonical_ids}
    for row in await reader.fetch(_TALLIES, list(canonical_ids), since):
        tallies[row["customer_id"]].append(Tally(**dict(row)))
    return [
        Bonds(
            customer_id=row["canonical_id"],
            members=tuple(row["members"]),
            owners=frozenset(row["owners"] or ()),
            tallies=tuple(tallies[row["canonical_id"]]),
        )
        for row in await reader.fetch(_MEMBERS, list(canonical_ids))
    ]


async def sequences(reader: Reader, employee_ids: Collection[UUID]) -> dict[UUID, int]:
    """The sequence of the state that the directory holds of each of these employees."""
    return {row["id"]: row["sequence"] for row in await reader.fetch(_SEQUENCES, list(employee_ids))}
