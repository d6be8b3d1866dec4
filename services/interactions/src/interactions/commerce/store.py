"""Statements of commerce."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

import asyncpg
import sqlalchemy as sa

from guanxi.auth import Principal, visible
from guanxi.db import Reader, Tx, after_key
from interactions import rows
from interactions.commerce.rules import (
    DUE_KIND,
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

TABLES: dict[type[Record], sa.Table] = {
    Order: sales_order,
    Delivery: delivery,
    GoodsReturn: goods_return,
    Payment: payment,
    ServiceRecord: service_record,
}
MOMENTS = {Order: "placed_at", ServiceRecord: "performed_at"}

# An order and what follows it may arrive at the same moment in two transactions, neither seeing the other. Whoever
# writes under a source's order name holds this lock on it until the commit; 256 of them bound what one batch can hold.
_LOCK_NAMES = """
SELECT pg_advisory_xact_lock(20, key) FROM (
  SELECT DISTINCT hashtext(source || '/' || name) & 255 AS key
  FROM unnest($1::text[], $2::text[]) AS x(source, name) ORDER BY 1
) AS keys
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
_SCHEDULE = """
INSERT INTO due (kind, id, at) SELECT $1, * FROM unnest($2::uuid[], $3::timestamptz[]) AS x(id, at) ORDER BY id
ON CONFLICT (kind, id) DO UPDATE SET at = excluded.at, attempts = 0, last_error = NULL
"""
_OVERDUE = "UPDATE payment SET overdue_at = $2, version = version + 1 WHERE id = $1 RETURNING version"
_ERASE_RETURNS = """
UPDATE goods_return SET reason = NULL, erased_at = $2, version = version + 1
WHERE customer_id = ANY($1::uuid[]) AND erased_at IS NULL
"""
_ERASE_SERVICES = """
UPDATE service_record SET note = NULL, erased_at = $2, version = version + 1
WHERE customer_id = ANY($1::uuid[]) AND erased_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class Written(Generic[R]):
    """A row after it was written, and what stood there before."""

    row: R
    order_before: UUID | None = None
    paid_before: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which records a reader asks for."""

    customer_ids: Sequence[UUID] | None = None
    status: str | None = None
    since: datetime | None = None
    until: datetime | None = None


async def lock_names(tx: Tx, names: Collection[tuple[str, str]]) -> None:
    """Let nobody else write under these (source, name of order) until this transaction ends."""
    if names:
        await tx.fetch(_LOCK_NAMES, [source for source, _ in names], [name for _, name in names])


async def order_ids(tx: Tx, names: Collection[tuple[str, str]]) -> dict[tuple[str, str], UUID]:
    """Those orders that are known, by (source, name)."""
    found = await tx.fetch(_ORDER_IDS, [source for source, _ in names], [name for _, name in names])
    return {(row["source"], row["external_ref"]): row["id"] for row in found}


async def write(tx: Tx, items: Sequence[R]) -> list[R]:
    """Insert or replace orders or service records; gives them with their versions."""
    if not items:
        return []
    written = await rows.write(tx, TABLES[type(items[0])], items, keep=("status",))
    versions = {row["id"]: row["version"] for row in written}
    return [replace(one, version=versions[one.id]) for one in items]


async def write_following(tx: Tx, items: Sequence[F]) -> list[Written[F]]:
    """Insert or replace what follows orders; gives each with its version and what was there before."""
    if not items:
        return []
    more = "old.order_id AS order_before"
    if isinstance(items[0], Payment):
        more += ", old.paid_on AS paid_before, new.overdue_at"
    written = await rows.write(tx, TABLES[type(items[0])], items, more, keep=("overdue_at",))
    before = {row["id"]: row for row in written}
    return [_written(one, before[one.id]) for one in items]


async def match(tx: Tx, kind: type[F], orders: Mapping[UUID, tuple[str, str]]) -> list[F]:
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
    select = _select(Order).where(sales_order.c.id.in_(list(ids))).order_by(sales_order.c.id).with_for_update()
    return [_read(Order, row) for row in await tx.all(select)]


