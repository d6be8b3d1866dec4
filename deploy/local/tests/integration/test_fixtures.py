"""The fixtures every other test stands on."""

from __future__ import annotations

import asyncpg
import pytest

from guanxi.bus.topics import topic_names
from guanxi_local.pytest_plugin import MakeTopics
from guanxi_local.roles import Database

pytestmark = pytest.mark.asyncio


async def test_the_runtime_role_reads_and_writes_rows_of_tables_the_owner_makes_later(blank_database: Database) -> None:
    owner = await asyncpg.connect(blank_database.owner_url)
    await owner.execute("CREATE TABLE thing (id bigint GENERATED ALWAYS AS IDENTITY, name text)")
    await owner.close()
    runtime = await asyncpg.connect(blank_database.runtime_url)
    await runtime.execute("INSERT INTO thing (name) VALUES ('a')")
    assert await runtime.fetchval("UPDATE thing SET name = 'b' RETURNING name") == "b"
    assert await runtime.execute("DELETE FROM thing") == "DELETE 1"
    await runtime.close()


@pytest.mark.parametrize(
    "statement", ["CREATE TABLE other (id int)", "DROP TABLE thing", "ALTER TABLE thing ADD x int"]
)
async def test_the_runtime_role_cannot_change_the_schema(blank_database: Database, statement: str) -> None:
    owner = await asyncpg.connect(blank_database.owner_url)
    await owner.execute("CREATE TABLE thing (id bigint)")
    await owner.close()
    runtime = await asyncpg.connect(blank_database.runtime_url)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await runtime.execute(statement)
    await runtime.close()


async def test_the_runtime_role_has_its_time_outs(blank_database: Database) -> None:
    runtime = await asyncpg.connect(blank_database.runtime_url)
    names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "transaction_timeout")
    found = [await runtime.fetchval(f"SHOW {name}") for name in names]
    assert found == ["3s", "1s", "5s", "10s"]
    assert await runtime.fetchval("SHOW fsync") == "on"
    await runtime.close()


async def test_topics_are_made_under_the_workers_prefix(topics: MakeTopics, kafka: str, topic_prefix: str) -> None:
    made = await topics("guanxi.organisation", "guanxi.inbound.nobody-elses")
    assert set(made) <= set(await topic_names(kafka, prefix=topic_prefix))
