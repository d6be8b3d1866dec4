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

from guanxi.bus.lease import Batch, Lease, Leases, Pointer
from guanxi.bus.ports import Ack, BrokerError, Contents, Headers, Place, Producer
from guanxi.crash import reached
from guanxi.db import Pool
from guanxi.ports import Clock, id_time
from guanxi.telemetry import OUTBOX_DEPTH, OUTBOX_OLDEST_AGE, RELAY_BATCH_SECONDS, RELAY_EVENTS, RELAY_TOO_LARGE

BATCH = 500
_DEPTH = "SELECT count(*) AS depth, (SELECT event_id FROM outbox ORDER BY seq LIMIT 1) AS oldest FROM outbox"

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
        self._high: dict[Place, int] = {}
        self._suspect: set[Place] = set()
        self._too_large: set[UUID] = set()
        self._put_back = 0
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
            # Before anything is written behind what was lost.
            await self._check_records(lease)
            self._high = {place: mark.offset for place, mark in (await lease.marks()).items()}
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
        began, put_back = self._means.clock.now(), self._put_back
        moved = await self.publish_batch(lease, producer)
        now = _now()
        if moved:
            self._moved_at = now
        if now - self._checked_at >= self._pace.check and moved < BATCH:
            self._checked_at = now
            await self._check_ends(lease)
            if put_back == self._put_back:
                await self._beat(producer, began)
            await self._say_again(lease)
        if not moved and put_back == self._put_back:
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
        self._note([ack for ack in acks if isinstance(ack, Ack)])
        lost = await self._tell_again(lease)
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
        self._note(noted.acks)

    def _note(self, acks: Sequence[Ack]) -> None:
        """An acknowledgement at an offset that had been given before: the log has lost what lay there."""
        for ack in acks:
            if ack.offset <= self._high.get(ack.place, -1):
                self._suspect.add(ack.place)
            self._high[ack.place] = ack.offset

    async def _check_ends(self, lease: Lease) -> None:
        """Compare where each partition ends with what was acknowledged."""
        if self._high:
            ends = await self._means.contents.of({place.topic for place in self._high})
            shorter = {place: end for place, end in ends.items() if end <= self._high.get(place, -1)}
            self._suspect.update(shorter)
            self._high.update({place: end - 1 for place, end in shorter.items()})
        await self._tell_again(lease)

    async def _check_records(self, lease: Lease) -> None:
        """Look in every partition whether what lies where the newest batch ended is what was put there."""
        self._suspect.update(await lease.marks())
        await self._tell_again(lease)

    async def _tell_again(self, lease: Lease) -> Collection[Place]:
        """Put back what suspect partitions have lost; gives those that have lost something."""
        if not self._suspect:
            return ()
        lost = await self._lost_from(lease, self._suspect)
        anew = {place for place, offset in lost.items() if offset == 0 and await lease.remembers_from(place) != 0}
        for word in sorted(
            {place.topic.removeprefix(self._topic("")) for place in anew} & set(self._means.state_words)
        ):
            # A topic made anew: what lay there before the batches that are remembered is in the log alone. First, for
            # what tells of it is gone with the batches.
            self._put_back += await lease.whole_state(word)
        for place, offset in lost.items():
            again = await lease.lost_from(place, offset)
            self._put_back += again
            log.error("relay.tail_lost", topic=place.topic, partition=place.partition, offset=offset, again=again)
        self._suspect.clear()
        return lost.keys()

    async def _lost_from(self, lease: Lease, suspect: Collection[Place]) -> dict[Place, int]:
        """From which offset on each of these partitions is another log than the one that was acknowledged.

        Neither its end nor an offset given twice tells: it may have grown again, by messages whose word was lost or by
        a relay that had lost its lock. So batch by batch backwards, in growing steps, until a record is still there.
        """
        ends = await self._means.contents.of({place.topic for place in suspect})
        back, lost, left = 0, dict[Place, int](), {place for place in suspect if place in ends}
        while left:
            marks = {place: mark for place, mark in (await lease.marks(back)).items() if place in left}
            lost.update(dict.fromkeys(left - marks.keys(), 0))
            cut = {place for place, mark in marks.items() if mark.offset >= ends[place]}
            kept = {place: mark for place, mark in marks.items() if place not in cut}
            found = await self._means.contents.records_at({place: mark.offset for place, mark in kept.items()})
            # One that is not there at all was taken by retention or compaction: that says nothing.
            other = {place for place, record in found.items() if not kept[place].is_at(record)}
            if back:
                lost.update({place: mark.offset + 1 for place, mark in kept.items() if place not in other})
            back, left = 2 * back + 1, cut | other
        return lost

    async def _say_again(self, lease: Lease) -> None:
        if self._echo_at is None or _now() < self._echo_at:
            return
        self._echo_at = None
        await self._check_records(lease)
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


def believed(claimed: Sequence[Pointer], acks: Sequence[Ack | BaseException]) -> list[Ack | BaseException]:
    """The word for each message as far as it can be believed: the log may lose its tail while a batch is under way.

    Where an offset is given twice, what came before is gone. Where the word for a message is lost, it may lie in place
    of one that was acknowledged: of the same topic only what came before counts, and the next lease looks at that.
    """
    word = list(acks)
    doubted: set[str] = set()
    lying: dict[Place, list[int]] = {}
    for n, (pointer, ack) in enumerate(zip(claimed, acks, strict=True)):
        if isinstance(ack, MessageSizeTooLargeError):
            continue  # not sent at all
        if isinstance(ack, BaseException):
            doubted.add(pointer.topic)
        elif pointer.topic in doubted:
            word[n] = BrokerError("acknowledged after another whose word was lost")
        else:
            before = lying.setdefault(ack.place, [])
            if before and _offset(acks[before[-1]]) >= ack.offset:
                for lost in before:
                    word[lost] = BrokerError("acknowledged, and then lost with the end of the log")
                before.clear()
            before.append(n)
    return word


def behind(lost: Collection[Place], acks: Sequence[Ack | BaseException]) -> list[Ack | BaseException]:
    """The word for each message; one that came to lie before what is now published again has to come after it."""
    late = BrokerError("acknowledged before something older that was lost")
    return [late if isinstance(ack, Ack) and ack.place in lost else ack for ack in acks]


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
        batch = batches.setdefault(ack.place, Batch(ack.place, ack.offset, ack.offset, ack.timestamp, []))
        batch.last_offset, batch.last_timestamp = ack.offset, ack.timestamp
        batch.event_ids.append(pointer.event_id)
    return done, list(batches.values())


async def measure(pool: Pool) -> None:
    """Set the gauges of depth and oldest age."""
    depth, age = await outbox_depth(pool)
    OUTBOX_DEPTH.set(depth)
    OUTBOX_OLDEST_AGE.set(age.total_seconds())


async def outbox_depth(pool: Pool) -> tuple[int, timedelta]:
    """Pointers not yet published, and the age of the oldest."""
    async with pool.read() as reader:
        row = await reader.fetchrow(_DEPTH)
    oldest = id_time(row["oldest"]) if row and row["oldest"] else None
    age = pool.clock.now() - oldest if oldest else timedelta(0)
    return (int(row["depth"]) if row else 0), max(age, timedelta(0))


def _offset(ack: Ack | BaseException) -> int:
    return ack.offset if isinstance(ack, Ack) else -1


async def _failed(error: BaseException) -> Ack:
    raise error


def _now() -> float:
    return asyncio.get_running_loop().time()
