"""Log, relay, consumer, inbox and dead letters on a real PostgreSQL and a real Kafka."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from guanxi.bus import log
from guanxi.bus.applier import FactApplier
from guanxi.bus.consumer import ConsumerRunner
from guanxi.bus.kafka import KafkaContents, KafkaProducer, KafkaReader
from guanxi.bus.lease import lease
from guanxi.bus.outbox import outbox_depth
from guanxi.bus.ports import Reader
from guanxi.bus.relay import Means, Relay
from guanxi.bus.store import DatabaseStore
from guanxi.db import Database, Tx, open_database
from guanxi.events import Consumer, Event
from guanxi.events.scores import ScoreChanged, SegmentChanged
from guanxi.ports import SystemClock, SystemIds

IDS = SystemIds()


def tallied(n: int, run: str) -> ScoreChanged:
    """A fact with a number; the topic is shared by all tests of a worker, so each counts only those of its own run."""
    return ScoreChanged(kind=run, as_of=date(2026, 1, 1), value=n, band="any", version="1")


@dataclass
class Tally:
    """Applies `ScoreChanged` of one run to memory and to the inbox only; fails as told."""

    run: str
    seen: list[int] = field(default_factory=list)
    poison: frozenset[int] = frozenset()

    async def __call__(self, tx: Tx, events: Sequence[Event[ScoreChanged]]) -> None:
        numbers = [event.data.value or 0 for event in events if event.data.kind == self.run]
        if self.poison & set(numbers):
            message = f"cannot apply {sorted(self.poison & set(numbers))}"
            raise ValueError(message)
        tx.after_commit(lambda: self.seen.extend(numbers))


@dataclass
class Bench:
    """One database, one broker, one relay."""

    database: Database
    kafka: str
    prefix: str
    url: str
    run: str = field(default_factory=lambda: IDS.new().hex)

    def tally(self, *poison: int) -> Tally:
        return Tally(self.run, poison=frozenset(poison))

    def relay(self) -> Relay:
        return Relay(
            Means(
                lease=lambda: lease(self.url),
                make_producer=lambda: KafkaProducer(self.kafka, "test"),
                contents=KafkaContents(self.kafka, "test"),
                clock=SystemClock(),
                topic_prefix=self.prefix,
            )
        )

    def runner(self, tally: Tally, name: str, *, latest: bool = False) -> ConsumerRunner:
        consumer = Consumer(name, {ScoreChanged: tally}, kind="reaction" if latest else "additive")

        def make() -> Reader:
            return KafkaReader(self.kafka, f"{self.prefix}{name}", [f"{self.prefix}guanxi.scores"])

        store = DatabaseStore(self.database.consumers, consumer.group, FactApplier(consumer))
        return ConsumerRunner(consumer.group, store, make, latest=latest)

    async def buried(self, reason: str, count: int) -> list[asyncpg.Record]:
        """Dead letters with such a reason, once there are so many; other tests' poison lies on the same topic."""
        sql = "SELECT raw, reason, error_type, status FROM dead_letter WHERE reason LIKE $1 ORDER BY reason"
        for _ in range(400):
            async with self.database.api.read() as reader:
                rows = await reader.fetch(sql, reason)
            if len(rows) >= count:
                break
            await asyncio.sleep(0.05)
        return rows

    async def publish(self, numbers: Sequence[int], subject: UUID | None = None) -> list[Event[ScoreChanged]]:
        async with self.database.api.begin() as tx:
            made = [
                log.draft(tx, tallied(n, self.run), aggregate=subject or tx.new_id(), sequence=n, subject=subject)
                for n in numbers
            ]
            await log.record(tx, *made)
        return made


@pytest_asyncio.fixture(loop_scope="session")
async def bench(
    service_database: Callable[[str], Awaitable[object]],
    kafka: str,
    topics: Callable[..., Awaitable[list[str]]],
    topic_prefix: str,
) -> AsyncIterator[Bench]:
    await topics("guanxi.scores")
    database = await service_database("scoring")
    url: str = database.runtime_url  # type: ignore[attr-defined]
    opened = await open_database(url, application="test")
    yield Bench(opened, kafka, topic_prefix, url)
    await opened.close()


