"""The worker: relay, consumers, due moments, jobs. Everything that goes on when nobody asks."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

import asyncpg

from guanxi.bus.applier import Applier, FactApplier, InboundApplier
from guanxi.bus.consumer import ConsumerRunner
from guanxi.bus.kafka import KafkaProducer, KafkaReader, OnAssigned, Reader, inbound_pattern
from guanxi.bus.maintenance import maintain
from guanxi.bus.relay import Relay
from guanxi.bus.watchdog import guarded
from guanxi.due import DueLoop
from guanxi.service._jobs import Job, Runtime, keep_running
from guanxi.service._service import Service

_MAINTENANCE = timedelta(minutes=10)
_MEASURE_SECONDS = 2.0


class Worker:
    """All background work of one process."""

    def __init__(self, service: Service, runtime: Runtime, give_up: Callable[[str], None]) -> None:
        self._service, self._runtime, self._give_up = service, runtime, give_up
        settings, database = runtime.settings, runtime.database
        self.relay = Relay(
            database.relay,
            lambda: KafkaProducer(settings.kafka, f"{service.name}.relay"),
            settings.database_url,
            settings.topic_prefix,
            service.heartbeat(settings.topic_prefix) if service.heartbeat else None,
        )
        self.consumers = self._make_consumers()
        self._tasks: list[asyncio.Task[None]] = []
        for pool in database.pools:
            pool.wake = self.relay.wake

    def _make_consumers(self) -> list[ConsumerRunner]:
        prefix = self._runtime.settings.topic_prefix
        made = [
            self._runner(
                c.group, FactApplier(c), [f"{prefix}guanxi.{t}" for t in c.topics], latest=c.kind == "reaction"
            )
            for c in self._service.topology.consumers
        ]
        inbound = self._service.topology.inbound
        if inbound is not None:
            made.append(self._runner(inbound.group, InboundApplier(inbound), (), pattern=inbound_pattern(prefix)))
        return made

    def _runner(
        self, name: str, applier: Applier, topics: Sequence[str], *, pattern: str | None = None, latest: bool = False
    ) -> ConsumerRunner:
        settings = self._runtime.settings
        group = f"{settings.topic_prefix}{self._service.name}.{name}"

        def make_reader(on_assigned: OnAssigned) -> Reader:
            return KafkaReader(settings.kafka, group, topics, pattern, on_assigned)

        return ConsumerRunner(name, applier, self._runtime.database.consumers, make_reader, latest=latest)

    def start(self) -> None:
        """Start every task."""
        work: list[tuple[str, Callable[[], Awaitable[None]], float]] = [("relay", self.relay.run, 1.0)]
        due = DueLoop(self._runtime.database.consumers, self._service.due)
        work.append(("due", due.run, 1.0))
        work.extend((f"consumer {c.group}", self._guard(c), 1.0) for c in self.consumers)
        work.extend((f"loop {loop.name}", self._bound(loop.run), 1.0) for loop in self._service.loops)
        jobs = [*self._service.jobs, Job("maintenance", _MAINTENANCE, maintain_runtime)]
        work.extend((f"job {job.name}", self._bound(job.run), job.every.total_seconds()) for job in jobs)
        work.append(("measure", self.relay.measure, _MEASURE_SECONDS))
        self._tasks = [asyncio.create_task(keep_running(name, run, pause), name=name) for name, run, pause in work]

    def _guard(self, runner: ConsumerRunner) -> Callable[[], Awaitable[None]]:
        return lambda: guarded(runner, self._give_up, self._runtime.settings.stuck_seconds)

    def _bound(self, run: Callable[[Runtime], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
        return lambda: run(self._runtime)

    async def stop(self) -> None:
        """Cancel the tasks; a transaction in work is rolled back and done again by whoever comes next."""
        for task in self._tasks:
            task.cancel()
        with contextlib.suppress(asyncpg.InterfaceError):
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def report(self) -> dict[str, str]:
        """The state of each part, for `/readyz`."""
        parts = {"relay": "active" if self.relay.active else "standing by"}
        for consumer in self.consumers:
            parts[f"consumer.{consumer.group}"] = f"{len(consumer.assigned())} partitions, lag {consumer.lag()}"
        return parts

    def ready(self) -> bool:
        """True when each consumer has partitions; the publishers' one may have none while there is no publisher."""
        inbound = self._service.topology.inbound
        waiting = inbound.group if inbound else None
        return all(consumer.assigned() or consumer.group == waiting for consumer in self.consumers)


async def maintain_runtime(runtime: Runtime) -> None:
    """Partitions ahead of time, old rows away."""
    await maintain(runtime.database.relay)
