from __future__ import annotations

import pytest_asyncio

from guanxi.testing import Harness

from .story import Story


@pytest_asyncio.fixture(loop_scope="session")
async def story(service: Harness) -> Story:
    return Story(service)
