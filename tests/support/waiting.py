"""Waiting for a condition instead of for a while."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

Problem = str | None
"""What is still wrong, None when nothing is."""


async def eventually(look: Callable[[], Awaitable[Problem]], seconds: float, every: float = 0.1) -> float:
    """Look until nothing is wrong any more; gives how many seconds that took, fails with what was wrong at last."""
    began = time.monotonic()
    while (problem := await look()) is not None:
        waited = time.monotonic() - began
        assert waited < seconds, f"after {waited:.1f} s still: {problem}"
        await asyncio.sleep(every)
    return time.monotonic() - began
