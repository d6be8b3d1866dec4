"""A consumer that stays behind is built anew, whatever its own client believes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from guanxi.bus import gate, watchdog
from guanxi.bus.consumer import ConsumerRunner
from guanxi.bus.offsets import Position
from guanxi.bus.ports import Place, Record
from guanxi.bus.watchdog import Guarded, Watchdog
from guanxi.telemetry import CONSUMER_LAG_SECONDS
from guanxi.testing.simulation import MemoryStore, SimContents, SimReader, run_in_virtual_time

from .conftest import TOPIC, Bench


class Positions:
    """The pool's place: gives what the memory knows as rows."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Any]:
        yield self

    async def fetch(self, _sql: str, consumers: list[str]) -> list[dict[str, Any]]:
        return [
            {"consumer": consumers[0], "topic": p.topic, "partition": p.partition, "next_offset": at.next_offset}
            for p, at in self._bench.store.at.items()
        ]


class Rebuilt(MemoryStore):
    """A read model whose gate a rebuild keeps closed for a while."""

    async def apply(self, records: Sequence[Record], positions: Mapping[Place, Position]) -> int:
        if asyncio.get_running_loop().time() < 200:
            await asyncio.sleep(1)
            raise gate.ClosedError
        return await super().apply(records, positions)


class Deaf(SimReader):
    """A client that has joined, believes all is well, and reads no more after its first records."""

    asked = 0

    async def poll(self, seconds: float) -> Mapping[Place, Sequence[Record]]:
        self.asked += 1
        if self.asked > 3:
            await asyncio.sleep(seconds)
            return {}
        return await super().poll(seconds)


def _watch(bench: Bench, runner: ConsumerRunner, given_up: list[str]) -> tuple[Watchdog, Guarded]:
    guarded = Guarded(runner, [TOPIC])
    pool: Any = Positions(bench)
    return Watchdog(SimContents(bench.broker), pool, [guarded], given_up.append), guarded


async def _for(seconds: float, *work: Any) -> None:
    tasks = [asyncio.ensure_future(one) for one in work]
    await asyncio.sleep(seconds)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def test_a_client_that_reads_no_more_is_replaced(bench: Bench) -> None:
    made: list[SimReader] = []

    def make() -> SimReader:
        made.append((Deaf if not made else SimReader)(bench.broker, "group", [TOPIC]))
        return made[-1]

    runner, given_up = ConsumerRunner("group", bench.store, make), list[str]()
    dog, guarded = _watch(bench, runner, given_up)

    async def go() -> None:
        async def write() -> None:
            for n in range(100):
                bench.write(1, first=n)
                await asyncio.sleep(0.5)

        await _for(120, guarded.run(), dog.run(), write())

    run_in_virtual_time(go())
    assert len(bench.store.effects) == 100
    assert len(made) == 2
    assert given_up == []


def test_a_process_that_cannot_be_mended_gives_up(bench: Bench) -> None:
    runner, given_up = ConsumerRunner("group", bench.store, lambda: Deaf(bench.broker, "group", [TOPIC])), list[str]()
    dog, guarded = _watch(bench, runner, given_up)
    bench.write(300)
    run_in_virtual_time(_for(200, guarded.run(), dog.run()))
    assert given_up
    assert "no progress after 3 rebuilds" in given_up[0]


def test_one_that_has_nothing_to_do_or_works_slowly_is_left_alone(bench: Bench) -> None:
    ids = bench.write(12)
    bench.store.poison = frozenset(ids[::2])
    runner, given_up = bench.runner(), list[str]()
    dog, guarded = _watch(bench, runner, given_up)
    run_in_virtual_time(_for(300, guarded.run(), dog.run()))
    assert len(bench.readers) == 1
    assert given_up == []
    assert sum(guarded.behind.values()) == 0


def test_while_the_broker_is_away_nobody_is_stuck_and_afterwards_places_are_compared(bench: Bench) -> None:
    old = bench.write(5)
    runner, given_up = bench.runner(), list[str]()
    dog, guarded = _watch(bench, runner, given_up)

    async def outage() -> None:
        await asyncio.sleep(20)
        bench.broker.away = True
        bench.broker.logs.clear()
        await asyncio.sleep(90)
        bench.write(9, first=50)
        bench.broker.away = False

    run_in_virtual_time(_for(180, guarded.run(), dog.run(), outage()))
    assert len(bench.store.effects) == len(old) + 9
    assert given_up == []


class Looks:
    """A broker that tells these ends, look after look."""

    def __init__(self, *ends: Mapping[Place, int]) -> None:
        self._ends = list(ends)

    async def of(self, topics: Collection[str], pattern: str | None = None) -> Mapping[Place, int]:
        return self._ends.pop(0)

    async def stop(self) -> None:
        """Nothing is open."""


