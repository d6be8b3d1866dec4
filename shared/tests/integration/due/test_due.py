"""Due moments on a real PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio

from guanxi.db import Database, Tx, open_database
from guanxi.due import DueLoop, cancel, schedule, schedule_all
from guanxi.ports import SystemIds
from guanxi.telemetry import correlation_id

IDS = SystemIds()
PAST = datetime.now(UTC) - timedelta(minutes=5)


@pytest_asyncio.fixture(loop_scope="session")
async def database(service_database: Callable[[str], Awaitable[Any]]) -> AsyncIterator[Database]:
    opened = await open_database((await service_database("scoring")).runtime_url, application="test")
    yield opened
    await opened.close()


async def plan(database: Database, at: datetime, kind: str = "promise") -> UUID:
    async with database.api.begin() as tx:
        made = tx.new_id()
        await schedule(tx, at, kind, made)
    return made


def collecting(into: list[tuple[UUID, datetime]]) -> Callable[[Tx, UUID, datetime], Awaitable[None]]:
    async def handler(tx: Tx, one: UUID, at: datetime) -> None:
        tx.after_commit(lambda: into.append((one, at)))

    return handler


@pytest.mark.asyncio
async def test_what_is_due_is_done_once_and_what_is_not_yet_due_waits(database: Database) -> None:
    due = await plan(database, PAST)
    await plan(database, PAST + timedelta(days=1))
    done: list[tuple[UUID, datetime]] = []
    loop = DueLoop(database.consumers, {"promise": collecting(done)})
    assert await loop.work_off() == 1
    assert done == [(due, PAST)]
    assert await loop.work_off() == 0


@pytest.mark.asyncio
async def test_two_loops_share_the_work_and_double_nothing(database: Database) -> None:
    planned = {await plan(database, PAST) for _ in range(40)}
    done: list[tuple[UUID, datetime]] = []
    loops = [DueLoop(database.consumers, {"promise": collecting(done)}) for _ in range(3)]
    await asyncio.gather(*(loop.work_off() for loop in loops))
    assert sorted(one for one, _ in done) == sorted(planned)


@pytest.mark.asyncio
async def test_scheduling_again_moves_it_and_cancelling_forgets_it(database: Database) -> None:
    moved, gone = await plan(database, PAST), await plan(database, PAST)
    async with database.api.begin() as tx:
        await schedule(tx, tx.now + timedelta(hours=1), "promise", moved)
        await cancel(tx, "promise", gone)
    done: list[tuple[UUID, datetime]] = []
    assert await DueLoop(database.consumers, {"promise": collecting(done)}).work_off() == 0
    assert done == []


@pytest.mark.asyncio
async def test_a_failing_handler_keeps_nobody_waiting_and_is_tried_again_later(database: Database) -> None:
    bad = await plan(database, PAST)
    good = await plan(database, PAST + timedelta(seconds=1))
    done: list[tuple[UUID, datetime]] = []
    collect = collecting(done)

    async def handler(tx: Tx, one: UUID, at: datetime) -> None:
        if one == bad:
            raise ValueError("cannot")
        await collect(tx, one, at)

    await DueLoop(database.consumers, {"promise": handler}).work_off()
    assert [one for one, _ in done] == [good]
    async with database.api.read() as reader:
        row = await reader.fetchrow("SELECT at, attempts, last_error FROM due WHERE id = $1", bad)
    assert row is not None
    assert row["attempts"] == 1
    assert "cannot" in row["last_error"]
    assert row["at"] > datetime.now(UTC)


@pytest.mark.asyncio
async def test_many_moments_are_set_at_once_and_moved_like_one(database: Database) -> None:
    later = PAST + timedelta(days=1)
    async with database.api.begin() as tx:
        first, second = tx.new_id(), tx.new_id()
        await schedule(tx, PAST, "promise", second)
        await schedule_all(tx, "promise", {first: PAST, second: later})
        await schedule_all(tx, "promise", {})
    done: list[tuple[UUID, datetime]] = []
    await DueLoop(database.consumers, {"promise": collecting(done)}).work_off()
    assert done == [(first, PAST)]


@pytest.mark.asyncio
async def test_each_due_moment_has_a_correlation_id_of_its_own(database: Database) -> None:
    planned = [await plan(database, PAST) for _ in range(3)]
    found: dict[UUID, set[str]] = {}

    async def handler(_: Tx, one: UUID, __: datetime) -> None:
        found[one] = {correlation_id(), correlation_id()}

    assert await DueLoop(database.consumers, {"promise": handler}).work_off() == 3
    assert found.keys() == set(planned)
    assert len(set().union(*found.values())) == 3


@pytest.mark.asyncio
async def test_one_that_fails_keeps_the_moment_to_which_it_was_moved_meanwhile(database: Database) -> None:
    bad, later = await plan(database, PAST), PAST + timedelta(days=30)

    class Overtaken(DueLoop):
        async def _failed(self, claimed: asyncpg.Record, error: Exception) -> None:
            async with database.api.begin() as tx:
                await schedule(tx, later, "promise", bad)
            await super()._failed(claimed, error)

    async def handler(_: Tx, __: UUID, ___: datetime) -> None:
        raise ValueError("cannot")

    await Overtaken(database.consumers, {"promise": handler}).work_off()
    async with database.api.read() as reader:
        row = await reader.fetchrow("SELECT at, attempts, last_error FROM due WHERE id = $1", bad)
    assert row is not None
    assert tuple(row) == (later, 0, None)


@pytest.mark.asyncio
@pytest.mark.parametrize(("times", "left"), [(2, 0), (3, 1)])
async def test_a_deadlock_is_tried_again_at_once_and_a_lasting_lock_later(
    database: Database, times: int, left: int
) -> None:
    one = await plan(database, PAST)
    calls: list[UUID] = []

    async def handler(_: Tx, id_: UUID, __: datetime) -> None:
        calls.append(id_)
        if len(calls) <= times:
            raise asyncpg.DeadlockDetectedError

    await DueLoop(database.consumers, {"promise": handler}).work_off()
    async with database.api.read() as reader:
        assert await reader.fetchval("SELECT count(*) FROM due WHERE id = $1 AND attempts = 1", one) == left
    assert calls == [one] * 3
