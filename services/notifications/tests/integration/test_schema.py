"""The schema that migrations make is the one that the code declares."""

from __future__ import annotations

from typing import Any

import pytest

from guanxi.db import schema_differences
from notifications.app import SERVICE

pytestmark = pytest.mark.asyncio


async def test_migrations_make_exactly_the_declared_tables(service_database: Any) -> None:
    database = await service_database("notifications")
    assert await schema_differences(database.owner_url, SERVICE.metadata) == []
