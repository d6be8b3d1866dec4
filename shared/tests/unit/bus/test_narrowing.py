"""What fails together is taken apart until only what is wrong is left; what is not wrong goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import asyncpg
import pytest

from guanxi.bus.offsets import Position
from guanxi.bus.ports import Place, Record
from guanxi.testing.simulation import MemoryStore, Moods, run_in_virtual_time

from .conftest import Bench


def test_poison_stands_alone_and_its_neighbours_are_applied(bench: Bench) -> None:
    ids = bench.write(30)
    bench.store.poison = frozenset({ids[7], ids[13]})

    async def go() -> None:
        async with bench.running(bench.runner()):
            assert set(bench.store.effects) == set(ids) - bench.store.poison
            assert dict(bench.store.buried) == {ids[7]: 1, ids[13]: 1}

    run_in_virtual_time(go())


def test_a_handler_that_never_ends_is_buried_before_anybody_takes_the_consumer_for_stuck(bench: Bench) -> None:
    ids = bench.write(20)
    bench.write(5, partition=1, first=100)
    bench.store.endless = frozenset({ids[3]})
    runner = bench.runner()

    async def go() -> float:
        longest = 0.0
        async with bench.running(runner, 0):
            for _ in range(1200):
                await asyncio.sleep(0.1)
                longest = max(longest, asyncio.get_running_loop().time() - max(runner.progress_at, 1.0))
                if ids[3] in bench.store.buried:
                    break
            assert dict(bench.store.buried) == {ids[3]: 1}
            await asyncio.sleep(20)
            assert len(bench.store.effects) == 24
        return longest

    assert run_in_virtual_time(go()) < 30


class Slow(MemoryStore):
    """A database in which more than a few events together take too long."""

    async def apply(self, records: Sequence[Record], positions: Mapping[Place, Position]) -> int:
        if len(records) > 3:
            await asyncio.sleep(3)
            raise asyncpg.QueryCanceledError
        return await super().apply(records, positions)


def test_what_is_too_slow_together_is_applied_apart(bench: Bench) -> None:
    bench.store = Slow(bench.store.moods)
    ids = bench.write(40)

    async def go() -> None:
        async with bench.running(bench.runner(), 120):
            assert set(bench.store.effects) == set(ids)
            assert not bench.store.buried

    run_in_virtual_time(go())


class Held(MemoryStore):
    """A database in which somebody holds the row of one event for a while."""

    held: str = ""
    until: float = 0.0

    async def apply(self, records: Sequence[Record], positions: Mapping[Place, Position]) -> int:
        now = asyncio.get_running_loop().time()
        if now < self.until and any(record.header("ce_id") == self.held for record in records):
            raise asyncpg.LockNotAvailableError
        return await super().apply(records, positions)


def test_a_row_that_somebody_holds_stops_its_own_partition_only(bench: Bench) -> None:
    store = bench.store = Held(bench.store.moods)
    mine, others = bench.write(10), bench.write(10, partition=1, first=50)
    store.held, store.until = mine[4], 40.0

    async def go() -> None:
        async with bench.running(bench.runner(), 30):
            assert set(store.effects) == {*mine[:4], *others}
            await asyncio.sleep(30)
            assert set(store.effects) == {*mine, *others}
            assert not store.buried

    run_in_virtual_time(go())


class Passed(MemoryStore):
    """A database of a consumer that handles none of what comes."""

    def __init__(self, moods: Moods) -> None:
        super().__init__(moods)
        self.passed: dict[Place, Position] = {}
        self.closed = True

    @property
    def unkept(self) -> bool:
        return bool(self.passed)

    async def apply(self, records: Sequence[Record], positions: Mapping[Place, Position]) -> int:
        self.passed |= positions
        return 0

    async def keep(self) -> None:
        if self.closed:
            raise ConnectionResetError
        self._move(self.passed)
        self.passed = {}


def test_what_is_passed_is_written_down_without_anything_else_to_do_and_again_where_that_failed(bench: Bench) -> None:
    store = bench.store = Passed(bench.store.moods)
    place = Place("guanxi.scores", 0)
    bench.write(10)

    async def go() -> None:
        async with bench.running(bench.runner(), 5):
            assert store.at[place].next_offset == 0
            assert store.unkept
            store.closed = False
            await asyncio.sleep(1)
            assert store.at[place].next_offset == 10
            assert not store.unkept

    run_in_virtual_time(go())


def test_without_a_database_nothing_is_buried(bench: Bench) -> None:
    ids = bench.write(10)
    bench.store.endless = frozenset({ids[2]})

    async def go() -> None:
        async with bench.running(bench.runner(), 1):
            bench.store.moods.away = True
            await asyncio.sleep(120)
            assert not bench.store.buried
            bench.store.endless, bench.store.moods.away = frozenset(), False
            await asyncio.sleep(30)
            assert set(bench.store.effects) == set(ids)

    run_in_virtual_time(go())


@pytest.mark.parametrize("after", [20, 0])
def test_told_to_end_it_finishes_and_leaves(bench: Bench, after: int) -> None:
    bench.write(10)
    runner = bench.runner()

    async def go() -> None:
        task = asyncio.ensure_future(runner.run())
        await asyncio.sleep(after)
        runner.end()
        await asyncio.wait_for(task, 30)
        assert not bench.broker.group("group").members
        if after:
            assert bench.broker.group("group").committed == {Place("guanxi.scores", 0): 10}

    run_in_virtual_time(go())
