"""The work that goes on by itself: scoring whoever has news, and everybody at midnight."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta
from zoneinfo import ZoneInfo

import structlog

from guanxi.db import ErrorClass, Pool, classify
from guanxi.service import Job, Loop, Runtime
from scoring.scores import usecases
from scoring.settings import Settings

IDLE_SECONDS = 0.2
TRIES = 3
SET_ASIDE = timedelta(minutes=5)
"""How long a customer waits whose facts cannot be made a score of."""
BUSY = timedelta(seconds=10)
"""How long one waits who was always held by somebody else."""

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

    A batch that lost a race is tried again. One that fails all the same is tried in smaller ones, down to the customer
    who spoils it: that one is set aside. Raises when the database is away.
    """
    failed = None
    for _ in range(TRIES):
        try:
            return await usecases.work_off(pool, zone, limit), min(usecases.BATCH, limit * 2)
        except usecases.BatchFailedError as error:
            failed = error
        if not failed.customer_ids or _class_of(failed.__cause__) is not ErrorClass.TRANSIENT:
            break
        await asyncio.sleep(random.uniform(0, IDLE_SECONDS))  # noqa: S311 - jitter
    assert failed is not None  # noqa: S101 - else it has returned
    return await _after(pool, failed, limit)


async def _after(pool: Pool, failed: usecases.BatchFailedError, limit: int) -> tuple[int, int]:
    error = failed.__cause__
    kind = _class_of(error)
    if error is not None and (kind is ErrorClass.DOWN or not failed.customer_ids):
        raise error
    if limit > 1:
        return 0, max(1, limit // 8)
    names = [str(one) for one in failed.customer_ids]
    if kind is ErrorClass.POISON:
        log.error("scoring.failed", customer_ids=names, error=repr(error), exc_info=error)
        await usecases.set_aside(pool, failed.customer_ids, SET_ASIDE)
    else:
        log.warning("scoring.busy", customer_ids=names, error=repr(error))
        await usecases.set_aside(pool, failed.customer_ids, BUSY)
    await asyncio.sleep(IDLE_SECONDS)
    return 0, 1


def _class_of(error: BaseException | None) -> ErrorClass:
    # A statement that ran out of time is ended by whichever clock is first, ours or PostgreSQL's: it says of the batch
    # that it was too much, not of the database that it is away.
    if isinstance(error, (usecases.FamilyMovedError, TimeoutError)):
        return ErrorClass.TRANSIENT
    return ErrorClass.POISON if error is None else classify(error)


async def at_midnight(runtime: Runtime) -> None:
    """Begin the firm's new day, once; a worker that was down begins it when it comes back."""
    settings: Settings = runtime.settings
    await usecases.sweep(runtime.database.consumers, settings.zone)


LOOPS = (Loop("scorer", score_on),)
JOBS = (Job("midnight", timedelta(seconds=20), at_midnight),)
