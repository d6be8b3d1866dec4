"""The relay: publishes what the outbox points to, in order, once it is sure of the broker's word.

It claims pointers (never a cursor "greater than the last", which would skip a slow transaction for ever), holds no
transaction while the network works, and forgets a pointer only after the acknowledgement of all in-sync replicas. A
crash in between publishes twice; consumers let each event in once. And it remembers where each event lies: a broker
that has lost its tail is told again.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import structlog
from aiokafka.errors import MessageSizeTooLargeError

from guanxi.bus.acknowledging import acknowledged_prefix, behind, believed
from guanxi.bus.lease import Lease, Leases, Pointer
from guanxi.bus.losses import Losses
from guanxi.bus.ports import Ack, BrokerError, Contents, Headers, Producer
from guanxi.crash import reached
from guanxi.ports import Clock
from guanxi.telemetry import RELAY_BATCH_SECONDS, RELAY_EVENTS, RELAY_TOO_LARGE

BATCH = 500
log = structlog.get_logger(__name__)

Heartbeat = Callable[[Producer, datetime], Awaitable[None]]
"""Publishes that everything committed before a moment has been relayed."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How long things may take and how often they are done, in seconds."""

    busy: float = 0.02
    idle: float = 0.2
    warm: float = 1.0
    """How long after the last event it looks as often as when busy: nobody may be there to wake it."""
    failed: float = 1.0
    produce: float = 10.0
    check: float = 1.0
    echo: float = 12.0
    """Longer than a predecessor that has lost its lock can still be sending: then records are compared once more, and
    what it may have put behind newer states of a compacted topic is said once more, in order."""


@dataclass(frozen=True, slots=True)
class Means:
    """What a relay works with."""

    lease: Callable[[], Leases]
    make_producer: Callable[[], Producer]
    contents: Contents
    clock: Clock
    topic_prefix: str = ""
    state_words: Collection[str] = ()
    """The topics, without prefix, that carry whole state and are compacted."""


