"""The service in-process on a migrated database of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest
import pytest_asyncio

from customer_profile.app import SERVICE
from guanxi.db import Database
from guanxi.testing import Harness, open_harness


@pytest_asyncio.fixture(loop_scope="session")
async def harness(service_database: Callable[[str], Awaitable[Any]]) -> AsyncIterator[Harness]:
    made = await service_database("customer-profile")
    async with open_harness(SERVICE, made.runtime_url) as opened:
        yield opened


@pytest.fixture
def database(harness: Harness) -> Database:
    return harness.database


@pytest.fixture
def office(harness: Harness) -> httpx.AsyncClient:
    return harness.caller()
