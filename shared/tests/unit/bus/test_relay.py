"""The relay on simulated ports: what it does about a log that is shorter than it should be, and about refusals."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime

import pytest
from aiokafka.errors import MessageSizeTooLargeError

from guanxi.bus.losses import Losses
from guanxi.bus.ports import Ack, Headers, Place, Producer
from guanxi.bus.relay import Means, Relay
from guanxi.ports import SystemClock, SystemIds
from guanxi.telemetry import RELAY_TOO_LARGE
from guanxi.testing.simulation import MemoryLog, Moods, SimBroker, SimContents, SimProducer, run_in_virtual_time

IDS = SystemIds()


class World:
    """One log, one broker, one relay."""

    def __init__(self, heartbeat: Callable[[Producer, datetime], Awaitable[None]] | None = None, *words: str) -> None:
        self.moods = Moods(random.Random(1))
        self.broker, self.log = SimBroker(random.Random(2)), MemoryLog(self.moods, "scores")
        self.broker.dice = random.Random(5)
        self.make: Callable[[], Producer] = lambda: SimProducer(self.broker)
        means = Means(self.log.lease, self._made, SimContents(self.broker), SystemClock(), "", words or ("scores",))
        self.relay = Relay(means, heartbeat)

    def _made(self) -> Producer:
        return self.make()

    def ids(self) -> list[str]:
        """What lies on the broker's logs."""
        return [str(record.header("ce_id")) for log in self.broker.logs.values() for record in log]

    async def running(self, *steps: Callable[[], Awaitable[None]]) -> None:
        """Run the steps while the relay works."""
        task = asyncio.ensure_future(self.relay.run())
        for step in steps:
            await step()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def test_a_tail_that_the_broker_forgot_is_published_again_before_anything_new() -> None:
    world = World()
    made = [IDS.new() for _ in range(40)]

    async def publish() -> None:
        await world.log.record(made[:30], "a", 0)
        await asyncio.sleep(10)

    async def forget() -> None:
        world.broker.away = True
        for log in world.broker.logs.values():
            del log[10:]
        await asyncio.sleep(5)
        world.broker.away = False
        await world.log.record(made[30:], "a", 0)
        await asyncio.sleep(30)

    run_in_virtual_time(world.running(publish, forget))
    (log,) = (log for log in world.broker.logs.values() if log)
    seen = [str(record.header("ce_id")) for record in log]
    assert set(seen) == set(map(str, made))
    assert seen.index(str(made[29])) < seen.index(str(made[30]))
    assert world.log.waiting == 0


def test_an_acknowledgement_at_an_old_offset_tells_of_a_loss_that_nobody_else_saw() -> None:
    world = World()
    made = [IDS.new() for _ in range(21)]

    async def publish() -> None:
        await world.log.record(made[:20], "a", 0)
        await asyncio.sleep(3)

    async def forget_and_publish_at_once() -> None:
        for log in world.broker.logs.values():
            del log[5:]
        await world.log.record(made[20:], "a", 0)
        world.relay.wake()
        await asyncio.sleep(30)

    run_in_virtual_time(world.running(publish, forget_and_publish_at_once))
    seen = world.ids()
    assert set(seen) == set(map(str, made))
    # Whatever order the repeats are in, the newest comes last: compaction keeps that.
    assert seen[-1] == str(made[20])
    assert world.log.waiting == 0


def test_a_log_that_lost_its_tail_in_the_middle_of_a_batch_gets_what_was_acknowledged_before() -> None:
    world = World()
    made = [IDS.new() for _ in range(12)]

    class Cut(SimProducer):
        async def send(
            self, topic: str, value: bytes, key: bytes, headers: Headers, partition: int | None = None
        ) -> Awaitable[Ack]:
            async def after_the_cut(waiting: Awaitable[Ack]) -> Ack:
                ack = await waiting
                if ack.offset == 4 and len(cuts) == 0:
                    cuts.append(ack.offset)
                    del world.broker.logs[ack.place][2:]
                return ack

            return asyncio.ensure_future(after_the_cut(await super().send(topic, value, key, headers, partition)))

    cuts: list[int] = []
    world.make = lambda: Cut(world.broker)

    async def publish() -> None:
        await world.log.record(made, "a", 0)
        await asyncio.sleep(30)

    run_in_virtual_time(world.running(publish))
    assert cuts == [4]
    assert set(world.ids()) == set(map(str, made))
    assert world.log.waiting == 0