class Relay:
    """Publishes one database's outbox; only the holder of the lease works."""

    def __init__(self, means: Means, heartbeat: Heartbeat | None = None, pace: Pace | None = None) -> None:
        self._means, self._heartbeat, self._pace = means, heartbeat, pace or Pace()
        self._woken = asyncio.Event()
        self._losses = Losses(means.contents, means.topic_prefix, means.state_words)
        self._too_large: set[UUID] = set()
        self._checked_at = self._moved_at = 0.0
        self._echo_at: float | None = None
        self.active = False

    def wake(self) -> None:
        """Look at the outbox now (called after a commit of this process)."""
        self._woken.set()

    async def run(self) -> None:
        """Work until cancelled; whatever fails is tried again, nothing is given up."""
        try:
            while True:
                try:
                    async with self._means.lease() as held:
                        if held is not None:
                            await self._hold(held)
                except (BrokerError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                    log.warning("relay.interrupted", error=repr(error))
                await asyncio.sleep(self._pace.failed)
        finally:
            await self._means.contents.stop()

    async def _hold(self, lease: Lease) -> None:
        producer = self._means.make_producer()
        clean = False
        try:
            await producer.start()
            await self._losses.begin(lease)
            self._echo_at = _now() + self._pace.echo
            self.active = True
            while lease.alive:
                await self._round(lease, producer)
        except asyncio.CancelledError:
            clean = True
            raise
        finally:
            self.active = False
            # What still waits in a broken client must not come after what the next one sends.
            with contextlib.suppress(BrokerError, OSError):
                async with asyncio.timeout(self._pace.produce / 2):
                    await (producer.stop() if clean else producer.abort())

    async def _round(self, lease: Lease, producer: Producer) -> None:
        self._woken.clear()
        began, put_back = self._means.clock.now(), self._losses.put_back
        moved = await self.publish_batch(lease, producer)
        now = _now()
        if moved:
            self._moved_at = now
        if now - self._checked_at >= self._pace.check and moved < BATCH:
            self._checked_at = now
            await self._losses.check_ends(lease)
            if put_back == self._losses.put_back:
                await self._beat(producer, began)
            await self._say_again(lease)
        if not moved and put_back == self._losses.put_back:
            await self._rest(self._pace.busy if now - self._moved_at < self._pace.warm else self._pace.idle)

    async def publish_batch(self, lease: Lease, producer: Producer) -> int:
        """Publish one batch; gives how many events there were, less those that wait behind one that is too large.

        Raises the first broker error, after what was acknowledged has been noted: the producer is then built anew.
        That an event is too large is no such error: nobody else waits for it.
        """
        started = time.perf_counter()
        claimed = await lease.claim(BATCH)
        if not claimed:
            return 0
        reached("relay.after_claim")
        acks = await self._send(producer, claimed)
        reached("relay.after_produce")
        self._losses.note([ack for ack in acks if isinstance(ack, Ack)])
        lost = await self._losses.tell_again(lease)
        acks = behind(lost, believed(claimed, acks))
        await self._acknowledge(lease, claimed, acks)
        reached("relay.after_acknowledge")
        RELAY_BATCH_SECONDS.observe(time.perf_counter() - started)
        errors = [ack for ack in acks if isinstance(ack, BaseException)]
        others = [error for error in errors if not isinstance(error, MessageSizeTooLargeError)]
        if others:
            raise others[0]
        return len(claimed) - len(errors)

    async def _send(self, producer: Producer, claimed: Sequence[Pointer]) -> list[Ack | BaseException]:
        async with asyncio.timeout(self._pace.produce):
            return await asyncio.gather(*await self._queue(producer, claimed), return_exceptions=True)

    async def _queue(self, producer: Producer, claimed: Sequence[Pointer]) -> list[Awaitable[Ack]]:
        waiting: list[Awaitable[Ack]] = []
        blocked: dict[tuple[str, str], MessageSizeTooLargeError] = {}
        for pointer in claimed:
            if before := blocked.get((pointer.topic, pointer.key)):
                waiting.append(_failed(before))  # sent, it would be sent with each batch again
                continue
            headers = (("ce_type", pointer.type.encode()), ("ce_id", str(pointer.event_id).encode()))
            key, body = pointer.key.encode(), pointer.body.encode()
            try:
                waiting.append(await producer.send(self._topic(pointer.topic), body, key, headers))
            except MessageSizeTooLargeError as error:
                blocked[pointer.topic, pointer.key] = error
                waiting.append(_failed(error))  # blocks its key alone
                self._tell_of(pointer)
        return waiting

    def _tell_of(self, large: Pointer) -> None:
        if large.event_id not in self._too_large:
            self._too_large.add(large.event_id)
            log.error("relay.too_large", type=large.type, event_id=str(large.event_id), bytes=len(large.body))
            RELAY_TOO_LARGE.inc()

    async def _acknowledge(self, lease: Lease, claimed: Sequence[Pointer], acks: Sequence[Ack | BaseException]) -> None:
        done, batches = acknowledged_prefix(claimed, acks)
        if done:
            await lease.acknowledge(done, batches)
            RELAY_EVENTS.inc(len(done))

    async def _beat(self, producer: Producer, up_to: datetime) -> None:
        if self._heartbeat is None:
            return
        noted = _Noted(producer)
        async with asyncio.timeout(self._pace.produce):
            await self._heartbeat(noted, up_to)
        self._losses.note(noted.acks)

    async def _say_again(self, lease: Lease) -> None:
        if self._echo_at is None or _now() < self._echo_at:
            return
        self._echo_at = None
        await self._losses.check_records(lease)
        topics = [self._topic(word) for word in self._means.state_words]
        await lease.again(topics, timedelta(seconds=2 * self._pace.echo))

    def _topic(self, word: str) -> str:
        return f"{self._means.topic_prefix}guanxi.{word}"

    async def _rest(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()


class _Noted:
    """A producer whose acknowledgements are kept."""

    def __init__(self, producer: Producer) -> None:
        self._producer = producer
        self.acks: list[Ack] = []
        self.start, self.stop, self.abort = producer.start, producer.stop, producer.abort
        self.partitions = producer.partitions

    async def send(
        self, topic: str, value: bytes, key: bytes, headers: Headers, partition: int | None = None
    ) -> Awaitable[Ack]:
        """Queue a message, and note where it comes to lie."""
        return self._seen(await self._producer.send(topic, value, key, headers, partition))

    async def _seen(self, waiting: Awaitable[Ack]) -> Ack:
        ack = await waiting
        self.acks.append(ack)
        return ack


async def _failed(error: BaseException) -> Ack:
    raise error


def _now() -> float:
    return asyncio.get_running_loop().time()
