"""All attacks go to one platform: the session's, which other tests use as well and which must not notice."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from attacks.ground import Ground, prepared
from guanxi_local.testplatform import TestPlatform

_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what lies here."""
    for item in items:
        if _HERE in item.path.parents:
            item.add_marker(pytest.mark.attacks)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def door(platform: TestPlatform) -> AsyncIterator[httpx.AsyncClient]:
    """The gateway, to one without a token."""
    async with httpx.AsyncClient(base_url=platform.gateway, timeout=30, trust_env=False) as client:
        yield client


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def admin(platform: TestPlatform) -> AsyncIterator[httpx.AsyncClient]:
    """The gateway, to a head-office administrator."""
    headers = {"Authorization": f"Bearer {platform.token()}"}
    async with httpx.AsyncClient(base_url=platform.gateway, headers=headers, timeout=30, trust_env=False) as client:
        yield client


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def ground(platform: TestPlatform) -> AsyncIterator[Ground]:
    """Three callers, and what belongs to the first of them."""
    async with prepared(platform) as made:
        yield made
