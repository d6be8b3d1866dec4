"""A migrated database of the service, and the service's own ASGI application on it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest_asyncio
from guanxi.db import Database, open_database


@pytest_asyncio.fixture(loop_scope="session")
async def database(service_database: Callable[[str], Awaitable[object]]) -> AsyncIterator[Database]:
    made = await service_database("customer-profile")
    opened = await open_database(made.runtime_url, application="test")  # type: ignore[attr-defined]
    yield opened
    await opened.close()
