"""Finding customers: typed filters, one page at a time, counted only up to a bound."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from customer_profile.customers import desk, store, values
from customer_profile.customers.rules import Customer
from customer_profile.customers.tables import contact_point, customer
from customer_profile.organisation import usecases as organisation
from guanxi.auth import Principal, visible
from guanxi.db import Reader, after_key

COUNT_BOUND = 10_000
_MANY = 4_000
"""Of a name that more records hold, the newest are looked through, and not the index of names."""
_Condition = Callable[[Any], sa.ColumnElement[bool]]
"""What a record must hold, of any alias of the table."""
# As one piece: to put a statement of thirty columns together took a fifth of the time of a page.
_SHOWN: dict[bool, sa.Select[Any]] = {
    internal: sa.select(sa.literal_column(store.shown(internal=internal))).select_from(customer)
    for internal in (True, False)
}
_LIVING = customer.c.erased_at.is_(None)
_SPEAKING = sa.and_(_LIVING, customer.c.canonical_id == customer.c.id)
_LISTED: sa.Select[Any] = sa.select(*store.LISTED)
_ATTRIBUTES = ("kind", "role", "lifecycle", "stage", "owner_id", "industry")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which customers; phone, mail and credit code are matched whole, a name by the characters it holds."""

    kind: str | None = None
    role: str | None = None
    lifecycle: str | None = None
    stage: str | None = None
    owner_id: UUID | None = None
    unit: str | None = None
    industry: str | None = None
    name: str | None = None
    phone: str | None = None
    email: str | None = None
    credit_code: str | None = None
    absorbed: bool = False


async def page(
    reader: Reader, wanted: Filter, principal: Principal, after: Sequence[Any] | None, limit: int
) -> list[asyncpg.Record]:
    """Customers as they are `shown` to this reader, the newest first, and one more than `limit`."""
    return await _page(reader, _SHOWN[principal.internal], wanted, principal, after, limit)


async def records(
    reader: Reader, wanted: Filter, principal: Principal, after: Sequence[Any] | None, limit: int
) -> list[Customer]:
    """The same as records."""
    return [store.customer_of(row) for row in await _page(reader, _LISTED, wanted, principal, after, limit)]


async def _page(  # noqa: PLR0913 - the parts of a query
    reader: Reader,
    columns: sa.Select[Any],
    wanted: Filter,
    principal: Principal,
    after: Sequence[Any] | None,
    limit: int,
) -> list[asyncpg.Record]:
    searched = await _searched(reader, wanted, principal)
    if wanted.name is not None and len(searched) == 1:
        conditions = [*_filters(wanted, principal), await _named(reader, wanted, principal, searched[0])]
    else:
        conditions = _conditions(wanted, principal, searched)
    return await reader.all(after_key(columns.where(*conditions), [customer.c.id], after, limit, descending=True))


async def count(reader: Reader, wanted: Filter, principal: Principal, *, bound: int | None = COUNT_BOUND) -> int:
    """How many there are, at most one more than the bound; all of them without one."""
    searched = await _searched(reader, wanted, principal)
    every = sa.select(customer.c.id).where(*_conditions(wanted, principal, searched))
    some = (every if bound is None else every.limit(bound + 1)).subquery()
    return int(await reader.scalar(sa.select(sa.func.count()).select_from(some)))


async def stale(
    reader: Reader, principal: Principal, before: datetime, after: Sequence[Any] | None, limit: int
) -> list[asyncpg.Record]:
    """Customers whose record nobody has made sure of since `before`, the longest first."""
    conditions = (_standing(principal), visible(principal, customer.c.unit_id), customer.c.verified_at < before)
    select = _SHOWN[principal.internal].where(*conditions)
    return await reader.all(after_key(select, [customer.c.verified_at, customer.c.id], after, limit))


def _conditions(wanted: Filter, principal: Principal, searched: Sequence[_Condition]) -> list[sa.ColumnElement[bool]]:
    found = _filters(wanted, principal)
    if searched:
        one = customer.alias("one")
        speaks = _speaks(one, wanted, principal)
        found.append(customer.c.id.in_(sa.select(speaks).where(*(condition(one) for condition in searched))))
    return found


async def _named(reader: Reader, wanted: Filter, principal: Principal, named: _Condition) -> sa.ColumnElement[bool]:
    # PostgreSQL takes the pairs of a name for independent of each other and expects a five-hundredth of those who hold
    # a common word: at 1,000,000 customers it fetched a tenth of them to sort out the newest 50, which took 1,300 ms.
    # To count so far takes 40 ms of the most common word, and the newest are then looked through in 1.
    one = customer.alias("one")
    speaks = _speaks(one, wanted, principal)
    found = await reader.all(sa.select(speaks.label("id")).where(named(one)).limit(_MANY + 1))
    if len(found) <= _MANY:
        return customer.c.id == sa.any_(sa.literal([row["id"] for row in found], ARRAY(sa.Uuid)))
    # OFFSET keeps the look at each record in its place: none is made beforehand of all that hold the name.
    return sa.select(one.c.id).where(speaks == customer.c.id, named(one)).offset(0).exists()


def _speaks(one: Any, wanted: Filter, principal: Principal) -> sa.ColumnElement[UUID]:
    # Who searches for what an absorbed record holds finds the one that speaks for it; not so an external unit.
    speaks: sa.ColumnElement[UUID] = one.c.canonical_id if principal.internal and not wanted.absorbed else one.c.id
    return speaks


def _filters(wanted: Filter, principal: Principal) -> list[sa.ColumnElement[bool]]:
    c = customer.c
    found = [visible(principal, c.unit_id), _LIVING if wanted.absorbed else _standing(principal)]
    found += [c[name] == value for name in _ATTRIBUTES if (value := getattr(wanted, name)) is not None]
    if wanted.unit is not None:
        found.append(c.unit_id == wanted.unit)
    return found


def _standing(principal: Principal) -> sa.ColumnElement[bool]:
    return _SPEAKING if principal.internal else _LIVING


async def _searched(reader: Reader, wanted: Filter, principal: Principal) -> list[_Condition]:
    found: list[_Condition] = []
    if wanted.name is not None:
        sought = values.searched_grams(wanted.name)
        found.append(lambda one: one.c.grams.contains(sought) if sought else sa.false())
    if wanted.credit_code is not None:
        code = values.value_hash(wanted.credit_code)
        found.append(lambda one: one.c.credit_code_hash == code)
    if wanted.email is not None:
        found.append(_reached_by(values.EMAIL, wanted.email, organisation.DEFAULT_REGION))
    if wanted.phone is not None:
        found.append(_reached_by(values.PHONE, wanted.phone, await desk.phone_region(reader, principal.unit)))
    return found


def _reached_by(kind: str, value: str, region: str) -> _Condition:
    hashed = values.value_hash(values.normal_value(kind, value, region))
    p = contact_point.c
    reached = sa.select(p.customer_id).where(p.value_hash == hashed, p.kind == kind)
    return lambda one: one.c.id.in_(reached)
