"""Fresh databases of services, as copies of a migrated template."""

from __future__ import annotations

import asyncpg
import pytest

from guanxi_local.postgres import Postgres
from guanxi_local.pytest_plugin import ServiceDatabase

pytestmark = pytest.mark.asyncio


async def test_a_copy_is_migrated_and_its_runtime_role_can_work_in_it(service_database: ServiceDatabase) -> None:
    database = await service_database("complaints")
    runtime = await asyncpg.connect(database.runtime_url)
    assert await runtime.fetchval("SELECT count(*) FROM alembic_version") >= 1
    tables = await runtime.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    question = "SELECT has_table_privilege($1, 'INSERT')"
    rights = {row["tablename"]: await runtime.fetchval(question, row["tablename"]) for row in tables}
    # Which migration was the last is the owner's to say.
    assert not rights.pop("alembic_version")
    assert rights
    assert all(rights.values())
    await runtime.close()


async def test_two_copies_do_not_see_each_other(service_database: ServiceDatabase) -> None:
    first, second = await service_database("complaints"), await service_database("complaints")
    connection = await asyncpg.connect(first.owner_url)
    await connection.execute("CREATE TABLE only_here (id int)")
    await connection.close()
    other = await asyncpg.connect(second.owner_url)
    assert await other.fetchval("SELECT to_regclass('only_here')") is None
    await other.close()


async def test_a_service_cannot_enter_anothers_database(service_database: ServiceDatabase, postgres: Postgres) -> None:
    complaints = await service_database("complaints")
    await service_database("scoring")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(postgres.url(complaints.name, "scoring_app"))
