"""The worker: relay, consumers, due moments, jobs. Everything that goes on when nobody asks."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

import asyncpg

from guanxi.bus import deadletters
from guanxi.bus.applier import Applier, FactApplier, InboundApplier
from guanxi.bus.consumer import ConsumerRunner
from guanxi.bus.kafka import KafkaContents, KafkaProducer, KafkaReader, inbound_pattern
from guanxi.bus.lease import lease
from guanxi.bus.maintenance import maintain
from guanxi.bus.outbox import measure
from guanxi.bus.ports import Reader
from guanxi.bus.relay import Means, Relay
from guanxi.bus.store import DatabaseStore
from guanxi.bus.watchdog import Guarded, Watchdog
from guanxi.due import DueLoop
from guanxi.events import STATE_WORDS
from guanxi.service._jobs import Job, Runtime, keep_running
from guanxi.service._rebuilding import rebuild_jobs
from guanxi.service._service import Service
from guanxi.telemetry import DEAD_LETTERS_OPEN

_MAINTENANCE = timedelta(minutes=10)
_MEASURE_SECONDS = 2.0
_FINISH_SECONDS = 8.0


class Worker:
    """All background work of one process."""

    def __init__(self, service: Service, runtime: Runtime, give_up: Callable[[str], None]) -> None:
        self._service, self._runtime, self._give_up, self._stopping = service, runtime, give_up, False
        settings, database = runtime.settings, runtime.database
        self.relay = self._make_relay()
        self.guarded = self._make_consumers()
        self._watchdog = Watchdog(
            KafkaContents(settings.kafka, f"{service.name}.watchdog", committed=True),
            database.relay,
            self.guarded,
            give_up,
            settings.stuck_seconds,
        )
        self._tasks: list[asyncio.Task[None]] = []
        self._reading: list[asyncio.Task[None]] = []
        for pool in database.pools:
            pool.wake = self.relay.wake

    def _make_relay(self) -> Relay:
        service, settings, database = self._service, self._runtime.settings, self._runtime.database
        means = Means(
            lease=lambda: lease(settings.database_url),
            make_producer=lambda: KafkaProducer(settings.kafka, f"{service.name}.relay"),
            contents=KafkaContents(settings.kafka, f"{service.name}.relay-ends"),
            clock=database.relay.clock,
            topic_prefix=settings.topic_prefix,
            state_words=STATE_WORDS & {fact.TOPIC for fact in service.topology.emits},
        )
        return Relay(means, service.heartbeat(settings.topic_prefix) if service.heartbeat else None)

    def _make_consumers(self) -> list[Guarded]:
        prefix = self._runtime.settings.topic_prefix
        made = [
            self._guard(c.group, FactApplier(c), [f"{prefix}guanxi.{t}" for t in c.topics], latest=c.kind == "reaction")
            for c in self._service.topology.consumers
        ]
        inbound = self._service.topology.inbound
        if inbound is not None:
            made.append(self._guard(inbound.group, InboundApplier(inbound), (), pattern=inbound_pattern(prefix)))
        return made

    def _guard(
        self, name: str, applier: Applier, topics: Sequence[str], *, pattern: str | None = None, latest: bool = False
    ) -> Guarded:
        settings = self._runtime.settings
        group = f"{settings.topic_prefix}{self._service.name}.{name}"

        def make_reader() -> Reader:
            return KafkaReader(settings.kafka, group, topics, pattern)

        store = DatabaseStore(self._runtime.database.consumers, name, applier)
        return Guarded(ConsumerRunner(name, store, make_reader, latest=latest), topics, pattern)

    def start(self) -> None:
        """Start every task."""
        work: list[tuple[str, Callable[[], Awaitable[None]], float]] = [("relay", self.relay.run, 1.0)]
        due = DueLoop(self._runtime.database.consumers, self._service.due)
        work.append(("due", due.run, 1.0))
        work.append(("watchdog", self._watchdog.run, 1.0))
        work.extend((f"loop {loop.name}", self._bound(loop.run), 1.0) for loop in self._service.loops)
        jobs = [*self._service.jobs, Job("maintenance", _MAINTENANCE, maintain_runtime), *rebuild_jobs(self._service)]
        work.extend((f"job {job.name}", self._bound(job.run), job.every.total_seconds()) for job in jobs)
        work.append(("measure", self._measure, _MEASURE_SECONDS))
        self._reading = [asyncio.create_task(one.run(), name=f"guard {one.runner.group}") for one in self.guarded]
        self._tasks = [asyncio.create_task(keep_running(name, run, pause), name=name) for name, run, pause in work]
        for task in [*self._reading, *self._tasks]:
            task.add_done_callback(self._check_end)

    def _bound(self, run: Callable[[Runtime], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
        return lambda: run(self._runtime)

    def _check_end(self, task: asyncio.Task[None]) -> None:
        # None of them ends by itself. A client library that cancels whoever waits for it would leave us half alive.
        if not self._stopping:
            self._give_up(f"{task.get_name()} has ended by itself")

    async def _measure(self) -> None:
        database = self._runtime.database
        await measure(database.relay)
        database.measure()
        async with database.relay.read() as reader:
            letters = await deadletters.open_counts(reader)
        for one in self.guarded:
            DEAD_LETTERS_OPEN.labels(one.runner.group).set(letters.get(one.runner.group, 0))

    async def stop(self) -> None:
        """Let each consumer end what it has in work and leave its group, then cancel the rest.

        A transaction that is cut off is rolled back and done again by whoever comes next.
        """
        self._stopping = True
        for one in self.guarded:
            one.runner.end()
        for task in self._tasks:
            task.cancel()
        if self._reading:
            await asyncio.wait(self._reading, timeout=_FINISH_SECONDS)
        for task in self._reading:
            task.cancel()
        with contextlib.suppress(asyncpg.InterfaceError):
            await asyncio.gather(*self._reading, *self._tasks, return_exceptions=True)

    def report(self) -> dict[str, str]:
        """The state of each part, for `/readyz`."""
        parts = {"relay": "active" if self.relay.active else "standing by"}
        for one in self.guarded:
            ours = one.runner.assignment().places
            lag = sum(one.behind.get(place, 0) for place in ours)
            parts[f"consumer.{one.runner.group}"] = f"{len(ours)} partitions, lag {lag}"
        return parts

    def ready(self) -> bool:
        """True when each consumer knows its partitions, even if others have them all; the publishers' one need not."""
        inbound = self._service.topology.inbound
        waiting = inbound.group if inbound else None
        hands = {one.runner.group: one.runner.assignment() for one in self.guarded}
        return all(hand.places or hand.dealt or group == waiting for group, hand in hands.items())


async def maintain_runtime(runtime: Runtime) -> None:
    """Partitions ahead of time, old rows away."""
    await maintain(runtime.database.relay)
