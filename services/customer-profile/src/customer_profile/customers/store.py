"""All SQL of customers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import sqlalchemy as sa
from pydantic import BaseModel

from customer_profile.customers import tables
from customer_profile.customers.rules import (
    COLUMNS,
    ContactPoint,
    Customer,
    as_json,
)
from customer_profile.customers.values import grams, value_hash
from guanxi.db import Pool, Reader, TogetherByPool, Tx
from guanxi.events.inbound.profiles import Address, Preferences

_FOUND_BY = ("grams", "credit_code_hash")
_WRITTEN = (*COLUMNS, *_FOUND_BY)
_CHANGED = tuple(c for c in _WRITTEN if c not in {"id", "created_at", "unit_id"})
_POINT = "id, created_at, recorded_at, unit_id, customer_id, kind, value, value_hash, preferred, hours, source"

_POINTS = """(SELECT jsonb_agg(jsonb_build_array(p.id, p.kind, p.value, p.preferred, p.hours, p.source) ORDER BY p.id)
   FROM contact_point p WHERE p.customer_id = {of}.id)"""
LOADED = f"""{", ".join(f"c.{name}" for name in COLUMNS)}, {_POINTS.format(of="c")} AS points"""
_TOGETHER = "ARRAY(SELECT m.id FROM customer m WHERE m.canonical_id = {of}.canonical_id ORDER BY m.id)"
LISTED = [
    *(tables.customer.c[name] for name in COLUMNS),
    sa.literal_column(_POINTS.format(of="customer")).label("points"),
]

_PLACES = "SELECT id, unit_id, canonical_id FROM customer WHERE id = ANY($1::uuid[])"
_LOAD = f"SELECT {LOADED} FROM customer c WHERE c.id = ANY($1::uuid[]) ORDER BY c.id"
_ONE = f"SELECT {LOADED}, {_TOGETHER.format(of='c')} AS members FROM customer c WHERE c.id = ANY($1::uuid[])"
# The eraser alone shuts everybody out; who only needs the customer to stay as it is waits for nobody else.
_LOCK = "SELECT id FROM customer WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE"
_LOCK_WHOLE = "SELECT id FROM customer WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE"
_HOLD = "SELECT id, erased_at FROM customer WHERE id = ANY($1::uuid[]) ORDER BY id FOR KEY SHARE"
_INSERT = f"""
INSERT INTO customer ({", ".join(_WRITTEN)})
SELECT {", ".join(_WRITTEN)} FROM jsonb_populate_recordset(NULL::customer, $1::jsonb)
"""
_UPDATE = f"""
UPDATE customer c SET {", ".join(f"{name} = n.{name}" for name in _CHANGED)}
FROM jsonb_populate_recordset(NULL::customer, $1::jsonb) n WHERE c.id = n.id
"""
_ADD_POINTS = f"""
INSERT INTO contact_point ({_POINT})
SELECT {_POINT} FROM jsonb_populate_recordset(NULL::contact_point, $1::jsonb)
ON CONFLICT (customer_id, kind, value_hash) DO UPDATE
SET value = excluded.value, preferred = excluded.preferred, hours = excluded.hours, recorded_at = excluded.recorded_at,
    version = contact_point.version + 1
