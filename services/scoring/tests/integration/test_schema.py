from __future__ import annotations

import pytest

from guanxi.db import schema_differences
from guanxi_local.pytest_plugin import ServiceDatabase
from scoring.app import SERVICE


@pytest.mark.asyncio
async def test_migrations_make_exactly_the_declared_tables(service_database: ServiceDatabase) -> None:
    database = await service_database("scoring")
    assert await schema_differences(database.owner_url, SERVICE.metadata) == []
