"""What must be true of the database before a service starts: durable, current and not run as its owner."""

from __future__ import annotations

from pathlib import Path

from alembic.script import ScriptDirectory

from guanxi.db._pool import Reader

_FLOOR = 180000


class DatabaseUnfitError(RuntimeError):
    """The database is not fit to keep what we would acknowledge; the message is one line for the operator."""


async def check_database(reader: Reader, migrations: Path) -> None:
    """Raise `DatabaseUnfitError` unless writes are durable, the role is an ordinary one and migrations are at head."""
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
    await _check_head(reader, migrations)


async def _check_head(reader: Reader, migrations: Path) -> None:
    heads = set(ScriptDirectory(str(migrations)).get_heads())
    known = await reader.fetchval("SELECT to_regclass('alembic_version') IS NOT NULL")
    current = (
        {r["version_num"] for r in await reader.fetch("SELECT version_num FROM alembic_version")} if known else set()
    )
    if heads != current:
        message = f"migrations are at {sorted(current) or 'nothing'}, this release needs {sorted(heads)}: run `migrate`"
        raise DatabaseUnfitError(message)
