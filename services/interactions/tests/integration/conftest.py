"""The interactions service in-process on a migrated database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest_asyncio

from guanxi.testing import Harness, a_customer, open_harness
from guanxi_local import testservers
from guanxi_local.databases import drop_database
from guanxi_local.postgres import Postgres
from guanxi_local.roles import Database
from interactions.app import SERVICE

EMPTY = """
DO $$ DECLARE one text; BEGIN
  FOR one IN SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition
               AND c.relname <> 'alembic_version'
  LOOP EXECUTE 'DELETE FROM ' || one; END LOOP;
END $$
"""
MakeCustomer = Callable[..., Awaitable[UUID]]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def database(postgres: Postgres) -> AsyncIterator[Database]:
    """One migrated database for all tests: emptying it costs a tenth of what a new one costs."""
    made = await testservers.copy_of(postgres, "interactions")
    yield made
    await drop_database(postgres, made.name)


@pytest_asyncio.fixture(loop_scope="session")
async def service(database: Database) -> AsyncIterator[Harness]:
    async with open_harness(SERVICE, database.runtime_url) as harness:
        yield harness
    owner = await asyncpg.connect(database.owner_url)
    await owner.execute(EMPTY)
    await owner.close()


@pytest_asyncio.fixture(loop_scope="session")
async def staff(service: Harness) -> httpx.AsyncClient:
    """A caller of the head office."""
    return service.caller()


@pytest_asyncio.fixture(loop_scope="session")
async def dealer(service: Harness) -> httpx.AsyncClient:
    """A caller of an external unit."""
    return service.caller(unit="dealer-17", scope="interactions:read interactions:write", subject="dealer")


@pytest_asyncio.fixture(loop_scope="session")
async def customer(service: Harness) -> MakeCustomer:
    """How to make a customer known: with its id as the answer, and values of its state as arguments."""

    async def make(**values: Any) -> UUID:
        state = a_customer(**values)
        await service.know(state)
        return state.aggregateid

    return make
