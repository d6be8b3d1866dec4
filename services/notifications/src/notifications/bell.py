"""Waking a loop of this process when there is work for it; whoever misses the ring finds the work at the next look."""

from __future__ import annotations

import asyncio
import contextlib
import weakref
from collections.abc import Iterator


class Bell:
    """Rings for everyone who listens. Each listener has an event of its own, so a slow one takes nobody's."""

    def __init__(self) -> None:
        self._listeners: weakref.WeakSet[asyncio.Event] = weakref.WeakSet()

    def ring(self) -> None:
        """Wake all listeners; safe to call when there are none."""
        for listener in self._listeners:
            listener.set()

    @contextlib.contextmanager
    def listen(self) -> Iterator[asyncio.Event]:
        """Be woken as long as the block lasts."""
        event = asyncio.Event()
        self._listeners.add(event)
        try:
            yield event
        finally:
            self._listeners.discard(event)


async def wait(event: asyncio.Event, seconds: float) -> None:
    """Until the bell rings, but no longer than this."""
    # Not `wait_for`: it swallows a cancellation that comes together with the bell, and its loop would never end.
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
    event.clear()


MESSAGES = Bell()
ALERTS = Bell()
FEEDS = Bell()
