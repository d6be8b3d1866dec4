"""The work that goes on by itself: scoring whoever has news, and everybody at midnight."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from guanxi.service import Job, Loop, Runtime
from scoring.scores import usecases
from scoring.settings import Settings

IDLE_SECONDS = 0.2


async def score_on(runtime: Runtime) -> None:
    """Score whoever is due, batch after batch; look again five times a second when nobody is."""
    settings: Settings = runtime.settings
    while True:
        if not await usecases.work_off(runtime.database.consumers, settings.zone):
            await asyncio.sleep(IDLE_SECONDS)


async def at_midnight(runtime: Runtime) -> None:
    """Begin the firm's new day, once; a worker that was down begins it when it comes back."""
    settings: Settings = runtime.settings
    await usecases.sweep(runtime.database.consumers, settings.zone)


LOOPS = (Loop("scorer", score_on),)
JOBS = (Job("midnight", timedelta(seconds=20), at_midnight),)