def test_a_log_that_has_grown_past_its_lost_tail_is_known_by_its_records() -> None:
    """The relay that had sent it died before it knew; the next one finds as many records as it expects."""
    world = World(None, "customer-state")
    made = [IDS.new() for _ in range(40)]

    async def publish() -> None:
        for n in range(10):
            await world.log.record(made[3 * n : 3 * n + 3], "a", 0)
            world.relay.wake()
            await asyncio.sleep(0.5)

    async def forget_and_grow() -> None:
        world.log.take_away()
        ((place, log),) = ((place, log) for place, log in world.broker.logs.items() if log)
        del log[14:]
        for one in made[30:]:
            world.broker.append(place, b"a", b"{}", (("ce_id", str(one).encode()),))
        assert len(world.broker.logs[place]) < 30
        for _ in range(10):
            world.broker.append(place, b"a", b"{}", (("ce_id", str(made[39]).encode()),))
        await asyncio.sleep(60)

    run_in_virtual_time(world.running(publish, forget_and_grow))
    assert set(world.ids()) == set(map(str, made))
    again = Counter(world.ids())
    # It looks back in growing steps: what lies before the last good one is not said again.
    assert max(again[str(one)] for one in made[:9]) == 1


def test_a_topic_made_anew_gets_the_whole_state() -> None:
    world = World()
    made = [IDS.new() for _ in range(8)]

    async def publish() -> None:
        await world.log.record(made, "a", 0)
        await asyncio.sleep(3)
        world.log._batches[:] = world.log._batches[-1:]  # what is older than two weeks is not remembered

    async def make_anew() -> None:
        for log in world.broker.logs.values():
            log.clear()
        await asyncio.sleep(10)

    run_in_virtual_time(world.running(publish, make_anew))
    assert set(world.ids()) == set(map(str, made))


def test_no_heartbeat_tells_of_completeness_while_something_is_to_be_published_again() -> None:
    told: list[tuple[int, int]] = []

    async def heartbeat(_: Producer, __: datetime) -> None:
        told.append((len(set(world.ids())), world.log.waiting))

    world = World(heartbeat)
    made = [IDS.new() for _ in range(12)]

    async def publish() -> None:
        await world.log.record(made, "a", 0)
        await asyncio.sleep(5)
        told.clear()
        for log in world.broker.logs.values():
            del log[2:]
        await asyncio.sleep(10)

    run_in_virtual_time(world.running(publish))
    assert told
    assert {there for there, _ in told} == {len(made)}


def test_what_is_too_large_blocks_its_own_key_alone() -> None:
    world = World()

    class Picky(SimProducer):
        async def send(
            self, topic: str, value: bytes, key: bytes, headers: Headers, partition: int | None = None
        ) -> Awaitable[Ack]:
            if value == str(large[0]).encode():
                raise MessageSizeTooLargeError
            return await super().send(topic, value, key, headers, partition)

    made = list[Picky]()
    rounds: list[int] = []

    def make() -> Picky:
        made.append(Picky(world.broker))
        return made[-1]

    world.make = make
    large, small = [IDS.new() for _ in range(2)], [IDS.new() for _ in range(5)]

    async def publish() -> None:
        await world.log.record(large, "large", 0)
        await world.log.record(small, "small", 0)
        before = RELAY_TOO_LARGE._value.get()
        await asyncio.sleep(20)
        rounds.append(int(RELAY_TOO_LARGE._value.get() - before))

    run_in_virtual_time(world.running(publish))
    assert set(world.ids()) == set(map(str, small))
    assert world.log.waiting == len(large)
    assert len(made) == 1, "the way to the broker is not broken"
    assert rounds == [1], "it is told once, and of the first alone"


def test_a_broker_that_never_answers_does_not_hold_the_relay_for_ever() -> None:
    world = World()
    made, tries = IDS.new(), list[int]()

    class Silent(SimProducer):
        async def send(
            self, topic: str, value: bytes, key: bytes, headers: Headers, partition: int | None = None
        ) -> Awaitable[Ack]:
            del topic, value, key, headers, partition
            tries.append(1)
            return asyncio.get_running_loop().create_future()

    world.make = lambda: (Silent if len(tries) < 2 else SimProducer)(world.broker)

    async def publish() -> None:
        await world.log.record([made], "a", 0)
        await asyncio.sleep(60)

    run_in_virtual_time(world.running(publish))
    assert world.ids()[:1] == [str(made)]
    assert len(tries) == 2


@pytest.mark.parametrize("offset", [0, 7])
def test_positions_are_compared_place_by_place(offset: int) -> None:
    losses = Losses(SimContents(SimBroker(random.Random(3))), "", ())
    losses._high = {Place("guanxi.scores", 0): 9, Place("guanxi.scores", 1): 9}
    losses.note([Ack(Place("guanxi.scores", 0), offset, 1), Ack(Place("guanxi.scores", 1), 10, 1)])
    assert losses._suspect == {Place("guanxi.scores", 0)}
