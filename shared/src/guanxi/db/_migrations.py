"""Migrations by alembic, with lock time-outs, and the tables that every service has.

The platform's own tables (log, outbox, inbox, ...) are plain SQL in `platform/NNNN.sql`; a release never edits a file
that an earlier one shipped, it adds the next.
"""

from __future__ import annotations

import asyncio
from importlib.resources import files
from pathlib import Path
from typing import Any

import asyncpg
import sqlalchemy as sa
from alembic import command, context
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from guanxi.crash import reached


def platform_statements(release: int) -> list[str]:
    """The statements of one file of the platform's tables."""
    text = files("guanxi.db").joinpath(f"platform/{release:04}.sql").read_text()
    return [part.strip() for part in text.split("\n-- ;;\n") if part.strip()]


async def migrate(url: str, migrations: Path) -> None:
    """Bring the database to head. A lock that is not had within 5 s fails the step instead of stopping the traffic."""
    await asyncio.to_thread(command.upgrade, _config(url, migrations), "head")


async def schema_differences(url: str, metadata: sa.MetaData) -> list[Any]:
    """What alembic would still have to change so that the database equals `metadata` (platform tables left out)."""

    def compare(connection: sa.Connection) -> list[Any]:
        options = {"include_name": lambda name, kind, _: kind != "table" or name in metadata.tables}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))

    engine = _engine(url)
    async with engine.connect() as connection:
        found = await connection.run_sync(compare)
    await engine.dispose()
    return found


def run_migrations() -> None:
    """The whole of each service's `migrations/env.py`."""
    asyncio.run(_run(context.config.attributes["url"]))


async def _run(url: str) -> None:
    engine = _engine(url)
    async with engine.connect() as connection:
        await connection.run_sync(_upgrade)
        await connection.commit()
    await engine.dispose()


def _upgrade(connection: sa.Connection) -> None:
    # Two deployers at once: the second waits here, then finds nothing to do.
    connection.execute(sa.text("SELECT pg_advisory_xact_lock(4711)"))
    connection.execute(sa.text("SET LOCAL lock_timeout = '5s'"))
    connection.execute(sa.text("SET LOCAL statement_timeout = '10min'"))
    context.configure(connection=connection, target_metadata=None)
    context.run_migrations()
    reached("migration.before_commit")


def _config(url: str, migrations: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    config.attributes["url"] = url
    return config


def _engine(url: str) -> AsyncEngine:
    # Connected as the pools are: SQLAlchemy reads an address in its own way, without sslmode and several hosts.
    def connect(*_: Any, **__: Any) -> Any:
        return asyncpg.connect(url)

    return create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=NullPool)
