"""The interactions service in-process on a migrated database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID

import httpx
import pytest_asyncio

from guanxi.testing import Harness, a_customer, open_harness
from guanxi_local.pytest_plugin import ServiceDatabase
from interactions.app import SERVICE

MakeCustomer = Callable[..., Awaitable[UUID]]


@pytest_asyncio.fixture(loop_scope="session")
async def service(service_database: ServiceDatabase) -> AsyncIterator[Harness]:
    database = await service_database("interactions")
    async with open_harness(SERVICE, database.runtime_url) as harness:
        yield harness


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
