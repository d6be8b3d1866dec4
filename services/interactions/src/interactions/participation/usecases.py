"""Reading the participation report."""

from __future__ import annotations

from guanxi.auth import Principal
from guanxi.db import Pool
from interactions import scope
from interactions.participation import store
from interactions.participation.rules import Participation, Span


async def report(pool: Pool, principal: Principal, span: Span) -> Participation:
    """Who takes part, in all units; 404 for an external one."""
    scope.only_internal(principal, "report")
    async with pool.read() as reader:
        return await store.counted(reader, span)
