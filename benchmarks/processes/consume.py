"""One consumer of one service, by the library's own runner, on a topic that is already full."""

from __future__ import annotations

import asyncio
import gc
import resource
import sys
from collections.abc import Sequence
from importlib import import_module
from time import perf_counter

import uvloop
from pydantic import BaseModel

from guanxi.bus.applier import FactApplier
from guanxi.bus.consumer import ConsumerRunner
from guanxi.bus.deadletters import Failure
from guanxi.bus.kafka import KafkaReader
from guanxi.bus.ports import Reader, Record
from guanxi.bus.store import DatabaseStore
from guanxi.db import Pool, Tx, open_database
from guanxi.events import Consumer

_LOOK_S = 0.02
_PATIENCE_S = 120


class Consume(BaseModel):
    """Which consumer, on whose topics, into which database, and how many records there are."""

    module: str
    consumer: str
    url: str
    kafka: str
    prefix: str
    records: int


class Consumed(BaseModel):
    """From the first record in hand until the last one's effect is committed."""

    records: int
    seconds: float
    cpu_seconds: float

    @property
    def rate(self) -> float:
        """Events a second."""
        return self.records / self.seconds


class Timed:
    """An applier that notes when the first records came."""

    def __init__(self, inner: FactApplier) -> None:
        self._inner = inner
        self.began: float | None = None
        self.cpu = 0.0

    def passes_over(self, records: Sequence[Record]) -> bool:
        """As the one inside."""
        return self._inner.passes_over(records)

    async def apply(self, tx: Tx, records: Sequence[Record]) -> list[Failure]:
        """Apply them."""
        if self.began is None:
            self.began, self.cpu = perf_counter(), _cpu()
        return await self._inner.apply(tx, records)


async def consume(told: Consume) -> Consumed:
    """Run the consumer until everything is applied."""
    consumer = _find(told)
    database = await open_database(told.url, application="bench")
    group = f"{told.prefix}bench.{consumer.group}"

    def make_reader() -> Reader:
        return KafkaReader(told.kafka, group, [f"{told.prefix}guanxi.{t}" for t in consumer.topics])

    applier = Timed(FactApplier(consumer))
    runner = ConsumerRunner(consumer.group, DatabaseStore(database.consumers, consumer.group, applier), make_reader)
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
    task = asyncio.create_task(runner.run())
    try:
        async with asyncio.timeout(_PATIENCE_S):
            while await _applied(database.api, told.prefix) < told.records:  # noqa: ASYNC110 - the database knows
                await asyncio.sleep(_LOOK_S)
        ended, cpu = perf_counter(), _cpu()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await database.close()
    return Consumed(records=told.records, seconds=ended - (applier.began or 0.0), cpu_seconds=cpu - applier.cpu)


async def _applied(pool: Pool, prefix: str) -> int:
    async with pool.read() as reader:
        found = await reader.fetchval(
            "SELECT coalesce(sum(next_offset), 0)::bigint FROM consumer_offset WHERE topic LIKE $1 || '%'", prefix
        )
    return int(found)


def _find(told: Consume) -> Consumer:
    topology = import_module(f"{told.module}.topology").TOPOLOGY
    found: Consumer = next(one for one in topology.consumers if one.name == told.consumer)
    return found


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    asked = Consume.model_validate_json(sys.stdin.buffer.read())
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop:
        print(loop.run(consume(asked)).model_dump_json())
