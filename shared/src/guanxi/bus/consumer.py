"""The consumer: per poll one transaction over all assigned partitions; the broker is told of it once a second.

When the transaction fails it is narrowed, by partition and then by event, until the poison stands alone. Where it goes
on is what its own database says (`placing`); what the broker's group remembers is for the broker's tools.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import structlog

from guanxi.bus import gate
from guanxi.bus.offsets import Position
from guanxi.bus.placing import Placing
from guanxi.bus.ports import Assignment, BrokerError, LostOwnershipError, Place, Reader, Record
from guanxi.bus.store import ConsumerStore
from guanxi.crash import reached
from guanxi.db import ErrorClass, classify
from guanxi.telemetry import DEAD_LETTERS, set_correlation_id

log = structlog.get_logger(__name__)

MakeReader = Callable[[], Reader]


@dataclass(frozen=True, slots=True)
class Pace:
    """How long things may take, in seconds. The worst way of one record through all of them is under 30 s."""

    poll: float = 0.5
    keep: float = 0.1
    """How often it is written down what was passed and not applied."""
    commit: float = 1.0
    batch: float = 6.0
    event: float = 4.0
    attempts: int = 3
    again: float = 0.05
    wait: float = 0.2
    down: float = 1.0
    broker: float = 5.0


class _DownError(Exception):
    """What we depend on is away: go back to where the database says we are, and wait."""


class _BusyError(Exception):
    """Somebody else holds what this record needs: its partition waits, the others go on."""


class ConsumerRunner:
    """Runs one consumer of one service until it is cancelled."""

    def __init__(  # noqa: PLR0913 - keyword-only
        self,
        group: str,
        store: ConsumerStore,
        make_reader: MakeReader,
        *,
        latest: bool = False,
        pace: Pace | None = None,
        dice: random.Random | None = None,
    ) -> None:
        self.group, self._store, self._make_reader = group, store, make_reader
        self._placing = Placing(group, store, latest=latest)
        self._pace, self._dice = pace or Pace(), dice or random.Random()  # noqa: S311 - jitter
        self._reader: Reader | None = None
        self.ending = False
        self._untold: set[Place] = set()
        self._told_at = self._kept_at = 0.0
        self.progress_at = 0.0
        """When it last came to a verdict about a record, by the event loop's clock."""
        self.kept_out_at: float | None = None
        """When it last found its gate closed: a rebuild ends of its own will, and the consumer waits for that."""
        self.narrowing_since: float | None = None
        """When it began to narrow down a failure, while it does."""
        self.applied_at: dict[Place, int] = {}
        """The broker's time of the newest record applied, in milliseconds, by partition."""

    async def run(self) -> None:
        """Read until told to end, or cancelled; whatever breaks, the reader is built anew."""
        while not self.ending:
            try:
                await self._session()
            except (BrokerError, OSError) as error:
                log.warning("consumer.interrupted", consumer=self.group, error=repr(error))
            except Exception:
                log.exception("consumer.broken", consumer=self.group)
            if not self.ending:
                await asyncio.sleep(self._jitter(self._pace.down))

    def end(self) -> None:
        """End after the step at hand: what is in work is finished, the group is left."""
        self.ending = True

    async def _session(self) -> None:
        reader = self._reader = self._make_reader()
        self._placing.forget()
        self._untold = set()
        self.progress_at = _now()
        await reader.start()
        try:
            while not self.ending:
                await self.step(reader)
            self._kept_at = self._told_at = 0.0
            await self._keep()
            await self._tell(reader)
        finally:
            self._reader, self.narrowing_since = None, None
            with contextlib.suppress(BrokerError, OSError):
                async with asyncio.timeout(self._pace.broker):
                    await asyncio.shield(reader.stop())

    async def step(self, reader: Reader) -> None:
        """One poll and all that follows from it."""
        try:
            await self._placing.follow(reader)
            await self._placing.pass_over(reader)
            batches = await reader.poll(self._pace.keep if self._store.unkept else self._pace.poll)
            work = await self._placing.unread(reader, batches)
        except LostOwnershipError:
            # Dealt out anew while we were at it. What was polled is not applied: everything is placed again.
            self._placing.forget()
            return
        except Exception as error:
            self._placing.forget()
            if isinstance(error, BrokerError) or classify(error) is ErrorClass.POISON:
                raise
            log.warning("consumer.waits", consumer=self.group, error=repr(error))
            await asyncio.sleep(self._jitter(self._pace.down))
            return
        if work:
            await self._work_off(reader, work)
        await self._keep()
        await self._tell(reader)

    async def _work_off(self, reader: Reader, work: Mapping[Place, Sequence[Record]]) -> None:
        pause = 0.0
        waiting: set[Place] = set()
        try:
            waiting = await self._work(work)
            pause = self._pace.wait if waiting else 0.0
        except _DownError as error:
            log.warning("consumer.waits", consumer=self.group, error=str(error))
            waiting, pause = set(work), self._pace.down
        finally:
            self.narrowing_since = None
        for place in waiting:
            self._placing.go_back(reader, place)
        self._untold |= work.keys() - waiting
        if pause:
            await asyncio.sleep(self._jitter(pause))

    async def _keep(self) -> None:
        now = _now()
        if not self._store.unkept or now - self._kept_at < self._pace.keep:
            return
        self._kept_at = now
        try:
            await self._store.keep()
        except Exception as error:
            if classify(error) is ErrorClass.POISON:
                raise
            log.warning("consumer.waits", consumer=self.group, error=repr(error))

    async def _tell(self, reader: Reader) -> None:
        # What counts is in our database. The broker's tools may see us a second late: a commit is a round trip and a
        # write at the broker, and once a poll it costs as much as the events of a short one.
        now = _now()
        if not self._untold or now - self._told_at < self._pace.commit:
            return
        reached("consumer.before_offsets")
        self._told_at, untold, self._untold = now, self._untold, set()
        offsets = {place: at for place in untold if (at := self._placing.next_of(place)) is not None}
        # A client that has lost its coordinator would ask for it for ever.
        with contextlib.suppress(BrokerError, TimeoutError, *LostOwnershipError):
            async with asyncio.timeout(self._pace.broker):
                await reader.commit(offsets)

    async def _work(self, work: Mapping[Place, Sequence[Record]]) -> set[Place]:
        """Apply all of it; gives the partitions in which something has to wait."""
        everything = [record for records in work.values() for record in records]
        with contextlib.suppress(_BusyError):
            if await self._attempt(everything, self._pace.batch) is None:
                return set()
        self.narrowing_since = _now()
        alone = len(work) == 1
        return {place for place, records in work.items() if not await self._apart(records, tried=alone)}

    async def _apart(self, records: Sequence[Record], *, tried: bool) -> bool:
        """Apply one partition's records, event by event where they fail together; False when one has to wait."""
        try:
            if not tried and len(records) > 1 and await self._attempt(records, self._pace.batch) is None:
                return True
            for record in records:
                error = await self._attempt([record], self._pace.event)
                if error is not None:
                    await self._bury(record, error)
        except _BusyError:
            return False
        return True

    async def _attempt(self, records: Sequence[Record], seconds: float) -> BaseException | None:
        """Apply these in one transaction. None when it worked, else what is wrong with one of them.

        Raises when nothing is wrong with them: `_DownError` without a database, `_BusyError` when one record alone
        waits for a lock in vain.
        """
        error: BaseException | None = None
        for attempt in range(1, self._pace.attempts + 1):
            error = await self._once(records, seconds)
            if error is None:
                return None
            found = classify(error)
            if found is ErrorClass.POISON or (found is ErrorClass.SLOW and len(records) > 1):
                return error
            if found is ErrorClass.TRANSIENT and attempt < self._pace.attempts:
                await asyncio.sleep(self._pace.again * 2**attempt * self._dice.uniform(0.5, 1.5))
        if error is not None and classify(error) is ErrorClass.SLOW:
            return TimeoutError(f"it did not end within {seconds:.0f} s, {self._pace.attempts} times: {error!r}")
        if len(records) > 1:
            return error
        raise _BusyError from error

    async def _once(self, records: Sequence[Record], seconds: float) -> BaseException | None:
        positions = {place: _after(last) for place, last in {record.place: record for record in records}.items()}
        set_correlation_id(None)
        try:
            async with asyncio.timeout(seconds):
                buried = await self._store.apply(records, positions)
        except Exception as error:
            if isinstance(error, gate.ClosedError):
                self.kept_out_at = _now()
            found = classify(error)
            if found is ErrorClass.DOWN or (found is ErrorClass.SLOW and not await self._answers()):
                raise _DownError(repr(error)) from error
            return error
        self._done(records, positions, buried)
        return None

    async def _answers(self) -> bool:
        try:
            async with asyncio.timeout(self._pace.event):
                return await self._store.answers()
        except TimeoutError:
            return False

    async def _bury(self, record: Record, error: BaseException) -> None:
        log.error("consumer.dead_letter", consumer=self.group, error=type(error).__name__, offset=record.offset)
        try:
            await self._store.bury(record, error, _after(record))
        except Exception as failure:
            raise _DownError(repr(failure)) from failure
        self._done([record], {record.place: _after(record)}, 1)

    def _done(self, records: Sequence[Record], positions: Mapping[Place, Position], buried: int) -> None:
        self._placing.advance(positions)
        self.progress_at = _now()
        for record in records:
            self.applied_at[record.place] = record.timestamp
        if buried:
            DEAD_LETTERS.labels(self.group).inc(buried)

    def check_places(self) -> None:
        """Compare every partition with the broker's log again: it may not be the one that was read."""
        self._placing.forget()

    def assignment(self) -> Assignment:
        """The partitions that are ours now."""
        return self._reader.assignment() if self._reader else Assignment(0, frozenset())

    def _jitter(self, seconds: float) -> float:
        return seconds * self._dice.uniform(0.5, 1.0)


def _after(record: Record) -> Position:
    return Position(record.offset + 1, record.header("ce_id"), record.timestamp)


def _now() -> float:
    return asyncio.get_running_loop().time()
