"""The consumer: per poll one transaction over all assigned partitions; the broker is told of it once a second.

When the transaction fails it is narrowed, by partition and then by event, until the poison stands alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

import structlog

from guanxi.bus import deadletters, offsets
from guanxi.bus.applier import Applier
from guanxi.bus.deadletters import Failure
from guanxi.bus.errors import ErrorClass, classify
from guanxi.bus.kafka import BrokerError, LostOwnershipError, OnAssigned, Place, Reader, Record
from guanxi.bus.offsets import Position
from guanxi.db import Pool
from guanxi.telemetry import CONSUMER_LAG_RECORDS, CONSUMER_LAG_SECONDS, DEAD_LETTERS

POLL_SECONDS = 0.5
COMMIT_SECONDS = 1.0
BATCH_SECONDS = 8.0
EVENT_SECONDS = 6.0
ATTEMPTS = 3
DOWN_SECONDS = 1.0

log = structlog.get_logger(__name__)

MakeReader = Callable[[OnAssigned], Reader]


class _DownError(Exception):
    """What we depend on is away: go back to where the database says we are, and wait."""


class ConsumerRunner:
    """Runs one consumer of one service until it is cancelled."""

    def __init__(
        self, group: str, applier: Applier, pool: Pool, make_reader: MakeReader, *, latest: bool = False
    ) -> None:
        self.group, self._applier, self._pool, self._make_reader = group, applier, pool, make_reader
        self._latest = latest
        self._next: dict[Place, int] = {}
        self._expected: dict[Place, tuple[int, str]] = {}
        self._misplaced: BaseException | None = None
        self._untold: set[Place] = set()
        self._told_at = 0.0
        self._reader: Reader | None = None
        self.progress_at = time.monotonic()

    async def run(self) -> None:
        """Read until cancelled; a broken reader is built anew."""
        while True:
            try:
                await self._session()
            except (BrokerError, OSError, TimeoutError) as error:
                log.warning("consumer.interrupted", consumer=self.group, error=repr(error))
            await asyncio.sleep(DOWN_SECONDS * random.uniform(0.5, 1.0))  # noqa: S311 - jitter

    async def _session(self) -> None:
        reader = self._reader = self._make_reader(self._on_assigned)
        self._next, self._expected, self._misplaced = {}, {}, None
        self._untold = set()
        await reader.start()
        try:
            while True:
                await self.step(reader)
        finally:
            self._reader = None
            with contextlib.suppress(BrokerError, OSError, TimeoutError):
                await asyncio.wait_for(asyncio.shield(reader.stop()), 5)

    async def step(self, reader: Reader) -> None:
        """One poll and all that follows from it."""
        batches = await reader.poll(POLL_SECONDS)
        if self._misplaced is not None:
            raise TimeoutError(repr(self._misplaced))
        wanted = {place: await self._unread(reader, place, records) for place, records in batches.items()}
        work = {place: records for place, records in wanted.items() if records}
        if not work:
            await self._tell(reader)
            self._measure(reader, {})
            return
        try:
            await self._work(work)
        except _DownError as error:
            log.warning("consumer.waits", consumer=self.group, error=str(error))
            for place, records in work.items():
                reader.seek(place, self._next.get(place, records[0].offset))
            await asyncio.sleep(DOWN_SECONDS)
            return
        self.progress_at = time.monotonic()
        self._untold |= work.keys()
        await self._tell(reader)
        self._measure(reader, work)

    async def _tell(self, reader: Reader) -> None:
        # What counts is in our database. The broker's tools may see us a second late: a commit is a round trip and a
        # write at the broker, and once a poll it costs as much as the events of a short one.
        now = time.monotonic()
        if not self._untold or now - self._told_at < COMMIT_SECONDS:
            return
        self._told_at, untold, self._untold = now, self._untold, set()
        with contextlib.suppress(*LostOwnershipError):
            await reader.commit({place: self._next[place] for place in untold if place in self._next})

    async def _work(self, work: Mapping[Place, Sequence[Record]]) -> None:
        everything = [record for records in work.values() for record in records]
        if await self._attempt(everything, BATCH_SECONDS) is None:
            return
        for records in work.values():
            if len(work) > 1 and await self._attempt(records, BATCH_SECONDS) is None:
                continue
            for record in records:
                error = await self._attempt([record], EVENT_SECONDS)
                if error is not None:
                    await self._bury(record, error)

    async def _attempt(self, records: Sequence[Record], seconds: float) -> BaseException | None:
        """Apply these in one transaction. None when it worked, else what is wrong with them."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                async with asyncio.timeout(seconds) as limit:
                    await self._apply(records)
            except Exception as error:
                if limit.expired() and (len(records) > 1 or attempt == ATTEMPTS):
                    return TimeoutError(f"the handler did not end within {seconds:.0f} s")
                if limit.expired():
                    continue  # a machine that is slow for a moment is no poison: alone it gets all its attempts
                found = classify(error)
                if found is ErrorClass.POISON:
                    return error
                if found is ErrorClass.DOWN or attempt == ATTEMPTS:
                    raise _DownError(repr(error)) from error
                await asyncio.sleep(0.05 * 2**attempt * random.uniform(0.5, 1.5))  # noqa: S311 - jitter
            else:
                return None
        return None

    async def _apply(self, records: Sequence[Record]) -> None:
        positions = {r.place: Position(r.offset + 1, r.header("ce_id")) for r in records}
        async with self._pool.begin() as tx:
            failures = await self._applier.apply(tx, records)
            if failures:
                await deadletters.bury(tx, self.group, failures)
            await offsets.store(tx, self.group, positions)
        self._done(positions, len(failures))

    async def _bury(self, record: Record, error: BaseException) -> None:
        position = {record.place: Position(record.offset + 1, record.header("ce_id"))}
        failure = Failure(record, error, deadletters.readable(record))
        log.error("consumer.dead_letter", consumer=self.group, reason=failure.reason, offset=record.offset)
        try:
            async with self._pool.begin() as tx:
                await deadletters.bury(tx, self.group, [failure])
                await offsets.store(tx, self.group, position)
        except Exception as down:
            raise _DownError(repr(down)) from down
        self._done(position, 1)

    def _done(self, positions: Mapping[Place, Position], buried: int) -> None:
        self._next.update({place: position.next_offset for place, position in positions.items()})
        if buried:
            DEAD_LETTERS.labels(self.group).inc(buried)

    async def _on_assigned(self, places: frozenset[Place]) -> None:
        try:
            await self._place(places)
        except Exception as error:  # noqa: BLE001 - aiokafka swallows it: the next step raises it instead
            self._misplaced = error

    async def _place(self, places: frozenset[Place]) -> None:
        reader = self._reader
        if reader is None:
            return
        async with self._pool.read() as database:
            known = await offsets.read(database, self.group)
            born = await offsets.born_at(database, self.group) if self._latest else None
        for place in places:
            first, end = await reader.bounds(place)
            position = known.get(place)
            if position is not None and position.next_offset > end:
                await self._start_over(reader, place, first, "the broker's log ends before our position")
            elif position is not None:
                self._go_on(reader, place, position, first)
            else:
                reader.seek(place, await self._newcomer(reader, place, born, first, end))

    def _go_on(self, reader: Reader, place: Place, position: Position, first: int) -> None:
        # One record is read again, only to see that the log is still the one we read.
        before = position.next_offset - 1
        self._next[place] = position.next_offset
        if position.last_event_id is not None and before >= first:
            self._expected[place] = (before, position.last_event_id)
            reader.seek(place, before)
        else:
            reader.seek(place, max(position.next_offset, first))

    async def _newcomer(self, reader: Reader, place: Place, born: datetime | None, first: int, end: int) -> int:
        if not self._latest:
            return first
        if born is None:
            return end
        found = await reader.offset_at(place, int(born.timestamp() * 1000))
        return end if found is None else found

    async def _unread(self, reader: Reader, place: Place, records: Sequence[Record]) -> Sequence[Record]:
        expected = self._expected.pop(place, None)
        if expected is None or not records:
            return records
        offset, event_id = expected
        if records[0].offset != offset:
            return records
        if records[0].header("ce_id") != event_id:
            first, _ = await reader.bounds(place)
            await self._start_over(reader, place, first, "the broker's log holds another event at our position")
            return ()
        return records[1:]

    async def _start_over(self, reader: Reader, place: Place, first: int, why: str) -> None:
        log.error("consumer.rewinds", consumer=self.group, topic=place.topic, partition=place.partition, why=why)
        async with self._pool.begin() as tx:
            await offsets.forget(tx, self.group, place)
        self._next.pop(place, None)
        reader.seek(place, first)

    def lag(self) -> int:
        """Records of our partitions that are not applied yet, as last seen."""
        return sum(self.behind(place) or 0 for place in self.assigned())

    def behind(self, place: Place) -> int | None:
        """Records of one partition that are not applied yet; None where it is not ours."""
        return self._behind(self._reader, place) if self._reader and place in self._next else None

    def assigned(self) -> frozenset[Place]:
        """The partitions that are ours now."""
        return self._reader.assigned() if self._reader else frozenset()

    def _behind(self, reader: Reader, place: Place) -> int:
        end = reader.end(place)
        return max(end - self._next[place], 0) if end is not None and place in self._next else 0

    def _measure(self, reader: Reader, work: Mapping[Place, Sequence[Record]]) -> None:
        behind = {place: self._behind(reader, place) for place in work or self._next}
        for place, records in behind.items():
            CONSUMER_LAG_RECORDS.labels(self.group, f"{place.topic}/{place.partition}").set(records)
        newest = max((records[-1].timestamp for records in work.values()), default=0)
        if not any(behind.values()):
            CONSUMER_LAG_SECONDS.labels(self.group).set(0)
        elif newest:
            now = datetime.now(UTC).timestamp()
            CONSUMER_LAG_SECONDS.labels(self.group).set(max(now - newest / 1000, 0))