"""
_DROP_POINTS = "DELETE FROM contact_point WHERE id = ANY($1::uuid[])"
_MEMBERS = "SELECT id FROM customer WHERE canonical_id = ANY($1::uuid[]) ORDER BY id"
_ACTIVATE = "SELECT id FROM customer WHERE id = ANY($1::uuid[]) AND lifecycle = 'prospect' AND erased_at IS NULL"


def shown(*, internal: bool) -> str:
    """The columns of a record that was not erased, as a page of a list shows it.

    `plain` is the JSON of all that everybody sees; beside it stands what may be masked. Who is external learns nothing
    of merges.
    """
    status = "CASE customer.canonical_id WHEN customer.id THEN 'active' ELSE 'merged' END" if internal else "'active'"
    version, recorded = "customer.version", "customer.recorded_at"
    if not internal:
        version, recorded = f"coalesce(customer.edition, {version})", f"coalesce(customer.edited_at, {recorded})"
    plain = f"""customer.id, {version} AS version, {status} AS status,
      customer.{"canonical_id" if internal else "id"} AS canonical_id,
      {_TOGETHER.format(of="customer") if internal else "ARRAY[customer.id]"} AS members,
      customer.kind, customer.role, customer.lifecycle, customer.stage, customer.unit_id AS unit, customer.name,
      customer.legal_name, customer.legal_representative, customer.contact_person, {_whole("address", Address)},
      customer.industry, customer.size, {_whole("preferences", Preferences)}, customer.time_zone,
      customer.acquisition_source, customer.owner_id, {_utc("customer.created_at")} AS created_at,
      {_utc(recorded)} AS recorded_at, {_utc("customer.verified_at")} AS verified_at, customer.verified_by"""
    return f"""customer.id, customer.verified_at, customer.social_credit_code, customer.id_number,
      to_char(customer.birth_date, 'YYYY-MM-DD') AS birth_date, {_POINTS.format(of="customer")} AS contact_points,
      (SELECT to_json(s)::text FROM (SELECT {plain}) s) AS plain"""


def _whole(column: str, model: type[BaseModel]) -> str:
    # What is not known is left out as it is kept, and null as it is shown; what a newer release has added is not shown.
    fields = ", ".join(f"'{name}', customer.{column}->'{name}'" for name in model.model_fields)
    return f"CASE WHEN customer.{column} <> '{{}}' THEN jsonb_build_object({fields}) END AS {column}"


def _utc(moment: str) -> str:
    # As pydantic writes a moment.
    text = f"""to_char({moment} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US')"""
    return f"replace({text}, '.000000', '') || 'Z'"


class Place(NamedTuple):
    """Where a record belongs: its unit, and the record that speaks for it."""

    unit_id: str
    canonical_id: UUID


Loaded = tuple[Customer, list[UUID]]
"""A customer, and all records that count as one with it."""


async def lock(tx: Tx, ids: Iterable[UUID], *, whole: bool = False) -> None:
    """Lock these rows in sorted order; `whole` also against those who only `hold` them.

    A statement of its own: one that locks and reads sees what other tables held before it had to wait.
    """
    await tx.fetch(_LOCK_WHOLE if whole else _LOCK, sorted(set(ids)))


async def hold(tx: Tx, ids: Iterable[UUID]) -> set[UUID]:
    """Let none of these be erased until the transaction ends; gives those that were erased before."""
    return {row["id"] for row in await tx.fetch(_HOLD, sorted(set(ids))) if row["erased_at"] is not None}


async def erased(reader: Reader) -> list[UUID]:
    """All customers that were erased."""
    return [row["id"] for row in await reader.fetch("SELECT id FROM customer WHERE erased_at IS NOT NULL")]


async def count(reader: Reader) -> int:
    """How many records there are."""
    return int(await reader.fetchval("SELECT count(*) FROM customer"))


async def load(reader: Reader, ids: Iterable[UUID]) -> dict[UUID, Customer]:
    """Those of these customers that exist."""
    return {row["id"]: customer_of(row) for row in await reader.fetch(_LOAD, list(set(ids)))}


async def places(reader: Reader, ids: Iterable[UUID]) -> dict[UUID, Place]:
    """Where those of these records that exist belong."""
    rows = await reader.fetch(_PLACES, list(set(ids)))
    return {row["id"]: Place(row["unit_id"], row["canonical_id"]) for row in rows}


async def load_one(reader: Reader, customer_id: UUID) -> Loaded | None:
    """One customer and all records that count as one with it, oldest first; or None."""
    return (await _each(reader, [customer_id]))[0]


async def load_shared(pool: Pool, customer_id: UUID) -> Loaded | None:
    """The same for the busiest read: requests that wait while a statement is in flight share the next one."""
    return await _SHARED(pool, customer_id)


async def _each(reader: Reader, ids: Sequence[UUID]) -> list[Loaded | None]:
    found = {row["id"]: (customer_of(row), list(row["members"])) for row in await reader.fetch(_ONE, list(set(ids)))}
    return [found.get(one) for one in ids]


async def _each_of(pool: Pool, ids: Sequence[UUID]) -> list[Loaded | None]:
    async with pool.read() as reader:
        return await _each(reader, ids)


# Pays for itself in the driver: at 16 clients a third of a request's CPU was its own statement's way there and back.
_SHARED = TogetherByPool(_each_of)


async def members(reader: Reader, canonical_ids: Iterable[UUID]) -> list[UUID]:
    """All records that these stand for, oldest first."""
    return [row["id"] for row in await reader.fetch(_MEMBERS, list(set(canonical_ids)))]


async def prospects(reader: Reader, ids: Iterable[UUID]) -> list[UUID]:
    """Those of these customers that have not bought yet."""
    return [row["id"] for row in await reader.fetch(_ACTIVATE, list(set(ids)))]


async def insert(tx: Tx, customers: Sequence[Customer]) -> None:
    """New rows with their contact points."""
    await tx.execute(_INSERT, [_row(one) for one in customers])
    await add_points(tx, [(one, point) for one in customers for point in one.contact_points])


async def update(tx: Tx, pairs: Sequence[tuple[Customer, Customer]]) -> None:
    """Change locked rows from the first to the second of each pair."""
    await tx.execute(_UPDATE, [_row(after) for _, after in pairs])
    dropped = [
        p.id
        for before, after in pairs
        for p in before.contact_points
        if p.key not in {q.key for q in after.contact_points}
    ]
    if dropped:
        await tx.execute(_DROP_POINTS, dropped)
    await add_points(
        tx, [(after, p) for before, after in pairs for p in after.contact_points if p not in before.contact_points]
    )


async def add_points(tx: Tx, points: Sequence[tuple[Customer, ContactPoint]]) -> None:
    """Write new and changed contact points."""
    if points:
        await tx.execute(_ADD_POINTS, [_point_row(customer, point) for customer, point in points])


def customer_of(row: asyncpg.Record) -> Customer:
    """A row with `LOADED` columns as a record."""
    values: dict[str, Any] = {name: row[name] for name in COLUMNS}
    values["edition"] = row["edition"] or row["version"]
    values["edited_at"] = row["edited_at"] or row["recorded_at"]
    values["address"] = Address.model_validate(values["address"]) if values["address"] else None
    values["preferences"] = Preferences.model_validate(values["preferences"]) if values["preferences"] else None
    points = tuple(
        ContactPoint(UUID(id_), kind, value, preferred, hours, source)
        for id_, kind, value, preferred, hours, source in row["points"] or ()
    )
    return Customer(**values, contact_points=points)


def _row(customer: Customer) -> dict[str, Any]:
    code = customer.social_credit_code
    return {name: as_json(getattr(customer, name)) for name in COLUMNS} | {
        "grams": grams(customer.name, customer.legal_name),
        "credit_code_hash": _hex(value_hash(code)) if code else None,
    }


def _point_row(customer: Customer, point: ContactPoint) -> dict[str, Any]:
    return {
        "id": str(point.id),
        "created_at": customer.recorded_at,
        "recorded_at": customer.recorded_at,
        "unit_id": customer.unit_id,
        "customer_id": str(customer.id),
        "kind": point.kind,
        "value": point.value,
        "value_hash": _hex(value_hash(point.value)),
        "preferred": point.preferred,
        "hours": point.hours,
        "source": point.source,
    }


def _hex(value: bytes) -> str:
    return "\\x" + value.hex()
