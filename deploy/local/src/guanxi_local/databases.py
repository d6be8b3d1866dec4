"""Databases and roles: in each database an owner for migrations and a runtime role that handles rows only."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import asyncpg

from guanxi_local.database_server import SUPERUSER, DatabaseServer
from guanxi_local.roles import owner_role, runtime_role

_RUNTIME_SETTINGS = {
    "statement_timeout": "3s",
    "lock_timeout": "1s",
    "idle_in_transaction_session_timeout": "5s",
    "transaction_timeout": "10s",
}
_OWNER_SETTINGS = {"lock_timeout": "5s"}
_ROLES_LOCK = 0x726F6C65  # "role"


@asynccontextmanager
async def superuser(postgres: DatabaseServer, database: str = "postgres") -> AsyncIterator[asyncpg.Connection]:
    """Connect as superuser for the length of the block."""
    connection = await asyncpg.connect(postgres.url(database, SUPERUSER))
    try:
        yield connection
    finally:
        await connection.close()


async def ensure_databases(postgres: DatabaseServer, names: Iterable[str], suffix: str = "") -> None:
    """Make the databases and roles of all services, or finish what an interrupted run left half done."""
    wanted = list(names)
    async with superuser(postgres) as connection:
        for name in wanted:
            await ensure_roles(postgres, connection, name)
            if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name + suffix):
                await create_database(connection, name + suffix, roles_of=name)
    await asyncio.gather(*(grant(postgres, name + suffix, roles_of=name) for name in wanted))


async def ensure_roles(postgres: DatabaseServer, connection: asyncpg.Connection, service_database: str) -> None:
    """Make the two roles of a service with their passwords and time-outs."""
    owner, runtime = owner_role(service_database), runtime_role(service_database)
    async with connection.transaction():
        # Roles belong to the whole server, and several platforms of a test session begin at once.
        await connection.execute("SELECT pg_advisory_xact_lock($1)", _ROLES_LOCK)
        for role, settings in ((owner, _OWNER_SETTINGS), (runtime, _RUNTIME_SETTINGS)):
            if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role):
                await connection.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{postgres.password(role)}'")
            for setting, value in settings.items():
                await connection.execute(f"ALTER ROLE {role} SET {setting} = '{value}'")


async def create_database(
    connection: asyncpg.Connection, name: str, *, roles_of: str, template: str = "template0"
) -> None:
    """Make a database that belongs to a service's owner role, empty or as a copy of another."""
    await connection.execute(f"CREATE DATABASE {name} OWNER {owner_role(roles_of)} TEMPLATE {template}")
    await _admit(connection, name, roles_of)


async def _admit(connection: asyncpg.Connection, name: str, roles_of: str) -> None:
    await connection.execute(f"REVOKE ALL ON DATABASE {name} FROM PUBLIC")
    # Temporary tables are where a rebuild fills its copy.
    await connection.execute(f"GRANT CONNECT, TEMPORARY ON DATABASE {name} TO {runtime_role(roles_of)}")


async def grant(postgres: DatabaseServer, name: str, *, roles_of: str) -> None:
    """Give the schema to the owner role, and to the runtime role the rows of every table that will ever be in it.

    Done at each start: a creation that was interrupted may have left a database open to everybody.
    """
    owner, runtime = owner_role(roles_of), runtime_role(roles_of)
    defaults = f"ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public"
    async with superuser(postgres, name) as connection:
        await _admit(connection, name, roles_of)
        await connection.execute(f"ALTER SCHEMA public OWNER TO {owner}")
        await connection.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
        await connection.execute(f"GRANT USAGE ON SCHEMA public TO {runtime}")
        await connection.execute(f"{defaults} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {runtime}")
        await connection.execute(f"{defaults} GRANT USAGE, SELECT ON SEQUENCES TO {runtime}")
        await _close_versions(connection, runtime)


async def _close_versions(connection: asyncpg.Connection, runtime: str) -> None:
    """Leave the table of the migrations to the owner: the runtime role only reads which was the last."""
    if await connection.fetchval("SELECT to_regclass('public.alembic_version')"):
        await connection.execute(f"REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM {runtime}")


async def close_versions(owner_url: str, roles_of: str) -> None:
    """Close the table that a migration made, as its owner: for those who migrate without the superuser."""
    connection = await asyncpg.connect(owner_url)
    try:
        await _close_versions(connection, runtime_role(roles_of))
    finally:
        await connection.close()


async def migrated_with(postgres: DatabaseServer, name: str) -> str | None:
    """Give the digest under which a database was last migrated; it lives in the database's comment and goes with it."""
    query = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = $1"
    async with superuser(postgres) as connection:
        digest: str | None = await connection.fetchval(query, name)
    return digest


async def mark_migrated(postgres: DatabaseServer, name: str, *, roles_of: str, digest: str) -> None:
    """Remember the digest under which a database was migrated, and close the table that the migration made."""
    async with superuser(postgres, name) as connection:
        await _close_versions(connection, runtime_role(roles_of))
        await connection.execute(f"COMMENT ON DATABASE {name} IS '{digest}'")


async def drop_database(postgres: DatabaseServer, name: str) -> None:
    """Drop a database, ending whatever is still connected to it."""
    async with superuser(postgres) as connection:
        await connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
