"""Writing a read model anew: its handlers fill an empty copy from the owners' logs, then the real rows are put right.

The copy reads the topic to which the owners send their logs, and the live topics from where they ended before the
owners were asked: together that is everything. When all owners have ended, the consumer is kept waiting for a moment,
the copy reads up to where it is, and the rows that differ are written, in one transaction. Whoever reads the tables
sees the old rows or the new ones. ADR 0018.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import asyncpg
import structlog

from guanxi.bus import gate, offsets, shadow
from guanxi.bus import rebuild_rows as rows
from guanxi.bus.applier import FactApplier
from guanxi.bus.consumer import ConsumerRunner, Pace
from guanxi.bus.copying import CopyStore
from guanxi.bus.ports import Ends, Place, Reader
from guanxi.bus.rebuild_rows import Rebuild
from guanxi.bus.shadow import Difference
from guanxi.db import Alone, Pool, Tx, under_lock
from guanxi.events import OWNERS, Consumer, ReadModel

KEPT_HOURS = 72
LOCK = 0x72656275  # "rebu": one rebuild a database at a time
_LOOK_S = 0.3
_CATCH_UP_S = 5.0
_ON_ITS_WAY_S = 1.0
"""What an owner had in its log, and so in the copy, has come over its live topic too by then."""
_PACE = Pace(batch=60.0, event=60.0)

log = structlog.get_logger(__name__)


class _LaterError(Exception):
    """The copy did not catch up while the consumer waited: let it go on, and try again."""


class _UndoError(Exception):
    """What differs is known, and was only to be looked at."""


def sources(consumer: Consumer) -> dict[str, list[str]]:
    """Which services' logs a rebuild of this consumer needs, and which types of them."""
    found: dict[str, list[str]] = {}
    for fact in consumer.handlers:
        found.setdefault(OWNERS[fact.TOPIC], []).append(fact.TYPE)
    return {owner: sorted(types) for owner, types in sorted(found.items())}


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What a rebuild works with."""

    service: str
    pool: Pool
    open_alone: Callable[[], Awaitable[Alone]]
    make_reader: Callable[[str, Sequence[str]], Reader]
    make_ends: Callable[[], Ends]
    make_topic: Callable[[str], Awaitable[None]]
    delete_topic: Callable[[str], Awaitable[None]]
    topic_prefix: str


class Rebuilder:
    """Works off what is asked for, one rebuild a database at a time; after a crash it begins with a new copy."""

    def __init__(self, means: Means, consumers: Sequence[Consumer]) -> None:
        self._means = means
        self._consumers = {one.name: one for one in consumers if one.read_model is not None}
        self._deleted: set[str] = set()

    async def run_open(self) -> None:
        """Do the oldest rebuild that is open, if there is one and nobody else is at it; else tidy up behind others."""
        async with self._means.pool.read() as reader:
            asked = await rows.next_rebuild(reader)
        if asked is None:
            await self._tidy_up()
            return
        async with under_lock(self._means.open_alone, LOCK) as alone:
            if alone is not None:
                await self._do(asked, alone)

    async def _do(self, asked: Rebuild, alone: Alone) -> None:
        consumer = self._consumers.get(asked.consumer)
        if consumer is None or consumer.read_model is None:
            await self._end(asked, "failed", f"this release has no read model {asked.consumer}")
        elif datetime.now(UTC) - asked.asked_at > timedelta(hours=KEPT_HOURS):
            await self._end(asked, "failed", f"the owners did not send their logs within {KEPT_HOURS} hours")
        else:
            await self._means.make_topic(asked.topic)
            begun = await self._begin(asked, consumer)
            if not await self._fill(begun, consumer, consumer.read_model, alone):
                return
        await self._delete(asked.topic)

    async def _tidy_up(self) -> None:
        # Of those that were cancelled while no worker ran, or whose worker died behind its last word.
        since = datetime.now(UTC) - timedelta(hours=KEPT_HOURS)
        async with self._means.pool.read() as reader:
            ended = await rows.topics_of_ended(reader, since)
        for topic in ended:
            await self._delete(topic)

    async def _delete(self, topic: str) -> None:
        if topic not in self._deleted:
            await self._means.delete_topic(topic)
            self._deleted.add(topic)

    async def _end(self, asked: Rebuild, status: rows.RebuildStatus, reason: str) -> None:
        async with self._means.pool.begin() as tx:
            await rows.end(tx, asked.id, status, reason)

    async def _begin(self, asked: Rebuild, consumer: Consumer) -> Rebuild:
        if asked.status == "filling":
            return asked
        ends_of = self._means.make_ends()
        try:
            ends = await ends_of.of(self._topics(consumer))
        finally:
            await ends_of.stop()
        async with self._means.pool.begin() as tx:
            await rows.fill(tx, asked.id, ends)
        async with self._means.pool.read() as reader:
            return await rows.rebuild(reader, asked.id) or asked

    def _topics(self, consumer: Consumer) -> list[str]:
        return [f"{self._means.topic_prefix}guanxi.{word}" for word in consumer.topics]

    async def _fill(self, begun: Rebuild, consumer: Consumer, model: ReadModel, alone: Alone) -> bool:
        """Fill the copy and put the rows right; False when it has to be begun again."""
        async with alone.begin() as tx:
            await shadow.open_copies(tx, model)
        handlers = {fact: model.instead.get(fact, handler) for fact, handler in consumer.handlers.items()}
        copying = replace(consumer, name=f"{consumer.name}.copy", handlers=handlers, read_model=None)
        store = CopyStore(alone, FactApplier(copying), begun.places())
        group = f"{self._means.topic_prefix}{self._means.service}.{consumer.name}.rebuild-{begun.id}"
        topics = [begun.topic, *self._topics(consumer)]
        runner = ConsumerRunner(copying.name, store, lambda: self._means.make_reader(group, topics), pace=_PACE)
        reading = asyncio.create_task(runner.run(), name=f"copy {consumer.name}")
        try:
            return await self._follow(begun, consumer, store, alone)
        finally:
            runner.end()
            await asyncio.wait([reading], timeout=_CATCH_UP_S)
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    async def _follow(self, begun: Rebuild, consumer: Consumer, store: CopyStore, alone: Alone) -> bool:
        owners = list(sources(consumer))
        complete_at: float | None = None
        while not alone.lost:
            await asyncio.sleep(_LOOK_S)
            heard = store.ended(owners)
            async with self._means.pool.begin() as tx:
                if not await rows.progress(tx, begun.id, store.applied, store.skipped, heard):
                    return True
            if complete_at is None and len(heard) == len(owners):
                complete_at = time.monotonic()
            if complete_at is not None and time.monotonic() - complete_at > _ON_ITS_WAY_S:
                with contextlib.suppress(_LaterError, asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError):
                    await self._swap(begun, consumer, store, alone)
                    return True
                if store.spoilt:
                    return False
        return False

    async def _wait_for_the_consumer(self, consumer: Consumer, store: CopyStore) -> None:
        """What the copy has read and the consumer has not would pass for rows that are missing."""
        deadline = time.monotonic() + _CATCH_UP_S
        while time.monotonic() < deadline:
            async with self._means.pool.read() as reader:
                live = await offsets.read(reader, consumer.group)
            if all(live[place].next_offset >= at.next_offset for place, at in store.at.items() if place in live):
                return
            await asyncio.sleep(0.05)
        raise _LaterError

    async def _swap(self, begun: Rebuild, consumer: Consumer, store: CopyStore, alone: Alone) -> None:
        """Let the consumer come to where the copy is, keep it waiting, read up to it, and put right what differs."""
        async with store.lock:
            await self._wait_for_the_consumer(consumer, store)
            await self._put_right_at_rest(begun, consumer, store, alone)

    async def _put_right_at_rest(self, begun: Rebuild, consumer: Consumer, store: CopyStore, alone: Alone) -> None:
        model = consumer.read_model
        assert model is not None  # noqa: S101 - `_do` has looked
        async with alone.begin() as tx:
            if not await rows.hold(tx, begun.id):
                return
            started = time.monotonic()
            await gate.close(tx, consumer.name)
            live = await offsets.read(tx, consumer.group)
            # An earlier release may have read other topics: how far it was there is still on record.
            read = {place: position.next_offset for place, position in live.items() if place in store.at}
            await self._catch_up(store, tx, read)
            found = await self._compare(begun, store, tx, model)
            held_ms = round((time.monotonic() - started) * 1000)
            await rows.finish(tx, begun.id, found, held_ms)
        log.info("rebuild.done", consumer=consumer.name, changed=found.changed, held_ms=held_ms)

    async def _compare(self, begun: Rebuild, store: CopyStore, tx: Tx, model: ReadModel) -> Difference:
        store.gone = True
        try:
            return await (_only_look(tx, model) if begun.check_only else _put_right(tx, model))
        except Exception:
            store.gone = False
            raise

    async def _catch_up(self, store: CopyStore, tx: Tx, live: Mapping[Place, int]) -> None:
        store.work_inside(tx, live)
        store.lock.release()
        try:
            async with asyncio.timeout(_CATCH_UP_S):
                while not store.has_reached(live):  # noqa: ASYNC110 - it is told by the store's own steps
                    await asyncio.sleep(0.01)
        except TimeoutError as error:
            raise _LaterError from error
        finally:
            await store.lock.acquire()
            store.work_inside(None)


async def _put_right(tx: Tx, model: ReadModel) -> Difference:
    if model.cleanse:
        await model.cleanse(tx)
    found = await shadow.put_right(tx, model)
    await shadow.drop_copies(tx, model)
    # Whoever was erased meanwhile: now the names mean the real tables.
    if model.cleanse:
        await model.cleanse(tx)
    if model.changed and found.customers:
        await model.changed(tx, sorted(found.customers))
    return found


async def _only_look(tx: Tx, model: ReadModel) -> Difference:
    found = Difference()
    with contextlib.suppress(_UndoError):
        async with tx.savepoint():
            found = await _put_right(tx, model)
            raise _UndoError
    return found
