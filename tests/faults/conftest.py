"""All fault tests work on one platform with servers of its own: each must leave it well."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from guanxi_local.testplatform import TestPlatform
from support.client import Caller, caller
from support.dealer import Dealer, register_dealer
from support.ledger import Ledger
from support.rounds import ROUNDS

_HERE = Path(__file__).parent
_SOAK_TIMEOUT_S = 6 * 3600


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long counts take hours: their time-out is one of a hang."""
    if ROUNDS == "soak":
        for item in items:
            if _HERE in item.path.parents:
                item.add_marker(pytest.mark.timeout(_SOAK_TIMEOUT_S), append=False)


@pytest_asyncio.fixture(loop_scope="session")
async def ground(own_platform: TestPlatform) -> TestPlatform:
    """The platform, ready, whatever the test before has done to it."""
    await asyncio.to_thread(own_platform.wait_ready, seconds=60)
    return own_platform


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
