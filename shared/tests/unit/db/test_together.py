"""Writes that wait while another is in flight go down together, and none of them suffers from another."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Sequence
from typing import Any

import pytest

from guanxi.db import Pool, Together, TogetherByPool

pytestmark = pytest.mark.asyncio


class Slow:
    """A writer that notes its batches and waits for leave; it refuses what is negative."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.leave = asyncio.Event()

    async def __call__(self, items: Sequence[int]) -> list[int]:
        self.batches.append(list(items))
        await self.leave.wait()
        if any(item < 0 for item in items):
            raise ValueError(min(items))
        return [item * 10 for item in items]


def by_itself(item: int) -> int:
    return item


async def test_the_first_goes_at_once_and_the_rest_with_the_next() -> None:
    write = Slow()
    together = Together(write, by_itself)
    asked = [asyncio.create_task(together(n)) for n in range(5)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    later = asyncio.create_task(together(5))
    await asyncio.sleep(0)
    write.leave.set()
    assert await asyncio.gather(*asked, later) == [0, 10, 20, 30, 40, 50]
    assert write.batches == [[0, 1, 2, 3, 4], [5]]


async def test_a_bad_one_fails_alone() -> None:
    write = Slow()
    write.leave.set()
    together = Together(write, by_itself)
    found = await asyncio.gather(*(together(n) for n in (1, -2, 3)), return_exceptions=True)
    assert [found[0], found[2]] == [10, 30]
    assert isinstance(found[1], ValueError)
    assert write.batches[0] == [1, -2, 3]
    assert sorted(write.batches[1:]) == [[-2], [1], [3]]


async def test_two_of_one_key_are_never_in_one_batch() -> None:
    write = Slow()
    write.leave.set()
    together = Together(write, lambda item: item % 2)
    assert await asyncio.gather(*(together(n) for n in (1, 2, 3, 5))) == [10, 20, 30, 50]
    assert write.batches == [[1, 2], [3], [5]]


async def test_one_who_has_gone_before_the_batch_writes_nothing() -> None:
    write = Slow()
    together = Together(write, by_itself)
    first = asyncio.create_task(together(1))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    gone, stays = asyncio.create_task(together(2)), asyncio.create_task(together(3))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    write.leave.set()
    assert list(await asyncio.gather(first, stays)) == [10, 30]
    assert write.batches == [[1], [3]]


async def test_one_who_goes_while_it_is_written_disturbs_nobody() -> None:
    write = Slow()
    together = Together(write, by_itself)
    gone, stays = asyncio.create_task(together(1)), asyncio.create_task(together(2))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    write.leave.set()
    assert await stays == 20
    assert await together(4) == 40


async def test_no_batch_is_larger_than_allowed() -> None:
    write = Slow()
    write.leave.set()
    together = Together(write, by_itself, most=3)
    assert await asyncio.gather(*(together(n) for n in range(7))) == [n * 10 for n in range(7)]
    assert [len(batch) for batch in write.batches] == [3, 3, 1]


async def test_while_the_database_is_away_a_batch_is_not_tried_item_by_item() -> None:
    tries: list[int] = []

    async def write(items: Sequence[int]) -> list[int]:
        await asyncio.sleep(0)
        tries.append(len(items))
        raise ConnectionRefusedError

    together = Together(write, by_itself)
    found = await asyncio.gather(*(together(n) for n in range(10)), return_exceptions=True)
    assert {type(one) for one in found} == {ConnectionRefusedError}
    assert len(tries) == 1


async def test_a_queue_goes_with_its_pool() -> None:
    async def work(_: Pool, items: Sequence[int]) -> list[int]:
        return [item * 10 for item in items]

    nothing: Any = None
    together, pool = TogetherByPool(work), Pool(nothing, nothing, nothing)
    assert await together(pool, 4) == 40
    gone = weakref.ref(pool)
    del pool
    gc.collect()
    assert gone() is None
    assert not together._queues
