"""A receiver of a dealer, and the service that may call it."""

from __future__ import annotations

from typing import Any

import pytest_asyncio

from guanxi.testing.harness import Harness

from ..conftest import OpenHarness
from ..receiver import receiver


@pytest_asyncio.fixture(loop_scope="session")
async def dealer() -> Any:
    async with receiver() as one:
        yield one


@pytest_asyncio.fixture(loop_scope="session")
async def service(open_service: OpenHarness) -> Harness:
    return await open_service(webhook_allow_loopback=True)
