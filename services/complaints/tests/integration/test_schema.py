from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from complaints.app import SERVICE
from guanxi.db import schema_differences
from guanxi_local.roles import Database


@pytest.mark.asyncio
async def test_migrations_make_exactly_the_declared_tables(
    service_database: Callable[[str], Awaitable[Database]],
) -> None:
    database = await service_database("complaints")
    assert await schema_differences(database.owner_url, SERVICE.metadata) == []
