"""Statements of promises."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from guanxi.auth import Principal, visible
from guanxi.db import Reader, Tx, after_key
from interactions import rows
from interactions.promises.rules import DUE_KIND, REMINDER_KIND, Promise
from interactions.promises.tables import promise

_P = promise.c
_SELECT = sa.select(*rows.columns(promise, Promise))
# Whoever works off what is due locks the due row, then the promise. So does everybody who needs both.
_LOCK_DUE = "SELECT id FROM due WHERE kind = ANY($1::text[]) AND id = ANY($2::uuid[]) ORDER BY id, kind FOR UPDATE"
_SCHEDULE = """
INSERT INTO due (kind, id, at)
SELECT * FROM unnest($1::text[], $2::uuid[], $3::timestamptz[]) AS x(kind, id, at) ORDER BY id, kind
ON CONFLICT (kind, id) DO UPDATE SET at = excluded.at, attempts = 0, last_error = NULL
"""
_ERASE = """
UPDATE promise
SET external_ref = NULL, what = NULL, promiser_name = NULL, note = NULL, erased_at = $2, version = version + 1
WHERE customer_id = ANY($1::uuid[]) AND erased_at IS NULL
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which promises a reader asks for."""

    customer_ids: Sequence[UUID] | None = None
    promiser_id: UUID | None = None
    status: str | None = None
    due_before: datetime | None = None


async def write(tx: Tx, promises: Sequence[Promise]) -> None:
    """Write rows that are new or whose lock is held."""
    await rows.put(tx, promise, promises)


async def schedule(tx: Tx, moments: Sequence[tuple[str, UUID, datetime]]) -> None:
    """Have promises looked at: (kind, promise, when). They are new, or `lock_due` holds what was scheduled of them."""
    if moments:
        await tx.execute(_SCHEDULE, *(list(column) for column in zip(*moments, strict=True)))


async def lock_due(tx: Tx, ids: Sequence[UUID]) -> None:
    """Lock whatever is scheduled of these promises."""
    await tx.fetch(_LOCK_DUE, [DUE_KIND, REMINDER_KIND], ids)


async def lock_of_contacts(tx: Tx, contact_ids: Sequence[UUID]) -> list[Promise]:
    """All promises of these contacts, locked; the contacts' own locks are held."""
    ids = [row["id"] for row in await tx.all(sa.select(_P.id).where(_P.contact_id.in_(contact_ids)))]
    if not ids:
        return []
    await lock_due(tx, ids)
    found = await tx.all(_SELECT.where(_P.contact_id.in_(contact_ids)).order_by(_P.id).with_for_update())
    return [rows.read(Promise, row) for row in found]


async def lock(tx: Tx, promise_id: UUID) -> Promise | None:
    """One promise, locked."""
    row = await tx.one(_SELECT.where(_P.id == promise_id).with_for_update())
    return rows.read(Promise, row) if row else None


async def find(reader: Reader, principal: Principal, promise_id: UUID) -> Promise | None:
    """One promise that the reader may see."""
    row = await reader.one(_SELECT.where(_P.id == promise_id, visible(principal, _P.unit_id)))
    return rows.read(Promise, row) if row else None


async def of_contact(reader: Reader, contact_id: UUID) -> list[Promise]:
    """What was promised in a contact, in its order."""
    select = _SELECT.where(_P.contact_id == contact_id, _P.voided_at.is_(None)).order_by(_P.slot, _P.made_at)
    return [rows.read(Promise, row) for row in await reader.all(select)]


async def page(
    reader: Reader, principal: Principal, wanted: Filter, after: Sequence[Any] | None, limit: int
) -> list[Promise]:
    """Promises by the moment they are due, one more than `limit`."""
    select = _SELECT.where(_P.voided_at.is_(None), visible(principal, _P.unit_id))
    if wanted.customer_ids is not None:
        select = select.where(_P.customer_id.in_(wanted.customer_ids))
    if wanted.promiser_id:
        select = select.where(_P.promiser_id == wanted.promiser_id)
    if wanted.status:
        select = select.where(_P.status == wanted.status)
    if wanted.due_before:
        select = select.where(_P.due_at < wanted.due_before)
    return [rows.read(Promise, row) for row in await reader.all(after_key(select, (_P.due_at, _P.id), after, limit))]


async def erase(tx: Tx, customer_ids: Sequence[UUID]) -> int:
    """Blank the words; the rest stays as a figure."""
    return int((await tx.execute(_ERASE, list(customer_ids), tx.now)).split()[-1])