@pytest.mark.parametrize(
    ("ends", "compared"),
    [
        ([{Place(TOPIC, 0): 9}, {Place(TOPIC, 0): 9}, {Place(TOPIC, 0): 12}], 0),
        ([{Place(TOPIC, 0): 9}, {Place(TOPIC, 0): 3}], 1),
        ([{Place(TOPIC, 0): 9}, {}, {}, {Place(TOPIC, 0): 3}, {Place(TOPIC, 0): 4}], 1),
    ],
    ids=["grows", "is cut", "is made anew"],
)
def test_a_log_that_is_shorter_than_it_was_is_compared(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, ends: list[Mapping[Place, int]], compared: int
) -> None:
    runner, asked = bench.runner(), list[bool]()
    monkeypatch.setattr(runner, "check_places", lambda: asked.append(True))
    pool: Any = Positions(bench)
    dog = Watchdog(Looks(*ends), pool, [Guarded(runner, [TOPIC])], lambda _: None)

    async def go() -> None:
        for _ in ends:
            await dog.look()

    run_in_virtual_time(go())
    assert len(asked) == compared


@pytest.mark.parametrize(("behind", "expected"), [(0, []), (3, [Place(TOPIC, 0)])])
def test_only_what_is_behind_can_be_stuck(bench: Bench, behind: int, expected: list[Place]) -> None:
    guarded = Guarded(bench.runner(), [TOPIC])

    async def go() -> list[Place]:
        guarded.see({Place(TOPIC, 0): behind}, {})
        await asyncio.sleep(watchdog.STUCK_SECONDS + 1)
        guarded.see({Place(TOPIC, 0): behind}, {})
        return guarded.stuck(watchdog.STUCK_SECONDS)

    assert run_in_virtual_time(go()) == expected


@pytest.mark.parametrize(("turns", "expected"), [(2, []), (21, [Place(TOPIC, 0)])])
def test_a_partition_waits_its_turn_while_its_consumer_works_on_others(
    bench: Bench, turns: int, expected: list[Place]
) -> None:
    guarded = Guarded(bench.runner(), [TOPIC])

    async def go() -> list[Place]:
        for n in range(turns):
            guarded.see({Place(TOPIC, 0): 9, Place(TOPIC, 1): 99}, {Place(TOPIC, 1): n})
            guarded.runner.progress_at = asyncio.get_running_loop().time()
            await asyncio.sleep(watchdog.STUCK_SECONDS - 1)
        guarded.see({Place(TOPIC, 0): 9, Place(TOPIC, 1): 99}, {Place(TOPIC, 1): turns})
        return guarded.stuck(watchdog.STUCK_SECONDS)

    assert run_in_virtual_time(go()) == expected


def test_a_member_whom_the_others_leave_no_partition_is_not_stuck(bench: Bench) -> None:
    guarded, place = Guarded(bench.runner(), [TOPIC]), Place(TOPIC, 0)

    async def go() -> list[Place]:
        members = [SimReader(bench.broker, "group", [TOPIC]) for _ in range(4)]
        for member in members:
            await member.start()
        guarded.runner._reader = members[3]
        assert not members[3].assignment().places
        guarded.see({place: 3}, {})
        await asyncio.sleep(watchdog.STUCK_SECONDS + 1)
        guarded.see({place: 3}, {})
        return guarded.stuck(watchdog.STUCK_SECONDS)

    assert run_in_virtual_time(go()) == []


def test_one_that_a_rebuild_keeps_waiting_is_left_alone(bench: Bench) -> None:
    bench.store = Rebuilt(bench.store.moods)
    ids, given_up = [*bench.write(20), *bench.write(20, partition=1, first=50)], list[str]()
    dog, guarded = _watch(bench, bench.runner(), given_up)
    run_in_virtual_time(_for(260, guarded.run(), dog.run()))
    assert len(bench.readers) == 1
    assert given_up == []
    assert set(bench.store.effects) == set(ids)


@pytest.mark.parametrize(
    ("level_before", "applied_before", "expected"),
    [
        (4, timedelta(days=3), 4),
        (4, timedelta(seconds=2), 2),
        (None, timedelta(hours=1), 3600),
        (None, None, 4),
    ],
    ids=["after a quiet weekend", "busy", "catching up after a start", "nothing applied yet"],
)
def test_lag_is_how_long_the_oldest_record_can_have_waited(
    bench: Bench, level_before: int | None, applied_before: timedelta | None, expected: float
) -> None:
    guarded, place = Guarded(bench.runner(), [TOPIC]), Place(TOPIC, 0)
    bench.store.at[place] = Position(1)

    async def go() -> float:
        reader = SimReader(bench.broker, "group", [TOPIC])
        await reader.start()
        guarded.runner._reader = reader
        guarded.see({place: 2 if level_before is None else 1}, {place: 1})
        await asyncio.sleep(4)
        if applied_before is not None:
            guarded.runner.applied_at[place] = int((datetime.now(UTC) - applied_before).timestamp() * 1000)
        guarded.see({place: 2}, {place: 1})
        return float(CONSUMER_LAG_SECONDS.labels("group")._value.get())

    assert run_in_virtual_time(go()) == pytest.approx(expected, abs=0.5)
