"""The work that goes on by itself: rehearsing what was drafted, outside any transaction."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import structlog

from guanxi.db import ErrorClass, Pool, classify
from guanxi.service import Job, Runtime
from scoring.rehearsals import usecases

log = structlog.get_logger(__name__)


RETRY_SECONDS = 60.0


async def rehearse(runtime: Runtime) -> None:
    """Rehearse whatever was drafted; after a failure the next look is a while later."""
    if await rehearse_all(runtime.database.consumers):
        await asyncio.sleep(RETRY_SECONDS)


async def rehearse_all(pool: Pool) -> int:
    """Rehearse each draft to its end; gives how many failed, which hold up no other and are tried again next time."""
    failed = 0
    for rehearsal_id in await usecases.drafts(pool):
        try:
            await _to_its_end(pool, rehearsal_id)
        except Exception as error:
            if classify(error) is ErrorClass.DOWN:
                raise
            log.exception("rehearsal.failed", rehearsal_id=str(rehearsal_id))
            failed += 1
    return failed


async def _to_its_end(pool: Pool, rehearsal_id: UUID) -> None:
    limit = usecases.CHUNK
    while True:
        try:
            if not await usecases.rehearse_some(pool, rehearsal_id, limit):
                return
            limit = min(usecases.CHUNK, limit * 2)
        except Exception as error:
            # A statement over customers with very many facts may take too long: fewer at a time.
            if limit == 1 or classify(error) is ErrorClass.DOWN:
                raise
            limit = max(1, limit // 8)


JOBS = (Job("rehearsals", timedelta(seconds=1), rehearse),)
