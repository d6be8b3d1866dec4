"""Sending our log once more, to the topic of somebody's rebuild.

The log is read by id, a step at a time, and each step is noted when the broker has it: after a crash it goes on there,
and what comes twice is applied once. Behind the last event each partition gets a mark.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import asyncpg
import structlog

from guanxi.bus import rebuild_rows as rows
from guanxi.bus.copying import ENDED
from guanxi.bus.ports import Ack, Ends, Producer
from guanxi.bus.rebuild_rows import Replay
from guanxi.db import Alone, Pool, under_lock

LOCK = 0x72706C79  # "rply": one sender a database
STEP = 1_000
# Ids are made a little before their commit, perhaps by a clock that is ahead of ours: a minute more of them.
_UNTIL = "type = ANY($1::text[]) AND event_id > $2 AND event_id < uuidv7_floor($3::timestamptz + interval '1 minute')"
_COUNT = f"SELECT count(*) FROM event_log WHERE {_UNTIL}"
_READ = f"""
SELECT event_id, type, coalesce(subject, aggregate_id)::text AS key, body::text AS body FROM event_log
WHERE {_UNTIL} ORDER BY event_id LIMIT $4
"""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What a sender works with."""

    service: str
    pool: Pool
    open_alone: Callable[[], Awaitable[Alone]]
    make_producer: Callable[[], Producer]
    make_ends: Callable[[], Ends]


class Replayer:
    """Works off what is asked for, one sending a database at a time."""

    def __init__(self, means: Means) -> None:
        self._means = means

    async def run_open(self) -> None:
        """Do the oldest sending that is open, if there is one and nobody else is at it."""
        async with self._means.pool.read() as reader:
            asked = await rows.next_replay(reader)
        if asked is None:
            return
        async with under_lock(self._means.open_alone, LOCK) as alone:
            if alone is not None:
                await self._do(asked.topic, alone)

    async def _do(self, topic: str, alone: Alone) -> None:
        async with alone.begin() as tx:
            asked = await rows.next_replay(tx)
        if asked is None or asked.topic != topic:
            return
        if not await self._is_there(topic):
            async with alone.begin() as tx:
                await rows.end_replay(tx, asked.id, "failed", "the topic is gone: the rebuild has ended")
            return
        producer = self._means.make_producer()
        await producer.start()
        try:
            await self._send(asked, alone, producer)
        finally:
            await producer.stop()

    async def _is_there(self, topic: str) -> bool:
        ends = self._means.make_ends()
        try:
            return bool(await ends.of([topic]))
        finally:
            await ends.stop()

    async def _send(self, asked: Replay, alone: Alone, producer: Producer) -> None:
        if asked.total is None:
            async with alone.begin() as tx:
                total = await tx.fetchval(_COUNT, list(asked.types), asked.after_id, asked.asked_at)
                await rows.counted(tx, asked.id, total)
        after = asked.after_id
        while step := await self._read(asked, alone, after):
            await _publish(producer, asked.topic, step)
            after = step[-1]["event_id"]
            async with alone.begin() as tx:
                await rows.sent(tx, asked.id, len(step), after)
        await self._mark_end(asked, producer)
        async with alone.begin() as tx:
            await rows.end_replay(tx, asked.id, "done")
        log.info("replay.done", topic=asked.topic)

    async def _read(self, asked: Replay, alone: Alone, after: object) -> Sequence[asyncpg.Record]:
        async with alone.begin() as tx:
            return await tx.fetch(_READ, list(asked.types), after, asked.asked_at, STEP)

    async def _mark_end(self, asked: Replay, producer: Producer) -> None:
        headers = (("ce_type", ENDED.encode()), ("ce_source", self._means.service.encode()))
        partitions = range(await producer.partitions(asked.topic))
        acks = [await producer.send(asked.topic, b"", b"", headers, partition) for partition in partitions]
        await asyncio.gather(*acks)


async def _publish(producer: Producer, topic: str, step: Sequence[asyncpg.Record]) -> None:
    acks: list[Awaitable[Ack]] = []
    for row in step:
        headers = (("ce_type", row["type"].encode()), ("ce_id", str(row["event_id"]).encode()))
        acks.append(await producer.send(topic, row["body"].encode(), row["key"].encode(), headers))
    await asyncio.gather(*acks)
