"""All SQL about publishers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as pg_insert

from customer_profile.sources.rules import Publisher
from customer_profile.sources.tables import source
from guanxi.auth import Principal, visible
from guanxi.db import Reader, Tx, after_key

_PUBLISHER = """
SELECT s.name, s.unit_id, s.allowed_types, s.paused_at, coalesce(u.internal, false) AS internal
FROM source s LEFT JOIN directory_unit u ON u.code = s.unit_id
"""
_LOCKED = f"{_PUBLISHER} WHERE s.name = ANY($1::text[]) ORDER BY s.name FOR NO KEY UPDATE OF s"
_NAMED = f"{_PUBLISHER} WHERE s.name = ANY($1::text[])"
_OF_UNIT = f"{_PUBLISHER} WHERE s.unit_id = $1"
_TAKEN = """
UPDATE source s SET watermark = greatest(s.watermark, x.newest), duplicates = s.duplicates + x.duplicates
FROM unnest($1::text[], $2::timestamptz[], $3::bigint[]) AS x(name, newest, duplicates) WHERE s.name = x.name
"""


async def insert(tx: Tx, values: Mapping[str, Any]) -> asyncpg.Record | None:
    """The new row; None when the name is taken."""
    made = pg_insert(source).values(**values).on_conflict_do_nothing().returning(*source.c)
    return next(iter(await tx.run(made)), None)


async def find(reader: Reader, name: str, principal: Principal, *, lock: bool = False) -> asyncpg.Record | None:
    """One publisher that the caller may see."""
    statement = sa.select(source).where(source.c.name == name, visible(principal, source.c.unit_id))
    return await reader.one(statement.with_for_update(key_share=True) if lock else statement)


async def find_by_id(reader: Reader, source_id: UUID) -> asyncpg.Record | None:
    """One publisher by its id."""
    return await reader.one(sa.select(source).where(source.c.id == source_id))


async def page(reader: Reader, principal: Principal, after: Sequence[Any] | None, limit: int) -> list[asyncpg.Record]:
    """Publishers by name."""
    query = sa.select(source).where(visible(principal, source.c.unit_id))
    return await reader.all(after_key(query, [source.c.name], after, limit))


async def update(tx: Tx, source_id: UUID, changes: Mapping[str, Any]) -> asyncpg.Record:
    """Write what changed of a locked publisher; gives the row."""
    statement = sa.update(source).where(source.c.id == source_id).values(version=source.c.version + 1, **changes)
    (row,) = await tx.run(statement.returning(*source.c))
    return row


async def lock(tx: Tx, names: Iterable[str]) -> dict[str, Publisher]:
    """These publishers, locked in sorted order until the transaction ends: one batch of a source at a time."""
    return {row["name"]: _publisher(row) for row in await tx.fetch(_LOCKED, sorted(set(names)))}


async def lock_every(tx: Tx) -> None:
    """Every publisher, locked in sorted order."""
    await tx.fetch("SELECT name FROM source ORDER BY name FOR NO KEY UPDATE")


async def named(reader: Reader, names: Iterable[str]) -> dict[str, Publisher]:
    """These publishers, unlocked."""
    return {row["name"]: _publisher(row) for row in await reader.fetch(_NAMED, sorted(set(names)))}


async def of_unit(reader: Reader, unit: str) -> dict[str, Publisher]:
    """The publishers of one unit."""
    return {row["name"]: _publisher(row) for row in await reader.fetch(_OF_UNIT, unit)}


async def taken(tx: Tx, newest: Mapping[str, datetime | None], duplicates: Mapping[str, int]) -> None:
    """Move the watermarks on and count repeats."""
    names = sorted(newest)
    await tx.execute(_TAKEN, names, [newest[n] for n in names], [duplicates.get(n, 0) for n in names])


async def creating(reader: Reader) -> list[asyncpg.Record]:
    """Publishers whose topic is still to be made."""
    return await reader.fetch("SELECT id, name, partitions FROM source WHERE status = 'creating' ORDER BY id")


async def mark_ready(tx: Tx, source_id: UUID) -> None:
    """Note that the topic exists."""
    await tx.execute(
        "UPDATE source SET status = 'ready', version = version + 1 WHERE id = $1 AND status = 'creating'", source_id
    )


def _publisher(row: asyncpg.Record) -> Publisher:
    allowed = None if row["allowed_types"] is None else frozenset(row["allowed_types"])
    return Publisher(row["name"], row["unit_id"], row["internal"], allowed, row["paused_at"])
