"""What must be true of the database before a service starts: durable, its own, current and not run as its owner."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic.script import ScriptDirectory

from guanxi.db._pool import Reader

_FLOOR = 180000


class DatabaseUnfitError(RuntimeError):
    """The database is not fit to keep what we would acknowledge; the message is one line for the operator."""


async def check_database(reader: Reader, migrations: Path, metadata: sa.MetaData) -> None:
    """Raise `DatabaseUnfitError` unless writes are durable, the role is ordinary and the schema is this release's.

    `metadata` has the service's own tables: what no other service has.
    """
    row = await reader.fetchrow(
        """SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS durable,
                  current_setting('server_version_num')::int AS version,
                  (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS super"""
    )
    assert row is not None  # noqa: S101 - a SELECT without FROM always has a row
    if row["fsync"] != "on" or row["durable"] == "off":
        message = "fsync or synchronous_commit is off: an acknowledged write could be lost; turn both on"
        raise DatabaseUnfitError(message)
    if row["version"] < _FLOOR:
        message = f"PostgreSQL 18 or newer is needed, this is {row['version'] // 10000}"
        raise DatabaseUnfitError(message)
    if row["super"]:
        message = "the service's database role is a superuser: give it its own role"
        raise DatabaseUnfitError(message)
    heads, current = set(ScriptDirectory(str(migrations)).get_heads()), await _current(reader)
    await check_owner(reader, metadata)
    if heads != current:
        message = f"migrations are at {sorted(current) or 'nothing'}, this release needs {sorted(heads)}: run `migrate`"
        raise DatabaseUnfitError(message)
    missing = await reader.fetchval(_MISSING, [table.name for table in metadata.tables.values()])
    if missing:
        message = f"table {missing} is missing though its migration was run: restore the whole database"
        raise DatabaseUnfitError(message)


async def check_owner(reader: Reader, metadata: sa.MetaData) -> None:
    """Raise `DatabaseUnfitError` when another service's migrations made this database: to migrate it would spoil it."""
    # Not by the numbers of the migrations: two services have the same ones.
    tables = sorted(table.name for table in metadata.tables.values())
    if await _current(reader) and not await reader.fetchval(_ANY, tables):
        message = f"this is the database of another service: it has no table {tables[0]}"
        raise DatabaseUnfitError(message)


_MISSING = "SELECT min(t) FROM unnest($1::text[]) t WHERE to_regclass(t) IS NULL"
_ANY = "SELECT bool_or(to_regclass(t) IS NOT NULL) FROM unnest($1::text[]) t"


async def _current(reader: Reader) -> set[str]:
    if not await reader.fetchval("SELECT to_regclass('alembic_version') IS NOT NULL"):
        return set()
    return {row["version_num"] for row in await reader.fetch("SELECT version_num FROM alembic_version")}
