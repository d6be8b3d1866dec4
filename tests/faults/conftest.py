"""One platform with servers of its own for all fault tests: each must leave it well."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from guanxi_local.state import reset
from guanxi_local.testplatform import TestPlatform
from guanxi_local.testservers import TestServers
from support.client import Caller, caller
from support.dealer import Dealer, register_dealer
from support.ledger import Ledger


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def whole_platform(servers: TestServers) -> AsyncIterator[TestPlatform]:
    """A platform on which nobody else works; its start is too dear for one a test."""
    running = TestPlatform(servers.state.root / f"faults-{secrets.token_hex(4)}")
    try:
        await asyncio.to_thread(running.start)
        yield running
    finally:
        await asyncio.to_thread(running.stop)
        reset(running.state)


@pytest_asyncio.fixture(loop_scope="session")
async def ground(whole_platform: TestPlatform) -> TestPlatform:
    """The platform, ready, whatever the test before has done to it."""
    await asyncio.to_thread(whole_platform.wait_ready, seconds=60)
    return whole_platform


@pytest_asyncio.fixture(loop_scope="session")
async def admin(ground: TestPlatform) -> AsyncIterator[Caller]:
    """A head-office administrator at the gateway."""
    async with caller(ground) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def dealer(ground: TestPlatform) -> Dealer:
    """A publisher that only this test knows."""
    return await register_dealer(ground, f"dealer-{secrets.token_hex(3)}")


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """An empty ledger."""
    return Ledger(tmp_path / "ledger.jsonl")
