"""The migrations make exactly the tables that the code declares."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from customer_profile.app import SERVICE
from guanxi.db import schema_differences

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_migrations_and_declared_tables_agree(service_database: Callable[[str], Awaitable[Any]]) -> None:
    made = await service_database("customer-profile")
    assert await schema_differences(made.owner_url, SERVICE.metadata) == []
