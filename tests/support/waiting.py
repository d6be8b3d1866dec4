"""Waiting for a condition instead of for a while."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

Problem = str | None
"""What is still wrong, None when nothing is."""


def at_least(enough: int, number: Callable[[], int], what: str) -> Callable[[], Awaitable[Problem]]:
    """Say when there are so many."""

    async def look() -> Problem:
        now = number()
        return None if now >= enough else f"{now} of {enough} {what}"

    return look


async def eventually(look: Callable[[], Awaitable[Problem]], seconds: float, every: float = 0.1) -> float:
    """Look until nothing is wrong any more; gives how many seconds that took, fails with what was wrong at last."""
    began = time.monotonic()
    while (problem := await look()) is not None:
        waited = time.monotonic() - began
        assert waited < seconds, f"after {waited:.1f} s still: {problem}"
        await asyncio.sleep(every)
    return time.monotonic() - began
