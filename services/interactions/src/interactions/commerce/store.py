"""Statements of commerce."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

import asyncpg
import sqlalchemy as sa

from guanxi.auth import Principal, visible
from guanxi.db import Reader, Tx, after_key
from interactions import rows
from interactions.commerce.rules import (
    Delivery,
    Followed,
    Following,
    GoodsReturn,
    Line,
    Moved,
    Order,
    OrderStatus,
    Payment,
    ServiceRecord,
)
from interactions.commerce.tables import delivery, goods_return, payment, sales_order, service_record
from interactions.record import Record

R = TypeVar("R", bound=Record)
F = TypeVar("F", bound=Following)
Name = tuple[str, str]
"""What a source calls an order: (source, its number there)."""

TABLES: dict[type[Record], sa.Table] = {
    Order: sales_order,
    Delivery: delivery,
    GoodsReturn: goods_return,
    Payment: payment,
    ServiceRecord: service_record,
}
MOMENTS: dict[type[Record], str] = {
    Order: "placed_at",
    Delivery: "delivered_at",
    GoodsReturn: "returned_at",
    Payment: "at",
    ServiceRecord: "performed_at",
}

# An order and what follows it may arrive at the same moment in two transactions, neither seeing the other. So whoever
# writes under a source's order name claims it until the commit, an order alone, what follows it together. Nobody waits
# for a claim: batches hold many names, taken handler by handler, and would come to wait for each other in circles.
_CLAIM = """
SELECT source, name FROM unnest($1::text[], $2::text[]) AS x(source, name)
WHERE NOT pg_try_advisory_xact_lock{shared}(hashtextextended(source || '/' || name, 20))
"""
_NAME_OF = """
SELECT source, external_ref AS name FROM sales_order WHERE id = $1
UNION ALL SELECT source, external_order FROM delivery WHERE id = $1 AND order_id IS NULL
UNION ALL SELECT source, external_order FROM goods_return WHERE id = $1 AND order_id IS NULL
UNION ALL SELECT source, external_order FROM payment WHERE id = $1 AND order_id IS NULL
"""
_ORDER_IDS = """
SELECT o.source, o.external_ref, o.id
FROM sales_order o
JOIN unnest($1::text[], $2::text[]) AS x(source, name) ON o.source = x.source AND o.external_ref = x.name
"""
_MATCH = """
UPDATE {table} f SET order_id = x.id, version = f.version + 1
FROM unnest($1::uuid[], $2::text[], $3::text[]) AS x(id, source, name)
WHERE f.source = x.source AND f.external_order = x.name AND f.order_id IS NULL RETURNING f.id
"""
_SET_STATUS = """
UPDATE sales_order o SET status = x.status FROM unnest($1::uuid[], $2::text[]) AS x(id, status)
WHERE o.id = x.id AND o.status <> x.status RETURNING o.id
"""
_ERASE_ORDERS = """
UPDATE sales_order SET external_ref = NULL, purpose = NULL, erased_at = $2, version = version + 1
WHERE customer_id = ANY($1::uuid[]) AND erased_at IS NULL
"""
_ERASE_NAMES = """
UPDATE {table} SET external_ref = NULL, external_order = NULL, erased_at = $2, version = version + 1
WHERE customer_id = ANY($1::uuid[]) AND erased_at IS NULL
"""
_ERASE_RETURNS = """
UPDATE goods_return SET external_ref = NULL, external_order = NULL, reason = NULL, erased_at = $2, version = version + 1
WHERE customer_id = ANY($1::uuid[]) AND erased_at IS NULL
"""
_ERASE_SERVICES = """
UPDATE service_record SET external_ref = NULL, note = NULL, serial = NULL, erased_at = $2, version = version + 1
WHERE customer_id = ANY($1::uuid[]) AND erased_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class Written(Generic[R]):
    """A row after it was written, and the order that it followed before."""

    row: R
    order_before: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which records a reader asks for."""

    customer_ids: Sequence[UUID] | None = None
    status: str | None = None
    unmatched: bool | None = None
    since: datetime | None = None
    until: datetime | None = None


async def claim_names(tx: Tx, names: Collection[Name], *, shared: bool = False) -> set[Name]:
    """Claim these names until this transaction ends; those that others work under are not claimed, and given."""
    if not names:
        return set()
    claim = _CLAIM.format(shared="_shared" if shared else "")
    taken = await tx.fetch(claim, [source for source, _ in names], [name for _, name in names])
    return {(row["source"], row["name"]) for row in taken}


async def name_of(tx: Tx, record_id: UUID) -> Name | None:
    """The name of an order, or the one that something waits for; None when there is none, or the wait is over."""
    row = await tx.fetchrow(_NAME_OF, record_id)
    return (row["source"], row["name"]) if row and row["source"] and row["name"] else None


async def order_ids(tx: Tx, names: Collection[Name]) -> dict[Name, UUID]:
    """Those orders that are known, by name."""
    if not names:
        return {}
    found = await tx.fetch(_ORDER_IDS, [source for source, _ in names], [name for _, name in names])
    return {(row["source"], row["external_ref"]): row["id"] for row in found}


async def write(tx: Tx, items: Sequence[R]) -> list[R]:
    """Insert or replace orders or service records; gives them with their versions."""
    if not items:
        return []
    written = await rows.write(tx, TABLES[type(items[0])], items, keep=("status",))
    return rows.as_written(items, written)


async def write_following(tx: Tx, items: Sequence[F]) -> list[Written[F]]:
    """Insert or replace what follows orders; gives each with its version and what was there before."""
    if not items:
        return []
    written = await rows.write(tx, TABLES[type(items[0])], items, "old.order_id AS order_before")
    before = {row["id"]: row["order_before"] for row in written}
    return [Written(one, before[one.id]) for one in rows.as_written(items, written)]


async def match(tx: Tx, kind: type[F], orders: Mapping[UUID, Name]) -> list[F]:
    """Give the rows that waited for these orders their order; the rows."""
    if not orders:
        return []
    table = TABLES[kind]
    names = list(orders.values())
    found = await tx.fetch(
        _MATCH.format(table=table.name), list(orders), [source for source, _ in names], [name for _, name in names]
    )
    ids = sorted(row["id"] for row in found)
    return await by_ids(tx, kind, ids) if ids else []


async def lock_orders(tx: Tx, ids: Collection[UUID]) -> list[Order]:
    """These orders, locked in order of their ids."""
    select = select_of(Order).where(sales_order.c.id.in_(list(ids))).order_by(sales_order.c.id).with_for_update()
    return [record_of(Order, row) for row in await tx.all(select)]


async def lock(tx: Tx, kind: type[R], record_id: UUID) -> R | None:
    """One record, locked."""
    row = await tx.one(select_of(kind).where(TABLES[kind].c.id == record_id).with_for_update())
    return record_of(kind, row) if row else None


async def followed(reader: Reader, ids: Collection[UUID]) -> Mapping[UUID, Followed]:
    """All that follows these orders, voided rows too."""
    found: defaultdict[UUID, Followed] = defaultdict(Followed)
    for one in await _of_orders(reader, Delivery, ids):
        found[one.order_id or one.id].deliveries.append(one)
    for back in await _of_orders(reader, GoodsReturn, ids):
        found[back.order_id or back.id].returns.append(back)
    for paid in await _of_orders(reader, Payment, ids):
        found[paid.order_id or paid.id].payments.append(paid)
    return found


async def set_statuses(tx: Tx, statuses: Mapping[UUID, OrderStatus]) -> set[UUID]:
    """Enter where these orders stand; those for which that is news."""
    return {row["id"] for row in await tx.fetch(_SET_STATUS, list(statuses), list(statuses.values()))}


async def void(tx: Tx, kind: type[R], ids: Collection[UUID], at: datetime) -> list[R]:
    """Void those that have not been voided; gives them as they are now."""
    table = TABLES[kind]
    changes = {"voided_at": at, "version": table.c.version + 1}
    update = sa.update(table).where(table.c.id.in_(list(ids)), table.c.voided_at.is_(None)).values(changes)
    fresh = sorted(row["id"] for row in await tx.run(update.returning(table.c.id)))
    return await by_ids(tx, kind, fresh) if fresh else []


async def by_ids(reader: Reader, kind: type[R], ids: Collection[UUID]) -> list[R]:
    """These records, in order of their ids."""
    column = TABLES[kind].c.id
    return [
        record_of(kind, row) for row in await reader.all(select_of(kind).where(column.in_(list(ids))).order_by(column))
    ]


async def find(reader: Reader, principal: Principal, kind: type[R], record_id: UUID) -> R | None:
    """One record that the reader may see."""
    table = TABLES[kind]
    row = await reader.one(select_of(kind).where(table.c.id == record_id, visible(principal, table.c.unit_id)))
    return record_of(kind, row) if row else None


async def page(  # noqa: PLR0913 - whom, what, where
    reader: Reader, principal: Principal, kind: type[R], wanted: Filter, after: Sequence[Any] | None, limit: int
) -> list[R]:
    """Records of a kind, newest first, one more than `limit`."""
    table = TABLES[kind]
    at = table.c[MOMENTS[kind]]
    select = select_of(kind).where(visible(principal, table.c.unit_id))
    if wanted.customer_ids is not None:
        select = select.where(table.c.customer_id.in_(wanted.customer_ids))
    if wanted.status:
        select = select.where(table.c.status == wanted.status)
    else:
        select = select.where(table.c.voided_at.is_(None))
    if wanted.unmatched is not None:
        select = select.where(table.c.order_id.is_(None) if wanted.unmatched else table.c.order_id.is_not(None))
    if wanted.since:
        select = select.where(at >= wanted.since)
    if wanted.until:
        select = select.where(at < wanted.until)
    return [
        record_of(kind, row)
        for row in await reader.all(after_key(select, (at, table.c.id), after, limit, descending=True))
    ]


async def erase(tx: Tx, customer_ids: Sequence[UUID]) -> int:
    """Blank what their source calls these records, and what was said of them; sums and dates stay as figures."""
    names = [_ERASE_NAMES.format(table=table.name) for table in (delivery, payment)]
    # Whoever enters or voids what follows an order locks that, then the order.
    statements = (*names, _ERASE_RETURNS, _ERASE_SERVICES, _ERASE_ORDERS)
    tags = [await tx.execute(sql, list(customer_ids), tx.now) for sql in statements]
    return sum(int(tag.split()[-1]) for tag in tags)


async def _of_orders(reader: Reader, kind: type[F], ids: Collection[UUID]) -> list[F]:
    table = TABLES[kind]
    select = select_of(kind).where(table.c.order_id.in_(list(ids))).order_by(table.c.id)
    return [record_of(kind, row) for row in await reader.all(select)]


def select_of(kind: type[Record]) -> sa.Select[Any]:
    """The columns that a record of this kind is read by."""
    return sa.select(*rows.columns(TABLES[kind], kind))


def record_of(kind: type[R], row: asyncpg.Record) -> R:
    """The record of a row that was selected by `select_of`."""
    values = dict(row)
    if "lines" in values:
        values["lines"] = tuple(_lines(kind, values["lines"]))
    return rows.read(kind, values)


def _lines(kind: type[Record], lines: Iterable[Mapping[str, Any]]) -> Iterable[Line | Moved]:
    made: type[Line | Moved] = Line if kind is Order else Moved
    return (made(**line) for line in lines)
