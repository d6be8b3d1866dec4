"""Statements of contacts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from guanxi.auth import Principal, visible
from guanxi.db import Reader, Tx, after_key
from interactions import rows
from interactions.contacts.rules import Contact, Staff
from interactions.contacts.tables import contact

_C = contact.c
_SELECT = sa.select(*rows.columns(contact, Contact))
_STAFF = """
SELECT id, subject, name, unit_id FROM directory_employee WHERE name = ANY($1::text[]) OR subject = ANY($1::text[])
"""
_VOID = """
UPDATE contact SET voided_at = $2, version = version + 1 WHERE id = ANY($1::uuid[]) AND voided_at IS NULL RETURNING id
"""
_ERASE = """
UPDATE contact
SET external_ref = NULL, employee_name = NULL, contact_person = NULL, subject = NULL, content = NULL, cues = '{}',
    rival_named = NULL, erased_at = $2, version = version + 1
WHERE customer_id = ANY($1::uuid[]) AND erased_at IS NULL
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which contacts a reader asks for."""

    customer_ids: Sequence[UUID] | None = None
    channel: str | None = None
    since: datetime | None = None
    until: datetime | None = None


async def write(tx: Tx, contacts: Sequence[Contact]) -> list[Contact]:
    """Insert or replace contacts; gives them with their versions."""
    return rows.as_written(contacts, await rows.write(tx, contact, contacts))


async def void(tx: Tx, ids: Sequence[UUID], at: datetime) -> list[Contact]:
    """Void those that have not been voided; gives them as they are now."""
    fresh = [row["id"] for row in await tx.fetch(_VOID, list(ids), at)]
    found = await tx.all(_SELECT.where(_C.id.in_(fresh)).order_by(_C.id)) if fresh else []
    return [_contact(row) for row in found]


async def lock(tx: Tx, contact_id: UUID) -> Contact | None:
    """One contact, locked."""
    row = await tx.one(_SELECT.where(_C.id == contact_id).with_for_update())
    return _contact(row) if row else None


async def find(reader: Reader, principal: Principal, contact_id: UUID) -> Contact | None:
    """One contact that the reader may see."""
    row = await reader.one(_SELECT.where(_C.id == contact_id, visible(principal, _C.unit_id)))
    return _contact(row) if row else None


async def of_ids(reader: Reader, ids: Collection[UUID]) -> list[Contact]:
    """Contacts by their ids."""
    return [_contact(row) for row in await reader.all(_SELECT.where(_C.id.in_(list(ids))))]


async def page(
    reader: Reader, principal: Principal, wanted: Filter, after: Sequence[Any] | None, limit: int
) -> list[Contact]:
    """Contacts, newest first, one more than `limit`."""
    select = _SELECT.where(_C.voided_at.is_(None), visible(principal, _C.unit_id))
    if wanted.customer_ids is not None:
        select = select.where(_C.customer_id.in_(wanted.customer_ids))
    if wanted.channel:
        select = select.where(_C.channel == wanted.channel)
    if wanted.since:
        select = select.where(_C.occurred_at >= wanted.since)
    if wanted.until:
        select = select.where(_C.occurred_at < wanted.until)
    found = await reader.all(after_key(select, (_C.occurred_at, _C.id), after, limit, descending=True))
    return [_contact(row) for row in found]


async def staff_named(reader: Reader, names: Collection[str]) -> list[Staff]:
    """Employees who go by one of these names or accounts."""
    if not names:
        return []
    return [Staff(**dict(row)) for row in await reader.fetch(_STAFF, list(names))]


async def erase(tx: Tx, customer_ids: Sequence[UUID]) -> int:
    """Blank names and words; the rest stays as a figure."""
    return int((await tx.execute(_ERASE, list(customer_ids), tx.now)).split()[-1])


def _contact(row: Any) -> Contact:
    return rows.read(Contact, {**dict(row), "cues": tuple(row["cues"])})
