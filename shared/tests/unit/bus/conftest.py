"""A consumer and a relay on simulated ports, by a clock that jumps."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

import pytest

from guanxi.bus.consumer import ConsumerRunner
from guanxi.bus.ports import Place
from guanxi.testing.simulation import MemoryStore, Moods, SimBroker, SimReader

TOPIC = "guanxi.scores"


@dataclass
class Bench:
    """One broker, one consumer's memory."""

    broker: SimBroker = field(default_factory=lambda: SimBroker(random.Random(7)))
    store: MemoryStore = field(default_factory=lambda: MemoryStore(Moods(random.Random(8))))
    readers: list[SimReader] = field(default_factory=list)

    def write(self, count: int, *, partition: int = 0, first: int = 0) -> list[str]:
        """Put records on the log; gives their ids."""
        ids = [str(UUID(int=first + n + 1)) for n in range(count)]
        for one in ids:
            headers = (("ce_id", one.encode()), ("ce_type", b"fact"))
            self.broker.append(Place(TOPIC, partition), b"key", one.encode(), headers)
        return ids

    def runner(self, *, latest: bool = False) -> ConsumerRunner:
        """A consumer."""

        def make() -> SimReader:
            self.readers.append(SimReader(self.broker, "group", [TOPIC]))
            return self.readers[-1]

        return ConsumerRunner("group", self.store, make, latest=latest, dice=random.Random(9))

    @asynccontextmanager
    async def running(self, runner: ConsumerRunner, seconds: float = 60) -> AsyncIterator[None]:
        """Let it run for so long, then look; it is ended with the block."""
        task = asyncio.ensure_future(runner.run())
        await asyncio.sleep(seconds)
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
def bench() -> Bench:
    return Bench()
