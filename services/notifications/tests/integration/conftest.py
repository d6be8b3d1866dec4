"""One service on a real database, a real SMTP server, and customers to write to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest_asyncio

from guanxi.testing.harness import Harness, open_harness
from notifications.app import SERVICE

OpenHarness = Callable[..., Awaitable[Harness]]


@pytest_asyncio.fixture(loop_scope="session")
async def open_service(service_database: Any) -> AsyncIterator[OpenHarness]:
    """Make services on fresh databases, with settings of the test's choice."""
    opened = []

    async def make(**settings: Any) -> Harness:
        database = await service_database("notifications")
        values = {"quiet_hours": "off", **settings}
        context = open_harness(SERVICE, database.runtime_url, settings=values)
        opened.append(context)
        return await context.__aenter__()

    yield make
    for context in reversed(opened):
        await context.__aexit__(None, None, None)


@pytest_asyncio.fixture(loop_scope="session")
async def service(open_service: OpenHarness) -> Harness:
    """The service without a mail server."""
    return await open_service()
