"""The simulation's memory keeps the promises of the real one: both pass the same tests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date
from random import Random
from uuid import UUID

import pytest
import pytest_asyncio

from guanxi.bus import log
from guanxi.bus.applier import FactApplier
from guanxi.bus.lease import Batch, Lease, Mark, lease
from guanxi.bus.offsets import Position
from guanxi.bus.ports import Place, Record
from guanxi.bus.store import ConsumerStore, DatabaseStore
from guanxi.db import Database, Tx, open_database
from guanxi.events import Consumer, Event
from guanxi.events.scores import ScoreChanged, SegmentChanged
from guanxi.ports import SystemIds
from guanxi.testing.simulation import MemoryLog, MemoryStore, Moods

IDS = SystemIds()
ONE, TWO = Place("guanxi.scores", 0), Place("guanxi.scores", 1)
pytestmark = pytest.mark.asyncio(loop_scope="session")


@dataclass
class Kit:
    """One kind of memory: a consumer's store, and a log with its lease."""

    store: ConsumerStore
    effects: Callable[[], Awaitable[int]]
    commit: Callable[[int], Awaitable[list[UUID]]]
    lease: Callable[[], AbstractAsyncContextManager[Lease | None]]
    record: Callable[[Place, int, int], Record]


@pytest_asyncio.fixture(loop_scope="session")
async def scoring(service_database: Callable[[str], Awaitable[object]]) -> AsyncIterator[Database]:
    made = await service_database("scoring")
    database = await open_database(made.runtime_url, application="test")  # type: ignore[attr-defined]
    yield database
    await database.close()


@pytest.fixture(params=["memory", "database"])
def kit(request: pytest.FixtureRequest, scoring: Database) -> Kit:
    return _memory() if request.param == "memory" else _real(scoring)


def _memory() -> Kit:
    moods = Moods(Random(1))
    store, journal = MemoryStore(moods, poison=frozenset({str(UUID(int=666))})), MemoryLog(moods, "scores")

    async def commit(count: int) -> list[UUID]:
        ids = [IDS.new() for _ in range(count)]
        await journal.record(ids, "key", 0)
        return ids

    async def effects() -> int:
        return sum(store.effects.values())

    return Kit(store, effects, commit, journal.lease, lambda place, offset, number: _record(place, offset, number, b""))


def _real(database: Database) -> Kit:
    applied: list[int] = []

    async def effect(tx: Tx, events: Sequence[Event[ScoreChanged]]) -> None:
        if any(event.data.value == 666 for event in events):
            raise ValueError("cannot apply it")
        tx.after_commit(lambda: applied.append(len(events)))

    consumer = Consumer("contract", {ScoreChanged: effect})

    async def commit(count: int) -> list[UUID]:
        async with database.api.begin() as tx:
            made = [_event(tx, n) for n in range(count)]
            await log.record(tx, *made)
        return [event.id for event in made]

    async def effects() -> int:
        return sum(applied)

    def record(place: Place, offset: int, number: int) -> Record:
        tx = Tx(None, database.api.clock.now(), IDS)  # type: ignore[arg-type]
        event = _event(tx, number).model_copy(update={"id": UUID(int=number)})
        return _record(place, offset, number, event.to_json())

    store = DatabaseStore(database.consumers, consumer.group, FactApplier(consumer))
    return Kit(store, effects, commit, lambda: lease(database.url), record)


def _event(tx: Tx, number: int) -> Event[ScoreChanged]:
    fact = ScoreChanged(kind="contract", as_of=date(2026, 1, 1), value=number, band="any", version="1")
    return log.draft(tx, fact, aggregate=tx.new_id(), sequence=1, subject=None)


def _record(place: Place, offset: int, number: int, value: bytes) -> Record:
    headers = (("ce_id", str(UUID(int=number)).encode()), ("ce_type", ScoreChanged.TYPE.encode()))
    return Record(place, offset, b"key", value, headers, 0)


async def test_an_event_has_its_effect_once_and_its_position_with_it(kit: Kit) -> None:
    records = [kit.record(ONE, 0, 1), kit.record(ONE, 1, 2), kit.record(TWO, 0, 3)]
    positions = {ONE: Position(2, "b"), TWO: Position(1, "c")}
    assert await kit.store.positions() == {}
    await kit.store.apply(records, positions)
    await kit.store.apply([*records, kit.record(TWO, 1, 1)], {**positions, TWO: Position(2, "a")})
    assert await kit.effects() == 3
    assert await kit.store.positions() == {ONE: Position(2, "b"), TWO: Position(2, "a")}


