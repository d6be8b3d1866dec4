"""Reading the directory's tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from guanxi.db import Reader, Tx
from guanxi.directory._models import DirectoryCustomer, Employee, Unit

_CUSTOMER = (
    """id, sequence, canonical_id, status, kind, role, name, unit_id, language, time_zone, owner_id, emails, phones"""
)
_ONE = f"SELECT {_CUSTOMER} FROM directory_customer WHERE id = $1"
_MANY = f"SELECT {_CUSTOMER} FROM directory_customer WHERE id = ANY($1::uuid[])"
_SHARE = _ONE + " FOR KEY SHARE"
_SHARE_MANY = _MANY + " ORDER BY id FOR KEY SHARE"
_SHARE_AT_ONCE = _SHARE_MANY + " SKIP LOCKED"
_MEMBERS = """
SELECT id FROM directory_customer
WHERE canonical_id = (SELECT canonical_id FROM directory_customer WHERE id = $1) ORDER BY id
"""
_CANONICAL = "SELECT id, canonical_id FROM directory_customer WHERE id = ANY($1::uuid[])"
_FAMILY = """
SELECT m.id, m.canonical_id FROM directory_customer m
WHERE m.canonical_id IN (SELECT canonical_id FROM directory_customer WHERE id = ANY($1::uuid[])) ORDER BY m.id
"""
_UNIT = "SELECT code, name, kind, internal, parent, time_zone, lead_id, calendar FROM directory_unit"
_LINEAGE = f"""
WITH RECURSIVE up AS (
  SELECT code, parent FROM directory_unit WHERE code = ANY($1::text[])
  UNION SELECT above.code, above.parent FROM directory_unit above JOIN up ON above.code = up.parent)
{_UNIT} WHERE code IN (SELECT code FROM up)
"""
_EMPLOYEE = "SELECT id, subject, name, unit_id, level, email, left_on FROM directory_employee"
_HOLDER = "ORDER BY left_on IS NOT NULL, sequence DESC LIMIT 1"
_WATERMARK = """
SELECT CASE WHEN whole THEN up_to END AS up_to, whole
FROM (SELECT min(relayed_up_to) AS up_to, count(*) >= max(partitions) AS whole FROM directory_watermark) m
"""


async def customer(reader: Reader, customer_id: UUID) -> DirectoryCustomer | None:
    """One customer as published, or None while unknown here."""
    row = await reader.fetchrow(_ONE, customer_id)
    return _customer(row) if row else None


async def customers(reader: Reader, ids: Iterable[UUID]) -> dict[UUID, DirectoryCustomer]:
    """Those of these customers that are known here."""
    return {row["id"]: _customer(row) for row in await reader.fetch(_MANY, list(set(ids)))}


async def share_locked(tx: Tx, customer_id: UUID) -> DirectoryCustomer | None:
    """One customer, locked FOR KEY SHARE so that no erasure can pass before this transaction ends."""
    row = await tx.fetchrow(_SHARE, customer_id)
    return _customer(row) if row else None


async def share_locked_many(tx: Tx, ids: Iterable[UUID]) -> dict[UUID, DirectoryCustomer]:
    """The same for a batch, locked in sorted order."""
    return {row["id"]: _customer(row) for row in await tx.fetch(_SHARE_MANY, sorted(set(ids)))}


async def share_locked_at_once(tx: Tx, ids: Iterable[UUID]) -> dict[UUID, DirectoryCustomer]:
    """The same without waiting, for who holds other rows already: a customer who is being erased now is left out."""
    return {row["id"]: _customer(row) for row in await tx.fetch(_SHARE_AT_ONCE, sorted(set(ids)))}


async def members(reader: Reader, customer_id: UUID) -> list[UUID]:
    """All ids that stand for the same customer, oldest first; just the id itself while it is unknown here."""
    found = [row["id"] for row in await reader.fetch(_MEMBERS, customer_id)]
    return found or [customer_id]


async def canonical_ids(reader: Reader, ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """For each id the one that stands for the customer; an unknown id stands for itself."""
    wanted = set(ids)
    found = {row["id"]: row["canonical_id"] for row in await reader.fetch(_CANONICAL, list(wanted))}
    return {one: found.get(one, one) for one in wanted}


async def families(reader: Reader, ids: Iterable[UUID]) -> dict[UUID, list[UUID]]:
    """For the customers behind these ids: canonical id -> all members, oldest first."""
    wanted = set(ids)
    out: dict[UUID, list[UUID]] = {}
    seen: set[UUID] = set()
    for row in await reader.fetch(_FAMILY, list(wanted)):
        out.setdefault(row["canonical_id"], []).append(row["id"])
        seen.add(row["id"])
    return out | {one: [one] for one in wanted - seen}


async def units(reader: Reader) -> list[Unit]:
    """Every unit, by code."""
    return [_unit(row) for row in await reader.fetch(f"{_UNIT} ORDER BY code")]


async def unit(reader: Reader, code: str) -> Unit | None:
    """One unit by its code."""
    row = await reader.fetchrow(f"{_UNIT} WHERE code = $1", code)
    return _unit(row) if row else None


async def lineage(reader: Reader, codes: Iterable[str]) -> dict[str, Unit]:
    """Those of these units that are known here, and all units above them, by code."""
    return {row["code"]: _unit(row) for row in await reader.fetch(_LINEAGE, list(set(codes)))}


async def employee(reader: Reader, employee_id: UUID) -> Employee | None:
    """One employee."""
    row = await reader.fetchrow(f"{_EMPLOYEE} WHERE id = $1", employee_id)
    return _employee(row) if row else None


async def employee_of_subject(reader: Reader, subject: str) -> Employee | None:
    """The employee whose tokens carry this `sub`: where an account has passed on, who has not left, then the newest."""
    row = await reader.fetchrow(f"{_EMPLOYEE} WHERE subject = $1 {_HOLDER}", subject)
    return _employee(row) if row else None


async def employees(reader: Reader, ids: Sequence[UUID]) -> dict[UUID, Employee]:
    """Those of these employees that are known here."""
    rows = await reader.fetch(f"{_EMPLOYEE} WHERE id = ANY($1::uuid[])", list(ids))
    return {row["id"]: _employee(row) for row in rows}


async def watermark(reader: Reader) -> tuple[datetime | None, bool]:
    """Up to when every state has surely arrived here, and whether each partition has been read to its end once.

    While one has not been, nothing is sure: what is missing may lie in it.
    """
    row = await reader.fetchrow(_WATERMARK)
    return (row["up_to"], bool(row["whole"])) if row else (None, False)


def _customer(row: asyncpg.Record) -> DirectoryCustomer:
    values = dict(row)
    return DirectoryCustomer(**{**values, "emails": tuple(values["emails"]), "phones": tuple(values["phones"])})


def _unit(row: asyncpg.Record) -> Unit:
    return Unit(**dict(row))


def _employee(row: asyncpg.Record) -> Employee:
    return Employee(**dict(row))
