"""The relay: publishes what the outbox points to, in order, once it is sure of the broker's word.

It claims pointers (never a cursor "greater than the last", which would skip a slow transaction for ever), holds no
transaction while the network works, and deletes a pointer only after the acknowledgement of all in-sync replicas. A
crash in between publishes twice; consumers let each event in once.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import structlog

from guanxi.bus.kafka import Ack, BrokerError, Place, Producer
from guanxi.db import Pool
from guanxi.ports import id_time
from guanxi.telemetry import OUTBOX_DEPTH, OUTBOX_OLDEST_AGE, RELAY_BATCH_SECONDS

BATCH = 500
BUSY_SECONDS = 0.02
IDLE_SECONDS = 0.2
FAILED_SECONDS = 1.0
LOCK = 0x6775616E  # "guan": one active relay a database

_CLAIM = """
SELECT o.seq, l.event_id, l.topic, l.type, coalesce(l.subject, l.aggregate_id) AS key, l.body::text AS body
FROM (SELECT seq, event_id FROM outbox ORDER BY seq LIMIT $1) o JOIN event_log l USING (event_id)
ORDER BY o.seq
"""
_ACKNOWLEDGE = "DELETE FROM outbox WHERE seq = ANY($1::bigint[])"
_REMEMBER = (
    "INSERT INTO relay_batch (topic, partition, first_offset, last_offset, event_ids) VALUES ($1, $2, $3, $4, $5)"
)
_DEPTH = "SELECT count(*) AS depth, (SELECT event_id FROM outbox ORDER BY seq LIMIT 1) AS oldest FROM outbox"

log = structlog.get_logger(__name__)

Heartbeat = Callable[[Producer, datetime], Awaitable[None]]
"""Publishes that everything committed before a moment has been relayed."""


@dataclass(frozen=True, slots=True)
class Pointer:
    """One event to publish."""

    seq: int
    event_id: UUID
    topic: str
    type: str
    key: str
    body: str


class Relay:
    """Publishes one database's outbox; only the holder of the advisory lock works."""

    def __init__(
        self,
        pool: Pool,
        make_producer: Callable[[], Producer],
        database_url: str,
        topic_prefix: str,
        heartbeat: Heartbeat | None = None,
    ) -> None:
        self._pool, self._make_producer, self._url, self._prefix = pool, make_producer, database_url, topic_prefix
        self._heartbeat = heartbeat
        self._woken = asyncio.Event()
        self._beat_at = 0.0
        self.active = False

    def wake(self) -> None:
        """Look at the outbox now (called after a commit of this process)."""
        self._woken.set()

    async def run(self) -> None:
        """Work until cancelled; whatever fails is tried again, nothing is given up."""
        while True:
            try:
                async with _only_one(self._url) as held:
                    if held is None:
                        await asyncio.sleep(FAILED_SECONDS)
                        continue
                    await self._hold(held)
            except (BrokerError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
                log.warning("relay.interrupted", error=repr(error))
            finally:
                self.active = False
            await asyncio.sleep(FAILED_SECONDS)

    async def _hold(self, lock: asyncpg.Connection) -> None:
        producer = self._make_producer()
        await producer.start()
        self.active = True
        try:
            while not lock.is_closed():
                self._woken.clear()
                began = self._pool.clock.now()
                moved, complete = await self.publish_batch(producer)
                if complete and moved < BATCH:
                    await self._beat(producer, began)
                if moved == 0:
                    await self._rest(IDLE_SECONDS if complete else BUSY_SECONDS)
        finally:
            self.active = False
            with contextlib.suppress(BrokerError, OSError, TimeoutError):
                await asyncio.wait_for(producer.stop(), 5)

    async def publish_batch(self, producer: Producer) -> tuple[int, bool]:
        """Publish one batch; gives how many were acknowledged and whether all claimed ones were.

        Raises the first broker error when nothing could be sent at all: the producer is then built anew.
        """
        started = time.perf_counter()
        claimed = await self._claim()
        if not claimed:
            return 0, True
        acks = await self._send(producer, claimed)
        await self._acknowledge(claimed, acks)
        RELAY_BATCH_SECONDS.observe(time.perf_counter() - started)
        errors = [ack for ack in acks if isinstance(ack, BaseException)]
        if errors:
            raise errors[0]
        return len(claimed), True

    async def _claim(self) -> list[Pointer]:
        async with self._pool.read() as reader:
            rows = await reader.fetch(_CLAIM, BATCH)
        return [Pointer(r["seq"], r["event_id"], r["topic"], r["type"], str(r["key"]), r["body"]) for r in rows]

    async def _send(self, producer: Producer, claimed: Sequence[Pointer]) -> list[Ack | BaseException]:
        waiting: list[Awaitable[Ack]] = []
        for pointer in claimed:
            headers = (("ce_type", pointer.type.encode()), ("ce_id", str(pointer.event_id).encode()))
            topic = f"{self._prefix}guanxi.{pointer.topic}"
            waiting.append(await producer.send(topic, pointer.body.encode(), pointer.key.encode(), headers))
        return list(await asyncio.gather(*waiting, return_exceptions=True))

    async def _acknowledge(self, claimed: Sequence[Pointer], acks: Sequence[Ack | BaseException]) -> None:
        done, batches = acknowledged_prefix(claimed, acks)
        if not done:
            return
        async with self._pool.begin() as tx:
            await tx.execute(_ACKNOWLEDGE, [pointer.seq for pointer in done])
            await tx.executemany(_REMEMBER, [batch.row() for batch in batches])

    async def _beat(self, producer: Producer, up_to: datetime) -> None:
        if self._heartbeat is None or time.monotonic() - self._beat_at < 1:
            return
        await self._heartbeat(producer, up_to)
        self._beat_at = time.monotonic()

    async def _rest(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._woken.wait(), seconds)

    async def measure(self) -> None:
        """Set the gauges of depth and oldest age."""
        depth, age = await outbox_depth(self._pool)
        OUTBOX_DEPTH.set(depth)
        OUTBOX_OLDEST_AGE.set(age.total_seconds())


async def outbox_depth(pool: Pool) -> tuple[int, timedelta]:
    """Pointers not yet published, and the age of the oldest."""
    async with pool.read() as reader:
        row = await reader.fetchrow(_DEPTH)
    oldest = id_time(row["oldest"]) if row and row["oldest"] else None
    age = pool.clock.now() - oldest if oldest else timedelta(0)
    return (int(row["depth"]) if row else 0), max(age, timedelta(0))


@dataclass(slots=True)
class Batch:
    """What went to one partition: a row of `relay_batch`."""

    place: Place
    first_offset: int
    last_offset: int
    event_ids: list[UUID]

    def row(self) -> tuple[str, int, int, int, list[UUID]]:
        """Its columns in order."""
        return self.place.topic, self.place.partition, self.first_offset, self.last_offset, self.event_ids


def acknowledged_prefix(
    claimed: Sequence[Pointer], acks: Sequence[Ack | BaseException]
) -> tuple[list[Pointer], list[Batch]]:
    """What may be forgotten: per key only what comes before its first failure, so that order per key survives."""
    failed: set[tuple[str, str]] = set()
    done: list[Pointer] = []
    batches: dict[Place, Batch] = {}
    for pointer, ack in zip(claimed, acks, strict=True):
        if isinstance(ack, BaseException) or (pointer.topic, pointer.key) in failed:
            failed.add((pointer.topic, pointer.key))
            continue
        done.append(pointer)
        batch = batches.setdefault(ack.place, Batch(ack.place, ack.offset, ack.offset, []))
        batch.first_offset = min(batch.first_offset, ack.offset)
        batch.last_offset = max(batch.last_offset, ack.offset)
        batch.event_ids.append(pointer.event_id)
    return done, list(batches.values())


@contextlib.asynccontextmanager
async def _only_one(url: str) -> AsyncIterator[asyncpg.Connection | None]:
    """A connection of its own that holds the relay's advisory lock; None when another relay has it."""
    connection = await asyncpg.connect(
        url, timeout=2, command_timeout=3, server_settings={"application_name": "relay-lock"}
    )
    try:
        held = await connection.fetchval("SELECT pg_try_advisory_lock($1)", LOCK)
        yield connection if held else None
    finally:
        with contextlib.suppress(OSError, TimeoutError, asyncpg.InterfaceError, asyncpg.PostgresError):
            await connection.close(timeout=2)
