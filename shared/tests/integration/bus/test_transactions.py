"""A publisher that writes in transactions: markers take offsets, and what it took back was never said."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from guanxi.bus.applier import Applier
from guanxi.bus.consumer import ConsumerRunner
from guanxi.bus.deadletters import Failure
from guanxi.bus.kafka import KafkaContents, KafkaReader
from guanxi.bus.offsets import read_all
from guanxi.bus.ports import Place, Record
from guanxi.bus.store import DatabaseStore
from guanxi.db import Tx, open_database

pytestmark = pytest.mark.asyncio(loop_scope="session")


class _Seen(Applier):
    """Keeps what it is given."""

    def __init__(self) -> None:
        self.values: list[bytes | None] = []

    def passes_over(self, records: Sequence[Record]) -> bool:
        return not records

    async def apply(self, tx: Tx, records: Sequence[Record]) -> list[Failure]:
        tx.after_commit(lambda: self.values.extend(record.value for record in records))
        return []


async def test_markers_are_passed_over_and_what_was_taken_back_is_not_applied(
    service_database: Callable[[str], Awaitable[Any]],
    kafka: str,
    topics: Callable[..., Awaitable[list[str]]],
    topic_prefix: str,
) -> None:
    [topic] = await topics("guanxi.inbound.in-transactions")
    place, seen = Place(topic, 0), _Seen()
    database = await open_database((await service_database("scoring")).runtime_url, application="test")
    producer = AIOKafkaProducer(bootstrap_servers=kafka, transactional_id=f"{topic_prefix}publisher")
    contents = KafkaContents(kafka, "test", committed=True)
    runner = ConsumerRunner(
        "transactions",
        DatabaseStore(database.consumers, "transactions", seen),
        lambda: KafkaReader(kafka, f"{topic_prefix}transactions", [topic]),
    )
    running = asyncio.create_task(runner.run())

    async def at_the_end() -> bool:
        async with database.api.read() as reader:
            stored = await read_all(reader, ["transactions"])
        return stored["transactions"].get(place) == (await contents.of([topic]))[place]

    async def until_at_the_end() -> None:
        async with asyncio.timeout(30):
            while not await at_the_end():  # noqa: ASYNC110 - it is told by the database
                await asyncio.sleep(0.1)

    try:
        await producer.start()
        async with producer.transaction():
            await producer.send_and_wait(topic, b"said", partition=0)
        await until_at_the_end()
        await producer.begin_transaction()
        await producer.send_and_wait(topic, b"taken back", partition=0)
        await until_at_the_end()  # what is not yet said keeps nobody behind
        await producer.abort_transaction()
        await until_at_the_end()
        async with producer.transaction():
            await producer.send_and_wait(topic, b"said later", partition=0)
        await until_at_the_end()
        assert seen.values == [b"said", b"said later"]
        assert (await contents.of([topic]))[place] == 6
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await contents.stop()
        await producer.stop()
        await database.close()
