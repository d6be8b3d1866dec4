"""The watchdog: a consumer that has lag and makes no progress is built anew, and in the end the process gives up.

The client can stay alive after a broker restart and never read again, without any sign to the outside;
only progress tells.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable

import structlog

from guanxi.bus.consumer import ConsumerRunner

STUCK_SECONDS = 30.0
LOOK_SECONDS = 2.0
REBUILDS = 3

log = structlog.get_logger(__name__)


async def guarded(runner: ConsumerRunner, give_up: Callable[[str], None], stuck_seconds: float = STUCK_SECONDS) -> None:
    """Run a consumer for ever; after three rebuilds without progress call `give_up`: a supervisor restarts us."""
    rebuilds, seen = 0, runner.progress_at
    while True:
        task = asyncio.create_task(runner.run())
        try:
            await _until_stuck(runner, task, stuck_seconds)
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        rebuilds = 1 if runner.progress_at != seen else rebuilds + 1
        seen = runner.progress_at
        log.error("consumer.stuck", consumer=runner.group, lag=runner.lag(), rebuilds=rebuilds)
        if rebuilds >= REBUILDS:
            give_up(f"{runner.group}: no progress after {rebuilds} rebuilds")


async def _until_stuck(runner: ConsumerRunner, task: asyncio.Task[None], stuck_seconds: float) -> None:
    since = time.monotonic()
    while not task.done():
        await asyncio.sleep(LOOK_SECONDS)
        if runner.lag() == 0:
            since = time.monotonic()
        if time.monotonic() - max(since, runner.progress_at) > stuck_seconds:
            return
    task.result()