async def test_what_fails_leaves_nothing_behind(kit: Kit) -> None:
    with pytest.raises(ValueError, match="cannot apply"):
        await kit.store.apply([kit.record(ONE, 0, 1), kit.record(ONE, 1, 666)], {ONE: Position(2, "x")})
    assert await kit.effects() == 0
    assert await kit.store.positions() == {}


async def test_a_zombie_takes_no_position_back_but_placing_does(kit: Kit) -> None:
    await kit.store.apply([kit.record(ONE, 7, 1)], {ONE: Position(8, "h", 70)})
    await kit.store.apply([kit.record(ONE, 3, 2)], {ONE: Position(4, "d")})
    assert await kit.store.positions() == {ONE: Position(8, "h", 70)}
    await kit.store.place({ONE: Position(0)})
    assert await kit.store.positions() == {ONE: Position(0)}


async def test_what_nobody_handles_is_kept_with_the_next_effect_or_when_it_is_time(scoring: Database) -> None:
    kit = _real(scoring)

    def other(place: Place, offset: int) -> Record:
        named = (("ce_id", str(IDS.new()).encode()), ("ce_type", SegmentChanged.TYPE.encode()))
        return Record(place, offset, b"key", b"never read", named, 0)

    assert await kit.store.apply([other(ONE, 0), other(TWO, 0)], {ONE: Position(1), TWO: Position(1)}) == 0
    assert await kit.store.positions() == {}, "what was asked for is not known any more: it is read again"
    await kit.store.keep()
    assert await kit.store.positions() == {}
    await kit.store.apply([other(ONE, 0), other(TWO, 0)], {ONE: Position(1), TWO: Position(1)})
    await kit.store.apply([kit.record(ONE, 1, 1), other(ONE, 2)], {ONE: Position(3)})
    assert await kit.effects() == 1
    assert await kit.store.positions() == {ONE: Position(3), TWO: Position(1)}
    await kit.store.apply([other(TWO, 1)], {TWO: Position(2)})
    await kit.store.keep()
    assert await kit.store.positions() == {ONE: Position(3), TWO: Position(2)}
    await kit.store.apply([other(TWO, 2)], {TWO: Position(3)})
    await kit.store.place({TWO: Position(0)})
    await kit.store.keep()
    assert await kit.store.positions() == {ONE: Position(3), TWO: Position(0)}, "it was put back, and stays there"


async def test_what_is_buried_is_passed(kit: Kit) -> None:
    await kit.store.bury(kit.record(ONE, 4, 666), ValueError("no use"), Position(5, "e"))
    assert await kit.store.positions() == {ONE: Position(5, "e")}
    assert await kit.effects() == 0
    assert await kit.store.answers()


async def test_one_lease_at_a_time_gives_events_in_order_until_they_are_acknowledged(kit: Kit) -> None:
    ids = await kit.commit(5)
    async with kit.lease() as first, kit.lease() as second:
        assert first is not None
        assert second is None
        assert [pointer.event_id for pointer in await first.claim(3)] == ids[:3]
        claimed = await first.claim(10)
        await first.acknowledge(claimed[:4], [Batch(ONE, 0, 1, 51, ids[:2]), Batch(TWO, 0, 1, 53, ids[2:4])])
        assert [pointer.event_id for pointer in await first.claim(10)] == ids[4:]
        assert await first.marks() == {ONE: Mark(1, ids[1], 51), TWO: Mark(1, ids[3], 53)}
    async with kit.lease() as third:
        assert third is not None


async def test_what_the_broker_has_lost_comes_first_and_in_its_old_order(kit: Kit) -> None:
    ids = await kit.commit(6)
    async with kit.lease() as held:
        assert held is not None
        claimed = await held.claim(10)
        await held.acknowledge(claimed[:2], [Batch(ONE, 0, 1, 51, ids[:2])])
        await held.acknowledge(claimed[2:4], [Batch(ONE, 2, 3, 53, ids[2:4])])
        await held.acknowledge(claimed[4:5], [Batch(TWO, 3, 3, 54, ids[4:5])])
        assert await held.marks(1) == {ONE: Mark(1, ids[1], 51)}
        assert (await held.remembers_from(ONE), await held.remembers_from(TWO)) == (0, 3)
        assert await held.lost_from(ONE, 2) == 2
        assert [pointer.event_id for pointer in await held.claim(10)] == [*ids[2:4], ids[5]]
        assert await held.lost_from(ONE, 0) == 2
        assert [pointer.event_id for pointer in await held.claim(10)] == [*ids[:4], ids[5]]
        assert await held.marks() == {TWO: Mark(3, ids[4], 54)}
        assert await held.lost_from(TWO, 4) == 0
        assert await held.remembers_from(Place("guanxi.scores", 2)) is None
