"""The service in-process on a real database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest_asyncio
from complaints.app import SERVICE
from guanxi.testing import Harness, open_harness
from guanxi_local.roles import Database

ServiceDatabase = Callable[[str], Awaitable[Database]]


@pytest_asyncio.fixture(loop_scope="session")
async def service(service_database: ServiceDatabase) -> AsyncIterator[Harness]:
    database = await service_database("complaints")
    async with open_harness(SERVICE, database.runtime_url) as harness:
        yield harness
