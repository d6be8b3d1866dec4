"""All SQL on tickets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Any
from uuid import UUID

import asyncpg
import sqlalchemy as sa

from complaints.tickets.rules import DUE, Status, Ticket, Wanted
from complaints.tickets.tables import ESCALATED, OUR_TURN, complaint
from guanxi.auth import Principal, visible
from guanxi.db import Reader, Tx, after_key

_NAMES = tuple(field.name for field in fields(Ticket))
# Whoever works off what is due has locked the due row when it comes to the ticket. So does everybody who needs both.
_LOCK_DUE = "SELECT id FROM due WHERE kind = $1 AND id = ANY($2::uuid[]) ORDER BY id FOR UPDATE"
_HOLD = """
SELECT id FROM directory_customer WHERE id = ANY(
  SELECT customer_id FROM complaint WHERE id = ANY($1::uuid[])) ORDER BY id FOR KEY SHARE
"""
_LOCK = "SELECT * FROM complaint WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE"
_NUMBERS = "SELECT nextval('complaint_number') AS n FROM generate_series(1, $1)"
_HELD_BY = "SELECT id FROM complaint WHERE holder_id = ANY($1::uuid[]) AND status <> 'closed' AND voided_at IS NULL"
_ERASE = """
UPDATE complaint
SET external_ref = NULL, text = NULL, wish = NULL, reply_channel = NULL, reply_address = NULL, erased_at = $2
WHERE id = ANY($1::uuid[])
"""
_OF_CUSTOMERS = "SELECT id FROM complaint WHERE customer_id = ANY($1::uuid[]) ORDER BY id FOR UPDATE"


async def find(
    reader: Reader, principal: Principal | None, complaint_id: UUID, *, voided: bool = False
) -> Ticket | None:
    """One ticket as far as the reader may see it; without a principal, whoever may see it."""
    query = sa.select(complaint).where(complaint.c.id == complaint_id)
    if principal is not None:
        query = query.where(visible(principal, complaint.c.unit_id))
    row = await reader.one(query if voided else query.where(complaint.c.voided_at.is_(None)))
    return _ticket(row) if row else None


async def page(
    reader: Reader, principal: Principal, wanted: Wanted, key: Sequence[Any] | None, limit: int
) -> list[Ticket]:
    """Newest first, one more than the limit."""
    query = sa.select(complaint).where(
        complaint.c.voided_at.is_(None), visible(principal, complaint.c.unit_id), *_filters(wanted)
    )
    columns = (complaint.c.filed_at, complaint.c.id)
    return [_ticket(row) for row in await reader.all(after_key(query, columns, key, limit, descending=True))]


async def locked(tx: Tx, ids: Iterable[UUID]) -> dict[UUID, Ticket]:
    """These tickets, locked in sorted order, voided ones too; their customers are kept from being erased meanwhile.

    What is due is locked first, as the loop that works it off does it, then the customer, as the eraser does it, so
    that no two of them ever wait for each other.
    """
    wanted = sorted(set(ids))
    await tx.fetch(_LOCK_DUE, DUE, wanted)
    await tx.fetch(_HOLD, wanted)
    return {row["id"]: _ticket(row) for row in await tx.fetch(_LOCK, wanted)}


async def update(tx: Tx, ticket: Ticket) -> None:
    """Write a changed ticket, which this transaction has locked."""
    values = {name: getattr(ticket, name) for name in _NAMES if name not in {"id", "created_at", "recorded_at"}}
    values["status"] = str(ticket.status)
    await tx.run(sa.update(complaint).where(complaint.c.id == ticket.id).values(values))


async def next_numbers(tx: Tx, count: int) -> list[int]:
    """Numbers nobody else gets; a rollback leaves a gap, and nobody waits for anybody."""
    return [row["n"] for row in await tx.fetch(_NUMBERS, count)]


async def held_by(reader: Reader, holders: Sequence[UUID]) -> list[UUID]:
    """Open tickets of these employees."""
    return [row["id"] for row in await reader.fetch(_HELD_BY, list(holders))]


async def erase(tx: Tx, customer_ids: Sequence[UUID]) -> list[UUID]:
    """Blank what these customers said, where they wished to be answered and what their source calls it; the ids."""
    ids = [row["id"] for row in await tx.fetch(_OF_CUSTOMERS, list(customer_ids))]
    await tx.execute(_ERASE, ids, tx.now)
    return ids


def _filters(wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    table = complaint.c
    equal = ((table.holder_unit, wanted.holder_unit), (table.holder_id, wanted.holder_id), (table.cause, wanted.cause))
    found = [column == value for column, value in (*equal, (table.service_level, wanted.level)) if value is not None]
    if wanted.status is not None:
        found.append(table.status.in_(wanted.status))
    if wanted.customers is not None:
        found.append(table.customer_id.in_(wanted.customers))
    if wanted.since is not None:
        found.append(table.filed_at >= wanted.since)
    if wanted.escalated is not None:
        found.append(sa.literal_column(ESCALATED, sa.Boolean) if wanted.escalated else table.escalation_level == 0)
    if wanted.overdue is not None:
        late = sa.and_(table.promised_at < wanted.now, sa.literal_column(OUR_TURN, sa.Boolean))
        found.append(late if wanted.overdue else sa.func.coalesce(sa.not_(late), sa.true()))
    return found


def _ticket(row: asyncpg.Record) -> Ticket:
    values = {name: row[name] for name in _NAMES}
    return Ticket(**{**values, "status": Status(row["status"])})
