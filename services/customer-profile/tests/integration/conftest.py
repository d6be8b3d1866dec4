"""The service in-process on a migrated database of its own."""

from __future__ import annotations

import httpx
import pytest
import pytest_asyncio

from customer_profile.app import SERVICE
from guanxi.db import Database
from guanxi.testing import Harness
from guanxi_local.pytest_plugin import ServiceHarness


@pytest_asyncio.fixture(loop_scope="session")
async def harness(service_harness: ServiceHarness) -> Harness:
    return await service_harness(SERVICE)


@pytest.fixture
def database(harness: Harness) -> Database:
    return harness.database


@pytest.fixture
def office(harness: Harness) -> httpx.AsyncClient:
    return harness.caller()
