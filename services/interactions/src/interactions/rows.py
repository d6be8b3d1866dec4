"""Writing many rows of one table in one statement, and reading them back as the dataclasses they came from.

Column names are those of the dataclass; PostgreSQL takes the rows as one JSON argument and the types from the table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

import asyncpg
import sqlalchemy as sa

from guanxi.db import Tx, as_row
from interactions.record import Kept

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T", bound="DataclassInstance")
R = TypeVar("R", bound=Kept)
_UNCHANGING = frozenset({"id", "version"})


async def write(
    tx: Tx,
    table: sa.Table,
    items: Sequence[DataclassInstance],
    returning: str = "",
    keep: tuple[str, ...] = (),
) -> list[asyncpg.Record]:
    """Insert or replace rows in order of their ids; each replaced row's version goes up by one.

    Gives `id` and `version` of each row, and what `returning` adds (`old.` names the row before). A row that is
    replaced keeps its own values in the columns `keep`.
    """
    if not items:
        return []
    statement = _upsert(table, type(items[0]), returning, keep, bump=True)
    return await tx.fetch(statement, [as_row(item) for item in items])


async def put(tx: Tx, table: sa.Table, items: Sequence[DataclassInstance]) -> None:
    """Insert or replace rows as they are, version included: for rows whose lock is held."""
    if items:
        await tx.execute(_upsert(table, type(items[0]), bump=False), [as_row(item) for item in items])


def columns(table: sa.Table, kind: type[DataclassInstance]) -> list[sa.Column[Any]]:
    """The columns of a table that a dataclass has, in its order."""
    return [table.c[name] for name in _names(kind)]


def read(kind: type[T], row: Mapping[str, Any] | asyncpg.Record) -> T:
    """The dataclass of a row that was selected by `columns`."""
    return kind(**dict(row))


def as_written(items: Sequence[R], written: Sequence[asyncpg.Record]) -> list[R]:
    """Items with the versions that `write` gave them; nearly all are new, and have theirs."""
    versions = {row["id"]: row["version"] for row in written}
    return [one if one.version == versions[one.id] else replace(one, version=versions[one.id]) for one in items]


def names(kind: type[DataclassInstance]) -> tuple[str, ...]:
    """The columns that a dataclass has, in its order."""
    return _names(kind)


@lru_cache(maxsize=64)
def _names(kind: type[DataclassInstance]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


@lru_cache(maxsize=64)
def _upsert(
    table: sa.Table,
    kind: type[DataclassInstance],
    returning: str = "",
    keep: tuple[str, ...] = (),
    *,
    bump: bool,
) -> str:
    names = [name for name in _names(kind) if name in table.c and not (bump and name == "version")]
    into = ", ".join(f'"{name}"' for name in names)
    changes = [f'"{name}" = excluded."{name}"' for name in names if name not in _UNCHANGING and name not in keep]
    changes.append("version = t.version + 1" if bump else "version = excluded.version")
    more = f", {returning}" if returning else ""
    return (
        f"INSERT INTO {table.name} AS t ({into}) "
        f"SELECT {into} FROM jsonb_populate_recordset(NULL::{table.name}, $1::jsonb) ORDER BY id "
        f"ON CONFLICT (id) DO UPDATE SET {', '.join(changes)} RETURNING new.id, new.version{more}"
    )
