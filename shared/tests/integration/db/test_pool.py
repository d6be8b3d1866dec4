"""A pool that is used up: whoever finds no connection is told so, and the work itself is not blamed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

import pytest

from guanxi.db import ErrorClass, classify, open_database
from guanxi_local.roles import Database

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_without_a_free_connection_the_database_is_away_and_the_message_is_not_bad(
    service_database: Callable[[str], Awaitable[Database]],
) -> None:
    database = await open_database((await service_database("scoring")).runtime_url, application="test")
    try:
        async with AsyncExitStack() as stack:
            for _ in range(2):
                await stack.enter_async_context(database.relay.read())
            for way in (database.relay.read, database.relay.begin, database.relay.single):
                with pytest.raises(ConnectionError, match="no free connection") as refused:
                    await stack.enter_async_context(way())
                assert classify(refused.value) is ErrorClass.DOWN
        async with database.relay.begin() as tx:
            assert await tx.fetchval("SELECT 1") == 1
        assert database.relay.size() == (2, 2)
    finally:
        await database.close()
