"""One service on a real database, a real SMTP server, and customers to write to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest_asyncio

from guanxi.testing.harness import Harness
from guanxi_local.pytest_plugin import ServiceHarness
from notifications.app import SERVICE

OpenHarness = Callable[..., Awaitable[Harness]]


@pytest_asyncio.fixture(loop_scope="session")
async def open_service(service_harness: ServiceHarness) -> OpenHarness:
    """Make services on fresh databases, with settings of the test's choice."""

    async def make(**settings: Any) -> Harness:
        return await service_harness(SERVICE, **{"quiet_hours": "off", **settings})

    return make


@pytest_asyncio.fixture(loop_scope="session")
async def service(open_service: OpenHarness) -> Harness:
    """The service without a mail server."""
    return await open_service()
