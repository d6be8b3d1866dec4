"""Statements of opinions and mentions."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
import sqlalchemy as sa

from guanxi.auth import Principal, visible
from guanxi.db import Reader, Tx, after_key
from interactions import rows
from interactions.listening.rules import GivenGrade, Mention, Opinion
from interactions.listening.tables import mention, opinion

R = TypeVar("R", Opinion, Mention)

TABLES: dict[type[Opinion | Mention], sa.Table] = {Opinion: opinion, Mention: mention}
MOMENTS: dict[type[Opinion | Mention], str] = {Opinion: "given_at", Mention: "observed_at"}
CODES: dict[type[Opinion | Mention], str] = {Opinion: "questionnaire", Mention: "platform"}
_ERASE_OPINIONS = """
UPDATE opinion SET external_ref = NULL, free_text = NULL, erased_at = $2, version = version + 1
WHERE customer_id = ANY($1::uuid[]) AND erased_at IS NULL
"""
_ERASE_MENTIONS = """
UPDATE mention SET external_ref = NULL, handle = NULL, text = NULL, url = NULL, erased_at = $2, version = version + 1
WHERE customer_id = ANY($1::uuid[]) AND erased_at IS NULL
"""


async def write(tx: Tx, items: Sequence[R]) -> list[R]:
    """Insert or replace them; gives them with their versions."""
    if not items:
        return []
    written = await rows.write(tx, TABLES[type(items[0])], items)
    return rows.as_written(items, written)


async def void(tx: Tx, kind: type[R], ids: Collection[UUID], at: datetime) -> list[R]:
    """Void those that have not been voided; gives them as they are now."""
    table = TABLES[kind]
    changes = {"voided_at": at, "version": table.c.version + 1}
    update = sa.update(table).where(table.c.id.in_(list(ids)), table.c.voided_at.is_(None)).values(changes)
    return [_read(kind, row) for row in await tx.run(update.returning(*rows.columns(table, kind)))]


async def find(reader: Reader, principal: Principal, kind: type[R], record_id: UUID) -> R | None:
    """One of them that the reader may see."""
    table = TABLES[kind]
    row = await reader.one(_select(kind).where(table.c.id == record_id, visible(principal, table.c.unit_id)))
    return _read(kind, row) if row else None


async def page(  # noqa: PLR0913 - whom, what, where
    reader: Reader,
    principal: Principal,
    kind: type[R],
    customer_ids: Sequence[UUID] | None,
    code: str | None,
    after: Sequence[Any] | None,
    limit: int,
) -> list[R]:
    """Newest first, one more than `limit`; `code` is the questionnaire or the platform."""
    table = TABLES[kind]
    select = _select(kind).where(table.c.voided_at.is_(None), visible(principal, table.c.unit_id))
    if customer_ids is not None:
        select = select.where(table.c.customer_id.in_(customer_ids))
    if code:
        select = select.where(table.c[CODES[kind]] == code)
    key = (table.c[MOMENTS[kind]], table.c.id)
    return [_read(kind, row) for row in await reader.all(after_key(select, key, after, limit, descending=True))]


async def erase(tx: Tx, customer_ids: Sequence[UUID]) -> int:
    """Blank the words; grades stay as figures."""
    tags = [await tx.execute(sql, list(customer_ids), tx.now) for sql in (_ERASE_OPINIONS, _ERASE_MENTIONS)]
    return sum(int(tag.split()[-1]) for tag in tags)


def _select(kind: type[Opinion | Mention]) -> sa.Select[Any]:
    return sa.select(*rows.columns(TABLES[kind], kind))


def _read(kind: type[R], row: asyncpg.Record) -> R:
    values = dict(row)
    if "grades" in values:
        values["grades"] = tuple(GivenGrade(**grade) for grade in values["grades"])
    return rows.read(kind, values)
