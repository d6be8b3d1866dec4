"""What tests of several folders share."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator

import pytest_asyncio

from guanxi_local.state import reset
from guanxi_local.testplatform import TestPlatform
from guanxi_local.testservers import TestServers


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
