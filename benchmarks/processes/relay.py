"""One relay, by the library's own class, on an outbox that is already full."""

from __future__ import annotations

import asyncio
import gc
import resource
import sys
from time import perf_counter

import asyncpg
import uvloop
from pydantic import BaseModel

from guanxi.bus.kafka import KafkaContents, KafkaProducer
from guanxi.bus.lease import lease
from guanxi.bus.relay import Means, Relay
from guanxi.ports import SystemClock

_LOOK_S = 0.02
_PATIENCE_S = 120


class Publish(BaseModel):
    """Which database, to which broker, under which prefix."""

    url: str
    kafka: str
    prefix: str


class Published(BaseModel):
    """Rows that the broker has acknowledged and the outbox has forgotten, from the first to the last."""

    rows: int
    seconds: float
    cpu_seconds: float

    @property
    def rate(self) -> float:
        """Rows a second."""
        return self.rows / self.seconds


async def publish(told: Publish) -> Published:
    """Run the relay until the outbox is empty."""
    means = Means(
        lease=lambda: lease(told.url),
        make_producer=lambda: KafkaProducer(told.kafka, "bench"),
        contents=KafkaContents(told.kafka, "bench-ends"),
        clock=SystemClock(),
        topic_prefix=told.prefix,
    )
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)
    connection = await asyncpg.connect(told.url)
    rows = await _left(connection)
    relay = Relay(means)
    task = asyncio.create_task(relay.run())
    try:
        async with asyncio.timeout(_PATIENCE_S):
            while (left := await _left(connection)) == rows:  # noqa: ASYNC110 - the database knows
                await asyncio.sleep(0.001)
            began, cpu, first = perf_counter(), _cpu(), left
            while await _left(connection):  # noqa: ASYNC110 - as above
                await asyncio.sleep(_LOOK_S)
        ended, spent = perf_counter(), _cpu() - cpu
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await connection.close()
    return Published(rows=first, seconds=ended - began, cpu_seconds=spent)


async def _left(connection: asyncpg.Connection) -> int:
    return int(await connection.fetchval("SELECT count(*) FROM outbox"))


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    asked = Publish.model_validate_json(sys.stdin.buffer.read())
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop:
        print(loop.run(publish(asked)).model_dump_json())
