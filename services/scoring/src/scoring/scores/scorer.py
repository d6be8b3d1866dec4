"""The work that goes on by itself: scoring whoever has news, and everybody at midnight."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from zoneinfo import ZoneInfo

import asyncpg
import structlog

from guanxi.db import Pool
from guanxi.service import Job, Loop, Runtime
from scoring.scores import usecases
from scoring.settings import Settings

IDLE_SECONDS = 0.2

log = structlog.get_logger(__name__)


async def score_on(runtime: Runtime) -> None:
    """Score whoever is due, batch after batch; look again five times a second when nobody is."""
    settings: Settings = runtime.settings
    limit = usecases.BATCH
    while True:
        done, limit = await score_some(runtime.database.consumers, settings.zone, limit)
        if not done and limit == usecases.BATCH:
            await asyncio.sleep(IDLE_SECONDS)


async def score_some(pool: Pool, zone: ZoneInfo, limit: int) -> tuple[int, int]:
    """Score up to `limit` customers; gives how many, and the limit of the next batch.

    A batch that fails is tried again in smaller ones, down to the one customer who spoils it: that one is set aside.
    """
    try:
        return await usecases.work_off(pool, zone, limit), min(usecases.BATCH, limit * 2)
    except (asyncpg.PostgresConnectionError, asyncpg.InterfaceError, OSError):
        raise
    except Exception as error:
        if limit > 1:
            return 0, max(1, limit // 8)
        log.exception("scoring.failed", customer_id=str(await usecases.set_aside(pool)), error=repr(error))
        await asyncio.sleep(IDLE_SECONDS)
        return 0, 1


async def at_midnight(runtime: Runtime) -> None:
    """Begin the firm's new day, once; a worker that was down begins it when it comes back."""
    settings: Settings = runtime.settings
    await usecases.sweep(runtime.database.consumers, settings.zone)


LOOPS = (Loop("scorer", score_on),)
JOBS = (Job("midnight", timedelta(seconds=20), at_midnight),)
