"""One service on a real database, a real SMTP server, and customers to write to."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import pytest_asyncio

from guanxi.events.directory import Watermark
from guanxi.testing.builders import an_event
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


async def until_waiting(service: Harness) -> None:
    """Return as soon as somebody waits for a lock in the service's database."""
    sql = """SELECT count(*) FROM pg_stat_activity
             WHERE datname = current_database() AND wait_event_type = 'Lock'"""
    async with asyncio.timeout(10):
        while True:
            async with service.database.api.read() as reader:
                if await reader.fetchval(sql):
                    return
            await asyncio.sleep(0.01)


async def caught_up(service: Harness) -> datetime:
    """Let every consumer have read everything that is older than this moment; gives it."""
    now = service.clock.now()
    mark = Watermark(partition=0, partitions=1, relayed_up_to=now)
    await service.know(an_event(mark, sequence=int(now.timestamp() * 1000)))
    return now
