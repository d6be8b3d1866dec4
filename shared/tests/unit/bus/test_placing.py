"""Where a consumer goes on: by its own word, and only after that was compared with the broker's log."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from guanxi.bus.offsets import Position
from guanxi.bus.ports import Place
from guanxi.testing.simulation import run_in_virtual_time

from .conftest import TOPIC, Bench

ONE = Place(TOPIC, 0)


def test_a_new_consumer_reads_from_the_first_event(bench: Bench) -> None:
    ids = bench.write(10)

    async def go() -> None:
        async with bench.running(bench.runner()):
            assert set(bench.store.effects) == set(ids)

    run_in_virtual_time(go())


def test_a_new_reaction_tells_nobody_of_what_was_before_its_birth(bench: Bench) -> None:
    async def go() -> None:
        bench.write(10)
        await asyncio.sleep(100)
        bench.store.since = datetime.fromtimestamp(50, UTC)
        since = bench.write(3, first=40)
        async with bench.running(bench.runner(latest=True)):
            assert set(bench.store.effects) == set(since)

    run_in_virtual_time(go())


def test_a_reaction_whose_log_was_replaced_goes_back_to_its_birth_and_no_further(bench: Bench) -> None:
    async def go() -> None:
        bench.write(10)
        await asyncio.sleep(100)
        bench.store.since = datetime.fromtimestamp(50, UTC)
        first = bench.write(3, first=40)
        async with bench.running(bench.runner(latest=True)):
            pass
        bench.broker.logs.clear()
        old = bench.write(6, first=70)
        await asyncio.sleep(100)
        async with bench.running(bench.runner(latest=True)):
            # Everything on the new log was written after the birth: nothing of it is too old to be told.
            assert set(bench.store.effects) == {*first, *old}

    run_in_virtual_time(go())


def test_a_log_that_ends_before_our_position_is_read_from_its_start(bench: Bench) -> None:
    ids = bench.write(4)
    bench.store.at[ONE] = Position(100, "who knows", 0)

    async def go() -> None:
        async with bench.running(bench.runner()):
            assert set(bench.store.effects) == set(ids)

    run_in_virtual_time(go())


def test_a_log_that_has_grown_past_our_position_with_other_events_is_read_from_its_start(bench: Bench) -> None:
    old = bench.write(10)
    runner = bench.runner()

    async def go() -> None:
        async with bench.running(runner):
            assert set(bench.store.effects) == set(old)
            bench.broker.logs.clear()
            new = bench.write(25, first=100)
            runner.check_places()  # the watchdog's word: the broker was away
            await asyncio.sleep(30)
            assert set(bench.store.effects) == {*old, *new}

    run_in_virtual_time(go())


def test_nothing_is_lost_or_repeated_while_members_come_and_go(bench: Bench) -> None:
    ids = [one for n in range(3) for one in bench.write(200, partition=n, first=1000 * n)]

    async def go() -> None:
        for seconds in (1.0, 2.5, 0.7):
            async with bench.running(bench.runner(), 0), bench.running(bench.runner(), seconds):
                pass
        async with bench.running(bench.runner(), 60):
            assert set(bench.store.effects) == set(ids)
        assert max(bench.store.effects.values()) == 1

    run_in_virtual_time(go())


def test_what_retention_took_is_passed_over(bench: Bench) -> None:
    bench.store.at[ONE] = Position(2)
    ids = bench.write(6)

    async def go() -> None:
        async with bench.running(bench.runner()):
            assert set(bench.store.effects) == set(ids[2:])

    run_in_virtual_time(go())


def test_the_same_event_at_the_same_place_is_not_the_same_record(bench: Bench) -> None:
    """Published twice, then cut off: one that is new slid in where the first copy lay."""
    old = bench.write(5)
    bench.write(1, first=4)
    runner = bench.runner()

    async def go() -> None:
        async with bench.running(runner):
            assert set(bench.store.effects) == set(old)
            del bench.broker.logs[ONE][4:]
            await asyncio.sleep(1)
            new = [*bench.write(1, first=100), *bench.write(1, first=4)]
            runner.check_places()
            await asyncio.sleep(30)
            assert set(bench.store.effects) == {*old, *new}
        assert max(bench.store.effects.values()) == 1

    run_in_virtual_time(go())