async def lock(tx: Tx, kind: type[R], record_id: UUID) -> R | None:
    """One record, locked."""
    row = await tx.one(_select(kind).where(TABLES[kind].c.id == record_id).with_for_update())
    return _read(kind, row) if row else None


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


async def schedule(tx: Tx, moments: Mapping[UUID, datetime]) -> None:
    """Have each payment looked at when its day is over."""
    if moments:
        await tx.execute(_SCHEDULE, DUE_KIND, list(moments), list(moments.values()))


async def set_overdue(tx: Tx, payment_id: UUID, at: datetime) -> int:
    """Note since when a payment is overdue; its new version."""
    version: int = await tx.fetchval(_OVERDUE, payment_id, at)
    return version


async def clear_overdue(tx: Tx, ids: Collection[UUID]) -> None:
    """These payments are not overdue after all."""
    if ids:
        await tx.execute("UPDATE payment SET overdue_at = NULL WHERE id = ANY($1::uuid[])", list(ids))


async def by_ids(reader: Reader, kind: type[R], ids: Collection[UUID]) -> list[R]:
    """These records, in order of their ids."""
    column = TABLES[kind].c.id
    return [_read(kind, row) for row in await reader.all(_select(kind).where(column.in_(list(ids))).order_by(column))]


async def find(reader: Reader, principal: Principal, kind: type[R], record_id: UUID) -> R | None:
    """One record that the reader may see."""
    table = TABLES[kind]
    row = await reader.one(_select(kind).where(table.c.id == record_id, visible(principal, table.c.unit_id)))
    return _read(kind, row) if row else None


async def page(  # noqa: PLR0913 - whom, what, where
    reader: Reader, principal: Principal, kind: type[R], wanted: Filter, after: Sequence[Any] | None, limit: int
) -> list[R]:
    """Orders or service records, newest first, one more than `limit`."""
    table = TABLES[kind]
    at = table.c[MOMENTS[kind]]
    select = _select(kind).where(visible(principal, table.c.unit_id))
    if wanted.customer_ids is not None:
        select = select.where(table.c.customer_id.in_(wanted.customer_ids))
    if wanted.status:
        select = select.where(table.c.status == wanted.status)
    else:
        select = select.where(table.c.voided_at.is_(None))
    if wanted.since:
        select = select.where(at >= wanted.since)
    if wanted.until:
        select = select.where(at < wanted.until)
    return [
        _read(kind, row) for row in await reader.all(after_key(select, (at, table.c.id), after, limit, descending=True))
    ]


async def erase(tx: Tx, customer_ids: Sequence[UUID]) -> int:
    """Blank what was said of returns and services; sums and dates stay as figures."""
    tags = [await tx.execute(sql, list(customer_ids), tx.now) for sql in (_ERASE_RETURNS, _ERASE_SERVICES)]
    return sum(int(tag.split()[-1]) for tag in tags)


async def _of_orders(reader: Reader, kind: type[F], ids: Collection[UUID]) -> list[F]:
    table = TABLES[kind]
    select = _select(kind).where(table.c.order_id.in_(list(ids))).order_by(table.c.id)
    return [_read(kind, row) for row in await reader.all(select)]


def _select(kind: type[Record]) -> sa.Select[Any]:
    return sa.select(*rows.columns(TABLES[kind], kind))


def _read(kind: type[R], row: asyncpg.Record) -> R:
    values = dict(row)
    if "lines" in values:
        values["lines"] = tuple(_lines(kind, values["lines"]))
    return rows.read(kind, values)


def _lines(kind: type[Record], lines: Iterable[Mapping[str, Any]]) -> Iterable[Line | Moved]:
    made: type[Line | Moved] = Line if kind is Order else Moved
    return (made(**line) for line in lines)


def _written(one: F, row: asyncpg.Record) -> Written[F]:
    if isinstance(one, Payment):
        paid = replace(one, version=row["version"], overdue_at=row["overdue_at"])
        return Written(paid, row["order_before"], row["paid_before"])
    return Written(replace(one, version=row["version"]), row["order_before"])
