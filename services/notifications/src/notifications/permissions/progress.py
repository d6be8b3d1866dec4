"""Up to when all that customers reported is surely in the ledger: the half second of permissions.

A permission and the complaint that asks for it come by different topics. Before anybody is told that there is no
permission, the reader of reports must have passed everything that was committed before.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from datetime import datetime

import asyncpg
import structlog

from guanxi import directory
from guanxi.bus import offsets
from guanxi.bus.ports import BrokerError, Ends, Place
from guanxi.db import Pool

LOOK_SECONDS = 1.0
NEW_GOAL_SECONDS = 30.0
"""A goal that is not reached for so long is set anew: the broker's log may not be the same any more."""

log = structlog.get_logger(__name__)


class Progress:
    """How far one consumer is, in the time of the owner of what it reads."""

    def __init__(self, ends: Ends, consumer: str, topics: Collection[str]) -> None:
        self._ends, self._consumer, self._topics = ends, consumer, topics
        self._goal: tuple[datetime, Mapping[Place, int]] | None = None
        self._set_at = 0.0
        self.up_to: datetime | None = None
        """What was committed before this moment has been read; None while nobody knows."""

    async def run(self, pool: Pool) -> None:
        """Look for ever."""
        try:
            while True:
                try:
                    await self.look(pool)
                except (BrokerError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
                    log.warning("permissions.progress_unknown", error=repr(error))
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            await self._ends.stop()

    async def look(self, pool: Pool) -> None:
        """Ask where the topics end, once what was committed lies before, and wait until the consumer has come there."""
        now = asyncio.get_running_loop().time()
        if self._goal is None or now - self._set_at > NEW_GOAL_SECONDS:
            self._goal, self._set_at = await self._new_goal(pool), now
        if self._goal is None:
            return
        moment, ends = self._goal
        async with pool.read() as reader:
            positions = await offsets.read(reader, self._consumer)
        if all(end == 0 or (place in positions and positions[place].next_offset >= end) for place, end in ends.items()):
            self.up_to, self._goal = moment, None

    async def _new_goal(self, pool: Pool) -> tuple[datetime, Mapping[Place, int]] | None:
        async with pool.read() as reader:
            relayed_up_to, _ = await directory.watermark(reader)
        if relayed_up_to is None:
            return None
        ends = await self._ends.of(self._topics)
        return (relayed_up_to, ends) if ends else None
