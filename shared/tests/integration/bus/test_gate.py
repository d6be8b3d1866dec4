"""The gate of a read model on a real PostgreSQL: whoever waits for a rebuild is told that it is one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from guanxi.bus import gate
from guanxi.db import ErrorClass, classify, open_database

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_closed_gate_is_told_from_any_other_lock(service_database: Callable[[str], Awaitable[Any]]) -> None:
    database = await open_database((await service_database("scoring")).runtime_url, application="test")
    try:
        async with database.relay.begin() as rebuild:
            await gate.close(rebuild, "levels")
            with pytest.raises(gate.ClosedError, match="lock timeout") as refused:
                async with database.consumers.begin() as tx:
                    await gate.pass_through(tx, "levels")
            async with database.consumers.begin() as tx:
                await gate.pass_through(tx, "another")
        assert classify(refused.value) is ErrorClass.TRANSIENT
        async with database.consumers.begin() as tx:
            await gate.pass_through(tx, "levels")
    finally:
        await database.close()
