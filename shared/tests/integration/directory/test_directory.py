"""The directory on a real PostgreSQL: whole states, merges, the half second."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
import pytest_asyncio

from guanxi import directory
from guanxi.bus.applier import FactApplier
from guanxi.db import Database, open_database
from guanxi.events import Event
from guanxi.events.directory import Watermark
from guanxi.ports import SystemIds
from guanxi.problems import Gone, NotFound, Problem
from guanxi.testing import a_customer, a_unit, an_employee, an_event

IDS = SystemIds()


def id_made_at(moment: datetime) -> UUID:
    return UUID(int=(int(moment.timestamp() * 1000) << 80) | (7 << 76) | (0b10 << 62) | uuid4().int & ((1 << 62) - 1))


@pytest_asyncio.fixture(loop_scope="session")
async def database(service_database: Callable[[str], Awaitable[Any]]) -> AsyncIterator[Database]:
    opened = await open_database((await service_database("scoring")).runtime_url, application="test")
    yield opened
    await opened.close()


async def take_in(database: Database, *states: Event[Any]) -> None:
    async with database.consumers.begin() as tx:
        await FactApplier(directory.CONSUMER).apply_events(tx, states)


def watermarks(up_to: datetime, partitions: int = 2) -> list[Event[Any]]:
    return [
        an_event(Watermark(partition=p, partitions=partitions, relayed_up_to=up_to), sequence=0)
        for p in range(partitions)
    ]


@pytest.mark.asyncio
async def test_the_higher_sequence_wins_in_any_order(database: Database) -> None:
    one = IDS.new()
    states = [a_customer(one, sequence=n, name=f"name {n}") for n in (3, 1, 2)]
    await take_in(database, states[0])
    await take_in(database, states[1], states[2])
    async with database.api.read() as reader:
        found = await directory.customer(reader, one)
    assert found is not None
    assert (found.name, found.sequence) == ("name 3", 3)


@pytest.mark.asyncio
async def test_one_batch_may_hold_several_states_of_one_customer(database: Database) -> None:
    one = IDS.new()
    await take_in(database, *(a_customer(one, sequence=n, name=f"name {n}") for n in (1, 3, 2)))
    async with database.api.read() as reader:
        found = await directory.customer(reader, one)
    assert found is not None
    assert found.name == "name 3"


@pytest.mark.asyncio
async def test_an_erased_customer_is_never_brought_back(database: Database) -> None:
    state = a_customer(sequence=1)
    one = state.data.id
    await take_in(database, state)
    await take_in(database, an_event(state.data.erased(), aggregate=one, sequence=5, subject=one))
    await take_in(database, a_customer(one, sequence=9, name="late"))
    async with database.api.read() as reader:
        found = await directory.customer(reader, one)
    assert found is not None
    assert found.erased
    assert found.name is None
    with pytest.raises(Gone):
        await directory.require(database.api, one)


@pytest.mark.asyncio
async def test_members_are_all_ids_of_the_component(database: Database) -> None:
    left, right, alone = IDS.new(), IDS.new(), IDS.new()
    await take_in(database, a_customer(left), a_customer(right, canonical_id=left, status="merged"), a_customer(alone))
    async with database.api.read() as reader:
        assert await directory.members(reader, right) == [left, right]
        assert await directory.members(reader, alone) == [alone]
        assert await directory.canonical_ids(reader, [right, alone]) == {right: left, alone: alone}
        assert await directory.families(reader, [right]) == {left: [left, right]}


@pytest.mark.asyncio
async def test_units_and_employees_are_found_by_their_words(database: Database) -> None:
    person = an_employee(subject="li.ming", unit="sales")
    await take_in(database, a_unit("sales", lead_id=person.data.id), person)
    async with database.api.read() as reader:
        unit = await directory.unit(reader, "sales")
        employee = await directory.employee_of_subject(reader, "li.ming")
    assert unit is not None
    assert employee is not None
    assert unit.lead_id == employee.id
    assert unit.calendar["weekly"][0] == {"opens": 540, "closes": 720, "weekday": 1}


@pytest.mark.asyncio
async def test_an_id_that_never_was_is_not_found(database: Database) -> None:
    await take_in(database, *watermarks(datetime.now(UTC)))
    for wrong in (uuid4(), id_made_at(datetime.now(UTC) - timedelta(hours=1))):
        with pytest.raises(NotFound):
            await directory.require(database.api, wrong)


@pytest.mark.asyncio
async def test_no_old_id_is_denied_while_a_partition_has_not_been_read(database: Database) -> None:
    await take_in(database, watermarks(datetime.now(UTC))[0])
    with pytest.raises(Problem) as refused:
        await directory.require(database.api, id_made_at(datetime.now(UTC) - timedelta(days=30)))
    assert (refused.value.status, refused.value.code) == (503, "customer-not-yet-known")


@pytest.mark.asyncio
async def test_an_id_on_its_way_is_waited_for(database: Database) -> None:
    state = a_customer()

    async def arrive() -> None:
        await asyncio.sleep(0.3)
        await take_in(database, state)

    found, _ = await asyncio.gather(directory.require(database.api, state.data.id), arrive())
    assert found.id == state.data.id


@pytest.mark.asyncio
async def test_an_id_that_does_not_arrive_in_time_is_not_yet_known(database: Database) -> None:
    await take_in(database, *watermarks(datetime.now(UTC)))
    with pytest.raises(Problem) as refused:
        await directory.require(database.api, IDS.new())
    assert (refused.value.status, refused.value.code) == (503, "customer-not-yet-known")
    assert refused.value.retry_after


@pytest.mark.asyncio
async def test_the_directory_is_whole_once_each_partition_has_a_heartbeat(database: Database) -> None:
    async with database.api.read() as reader:
        assert await directory.watermark(reader) == (None, False)
    up_to = datetime.now(UTC)
    await take_in(database, watermarks(up_to)[0])
    async with database.api.read() as reader:
        assert await directory.watermark(reader) == (None, False)
    await take_in(database, *watermarks(up_to))
    async with database.api.read() as reader:
        assert await directory.watermark(reader) == (up_to, True)


@pytest.mark.asyncio
async def test_the_lineage_of_units_goes_up_to_the_top_and_ends_in_a_circle(database: Database) -> None:
    await take_in(
        database,
        a_unit("l-top"),
        a_unit("l-middle", parent="l-top"),
        a_unit("l-low", parent="l-middle"),
        a_unit("l-other", parent="l-top"),
        a_unit("l-left", parent="l-right"),
        a_unit("l-right", parent="l-left"),
    )
    async with database.api.read() as reader:
        assert set(await directory.lineage(reader, ["l-low", "nowhere"])) == {"l-low", "l-middle", "l-top"}
        assert set(await directory.lineage(reader, ["l-left"])) == {"l-left", "l-right"}


@pytest.mark.asyncio
async def test_an_erasure_waits_for_a_write_under_way(database: Database) -> None:
    state = a_customer(sequence=1)
    one = state.data.id
    await take_in(database, state)
    async with database.api.begin() as tx:
        await directory.share_lock(tx, one)
        with pytest.raises(asyncpg.LockNotAvailableError):
            await take_in(database, an_event(state.data.erased(), aggregate=one, sequence=5, subject=one))
        await take_in(database, a_customer(one, sequence=2, name="renamed meanwhile"))
    await take_in(database, an_event(state.data.erased(), aggregate=one, sequence=5, subject=one))
    with pytest.raises(Gone):
        await directory.require(database.api, one)


@pytest.mark.asyncio
async def test_who_is_being_erased_is_left_out_without_waiting(database: Database) -> None:
    one, other = a_customer(sequence=1), a_customer(sequence=1)
    ids = [one.data.id, other.data.id]
    await take_in(database, one, other)
    async with database.consumers.begin() as erasing:
        erased = an_event(one.data.erased(), aggregate=ids[0], sequence=5, subject=ids[0])
        await FactApplier(directory.CONSUMER).apply_events(erasing, [erased])
        async with database.api.begin() as tx:
            assert set(await directory.share_locked_at_once(tx, ids)) == {ids[1]}
    async with database.api.begin() as tx:
        assert (await directory.share_locked_at_once(tx, ids))[ids[0]].erased