@asynccontextmanager
async def running(*work: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    tasks = [asyncio.ensure_future(one()) for one in work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def drained(bench: Bench, seconds: float = 20) -> None:
    """What was published is forgotten, a moment after everybody could read it."""
    async with asyncio.timeout(seconds):
        while (await outbox_depth(bench.database.api))[0]:  # noqa: ASYNC110 - the database knows
            await asyncio.sleep(0.02)


async def until(true: Callable[[], bool], seconds: float = 20) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while not true():  # noqa: ASYNC110 - what is waited for is in another process
                await asyncio.sleep(0.02)
    assert true()


@pytest.mark.asyncio
async def test_what_is_recorded_is_applied_once_and_the_outbox_drains(bench: Bench) -> None:
    relay, tally = bench.relay(), bench.tally()
    bench.database.api.wake = relay.wake
    async with running(relay.run, bench.runner(tally, f"once-{IDS.new().hex}").run):
        await bench.publish(range(100))
        await until(lambda: len(tally.seen) >= 100)
        await drained(bench)
    assert sorted(tally.seen) == list(range(100))
    async with bench.database.api.read() as reader:
        batches = await reader.fetch("SELECT topic, first_offset, last_offset, event_ids FROM relay_batch")
    assert sum(len(row["event_ids"]) for row in batches) == 100
    assert all(row["last_offset"] - row["first_offset"] + 1 >= len(row["event_ids"]) for row in batches)


@pytest.mark.asyncio
async def test_a_rolled_back_transaction_publishes_nothing(bench: Bench) -> None:
    async def changes_its_mind() -> None:
        async with bench.database.api.begin() as tx:
            await log.record(tx, log.draft(tx, tallied(1, "nobody"), aggregate=tx.new_id(), sequence=1, subject=None))
            raise RuntimeError("changed my mind")

    with pytest.raises(RuntimeError, match="changed my mind"):
        await changes_its_mind()
    assert (await outbox_depth(bench.database.api))[0] == 0


@pytest.mark.asyncio
async def test_events_published_twice_are_applied_once(bench: Bench) -> None:
    relay, tally = bench.relay(), bench.tally()
    made = await bench.publish(range(50))
    async with bench.database.api.begin() as tx:
        await tx.execute("INSERT INTO outbox (event_id) SELECT unnest($1::uuid[])", [event.id for event in made] * 2)
    async with running(relay.run, bench.runner(tally, f"twice-{IDS.new().hex}").run):
        await until(lambda: len(tally.seen) >= 50)
        last = await bench.publish([999])
        await until(lambda: 999 in tally.seen)
    assert sorted(tally.seen) == [*range(50), 999]
    assert last[0].data.value == 999


@pytest.mark.asyncio
async def test_a_poison_event_goes_to_the_dead_letters_and_its_neighbours_are_applied(bench: Bench) -> None:
    relay, tally, name = bench.relay(), bench.tally(7, 13), f"poison-{IDS.new().hex}"
    await bench.publish(range(30))
    async with running(relay.run, bench.runner(tally, name).run):
        await until(lambda: len(tally.seen) >= 28)
        rows = await bench.buried("cannot apply%", 2)
    assert sorted(tally.seen) == [n for n in range(30) if n not in (7, 13)]
    assert [(row["reason"], row["error_type"], row["status"]) for row in rows] == [
        ("cannot apply [13]", "ValueError", "open"),
        ("cannot apply [7]", "ValueError", "open"),
    ]
    assert b'"value": 13' in rows[0]["raw"]


@pytest.mark.asyncio
async def test_bytes_that_are_no_event_are_kept_and_the_offset_moves_on(bench: Bench) -> None:
    producer, tally = KafkaProducer(bench.kafka, "test"), bench.tally()
    await producer.start()
    topic = f"{bench.prefix}guanxi.scores"
    for value in (b"", b"not json", b'{"type": 7}', b"\xef\xbb\xbf{}", b"[]"):
        await (await producer.send(topic, value, b"k", [("ce_type", ScoreChanged.TYPE.encode())]))
    await (await producer.send(topic, b"skipped", b"k", [("ce_type", SegmentChanged.TYPE.encode())]))
    await producer.stop()
    await bench.publish([1])
    relay = bench.relay()
    async with running(relay.run, bench.runner(tally, f"bytes-{IDS.new().hex}").run):
        await until(lambda: tally.seen == [1])
        await asyncio.sleep(0)
    async with bench.database.api.read() as reader:
        raws = {bytes(row["raw"]) for row in await reader.fetch("SELECT raw FROM dead_letter")}
    assert raws >= {b"", b"not json", b'{"type": 7}', b"\xef\xbb\xbf{}", b"[]"}
    assert b"skipped" not in raws


@pytest.mark.asyncio
async def test_a_consumer_goes_on_where_its_own_transaction_was(bench: Bench) -> None:
    relay, name, first = bench.relay(), f"resume-{IDS.new().hex}", bench.tally()
    await bench.publish(range(20))
    async with running(relay.run):
        async with running(bench.runner(first, name).run):
            await until(lambda: len(first.seen) == 20)
        await bench.publish(range(20, 40))
        second = bench.tally()
        async with running(bench.runner(second, name).run):
            await until(lambda: len(second.seen) == 20)
    assert sorted(second.seen) == list(range(20, 40))


@pytest.mark.asyncio
async def test_only_one_of_two_relays_works(bench: Bench) -> None:
    one, two = bench.relay(), bench.relay()
    async with running(one.run, two.run):
        await until(lambda: one.active or two.active)
        await bench.publish(range(10))
        await asyncio.sleep(1.5)
        assert one.active != two.active
        await drained(bench)
