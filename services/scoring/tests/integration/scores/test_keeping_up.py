"""Keeping scores up to date: coalescing, old news, midnight, workers side by side."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from guanxi.db import Database
from guanxi.events.scores import ScoreChanged, SegmentChanged
from guanxi.service import Runtime
from guanxi.testing import Harness, a_customer
from scoring.scores import dirty_store, scorer, usecases
from scoring.settings import Settings

from ..conftest import ZONE, MakeCustomer, a_broken_promise, an_order, settle

pytestmark = pytest.mark.asyncio


async def _dirty(database: Database) -> int:
    async with database.api.read() as reader:
        return int(await reader.fetchval("SELECT count(*) FROM dirty"))


async def test_many_news_of_one_customer_are_one_scoring(service: Harness, customer: MakeCustomer) -> None:
    one = await customer()
    for _ in range(30):
        await service.apply(an_order(one, 100_000))
    assert await usecases.work_off(service.database.consumers, ZONE) == 1
    assert await _dirty(service.database) == 0


async def test_who_has_very_many_facts_is_scored_alone_and_the_others_wait_for_the_next_batch(
    service: Harness, customer: MakeCustomer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usecases, "MOST_FACTS", 10)
    facts = {await customer(): many for many in (4, 30, 4, 4)}
    for one, many in facts.items():
        await service.apply(*(an_order(one, 100_000) for _ in range(many)))
    batches = []
    while done := await usecases.work_off(service.database.consumers, ZONE):
        batches.append(done)
    assert sum(batches) == len(facts)
    assert len(batches) >= 3, "30 and 4, or 4 and 4 and 4, are more than 10"
    assert await _dirty(service.database) == 0
    async with service.database.api.read() as reader:
        scored = await reader.fetch("SELECT DISTINCT customer_id FROM score_series")
    assert {row["customer_id"] for row in scored} == set(facts)


async def test_what_is_given_back_keeps_its_place_and_real_news_goes_first(
    service: Harness, customer: MakeCustomer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usecases, "MOST_FACTS", 10)
    swept = [await customer() for _ in range(6)]
    for one in swept:
        await service.apply(*(an_order(one, 100_000) for _ in range(8)))
    await settle(service)
    async with service.database.consumers.begin() as tx:
        await usecases.mark_later(tx, swept)
    newest = await customer()
    await service.apply(*(an_order(newest, 100_000) for _ in range(8)))
    assert await usecases.work_off(service.database.consumers, ZONE) == 1
    async with service.database.api.read() as reader:
        left = await reader.fetch("SELECT customer_id, urgency FROM dirty")
    assert {row["customer_id"] for row in left} == set(swept)
    assert {row["urgency"] for row in left} == {dirty_store.SWEPT}


async def test_a_family_is_weighed_and_scored_as_one(
    service: Harness, customer: MakeCustomer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usecases, "MOST_FACTS", 10)
    speaks, other = await customer(), await customer()
    absorbed = await customer()
    await service.apply(a_customer(absorbed, sequence=2, canonical_id=speaks, status="merged"))
    for one in (speaks, absorbed, other):
        await service.apply(*(an_order(one, 100_000) for _ in range(6)))
    batches = [await usecases.work_off(service.database.consumers, ZONE) for _ in range(3)]
    assert sorted(batches) == [0, 1, 2], "both of the family at once, and the other by itself"


async def test_the_same_event_twice_touches_nobody(service: Harness, customer: MakeCustomer) -> None:
    order = an_order(await customer(), 100_000)
    await service.apply(order)
    await settle(service)
    await service.apply(order)
    assert await _dirty(service.database) == 0


async def test_events_in_any_order_lead_to_the_same_score(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    first, second = await customer(), await customer()
    days = [random.Random(7).randint(1, 700) for _ in range(20)]
    orders = [(an_order(first, 3_000_000, days_ago=n), an_order(second, 3_000_000, days_ago=n)) for n in days]
    await service.apply(*(one for one, _ in orders))
    for _, other in reversed(orders):
        await service.apply(other)
        await settle(service)
    await settle(service)
    left, right = [(await staff.get(f"/v1/customers/{one}/scores")).json()["items"][0] for one in (first, second)]
    assert (left["value"], left["inputs"]) == (right["value"], right["inputs"])


async def test_old_news_waits_to_be_gathered_and_leads_to_old_events(service: Harness, customer: MakeCustomer) -> None:
    one = await customer()
    order = an_order(one, 92_000_000, days_ago=300)
    await service.apply(order)
    assert await usecases.work_off(service.database.consumers, ZONE) == 0
    await settle(service)
    events = await service.published(ScoreChanged, SegmentChanged)
    assert events
    assert all(event.historic and event.time == order.time for event in events)


async def test_live_news_comes_before_old_news(service: Harness, customer: MakeCustomer) -> None:
    old, live = await customer(), await customer()
    await service.apply(an_order(old, 100_000, days_ago=300))
    service.clock.move(5)
    await service.apply(a_broken_promise(live, hours_ago=0.1))
    await usecases.work_off(service.database.consumers, ZONE, limit=1)
    assert {event.subject for event in await service.published(ScoreChanged)} == {live}


async def test_no_band_change_tells_nobody(service: Harness, customer: MakeCustomer) -> None:
    one = await customer()
    await service.apply(an_order(one, 42_000_000))
    await settle(service)
    before = len(await service.published(ScoreChanged, SegmentChanged))
    await service.apply(an_order(one, 100_000))
    await settle(service)
    assert len(await service.published(ScoreChanged, SegmentChanged)) == before


async def test_midnight_sweeps_everybody_once_and_silence_takes_a_customer_down(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    one = await customer()
    await service.apply(an_order(one, 42_000_000), an_order(one, 50_000_000))
    await settle(service)
    runtime = Runtime(Settings.model_construct(firm_time_zone="Asia/Shanghai"), service.database)
    await scorer.at_midnight(runtime)
    assert await _dirty(service.database) == 0
    service.clock.move(timedelta(days=370).total_seconds())
    await scorer.at_midnight(runtime)
    await scorer.at_midnight(runtime)
    assert await settle(service) == 1
    [*_, down, left] = await service.published(SegmentChanged)
    assert (down.data.tier, down.data.previous_tier, down.data.direction) == ("none", "top", "down")
    assert (left.data.segment, left.data.direction) == ("key-customers", "left")
    today = service.clock.now().astimezone(ZONE).date()
    assert down.data.as_of == today
    assert down.time.astimezone(ZONE).time().isoformat() == "00:00:00"
    assert not down.historic
    assert (await staff.get(f"/v1/customers/{one}/scores")).json()["items"][0]["as_of"] == today.isoformat()


async def test_a_sweep_interrupted_in_the_middle_goes_on_and_marks_each_customer_once(
    service: Harness, customer: MakeCustomer
) -> None:
    customers = [await customer() for _ in range(7)]
    await service.apply(*(an_order(one, 100_000) for one in customers))
    await settle(service)
    service.clock.move(timedelta(days=1).total_seconds())
    pool = service.database.consumers
    assert await usecases.sweep_some(pool, ZONE, chunk=2) == 2
    assert await _dirty(service.database) == 2
    assert await usecases.sweep(pool, ZONE, chunk=2) == 5
    assert await usecases.sweep(pool, ZONE, chunk=2) == 0
    async with service.database.api.read() as reader:
        marked = [row["customer_id"] for row in await reader.fetch("SELECT customer_id FROM dirty")]
    assert sorted(marked) == sorted(customers)


async def test_two_workers_sweep_each_customer_once(service: Harness, customer: MakeCustomer) -> None:
    customers = [await customer() for _ in range(12)]
    await service.apply(*(an_order(one, 100_000) for one in customers))
    await settle(service)
    service.clock.move(timedelta(days=1).total_seconds())
    pool = service.database.consumers
    done = await asyncio.gather(*(usecases.sweep(pool, ZONE, chunk=1) for _ in range(3)))
    assert sum(done) + await usecases.sweep(pool, ZONE, chunk=1) == await _dirty(service.database) == len(customers)


async def test_two_workers_score_a_family_without_losing_or_repeating_a_change(
    service: Harness, customer: MakeCustomer
) -> None:
    customers = [await customer() for _ in range(12)]
    for _ in range(3):
        await service.apply(*(an_order(one, 42_000_000) for one in customers))
        pool = service.database.consumers
        await asyncio.gather(*(usecases.work_off(pool, ZONE, limit=5) for _ in range(4)))
    await settle(service)
    seen: dict[object, list[int]] = {}
    for event in await service.published(ScoreChanged, SegmentChanged):
        seen.setdefault(event.aggregateid, []).append(event.sequence)
    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in seen.values())
    tops = [event for event in await service.published(SegmentChanged) if event.data.tier == "top"]
    assert {event.subject for event in tops} == set(customers)


async def test_one_customer_who_cannot_be_scored_does_not_stop_the_others(
    service: Harness, customer: MakeCustomer
) -> None:
    customers = [await customer() for _ in range(9)]
    await service.apply(*(an_order(one, 42_000_000) for one in customers))
    async with service.database.consumers.begin() as tx:
        spoil = """UPDATE fact SET attrs = '{"unmargined_minor": "spoilt"}' WHERE customer_id = $1"""
        await tx.execute(spoil, customers[4])
    pool, limit = service.database.consumers, usecases.BATCH
    for _ in range(20):
        _, limit = await scorer.score_some(pool, ZONE, limit)
    assert {event.subject for event in await service.published(ScoreChanged)} == {*customers} - {customers[4]}
    assert await _dirty(service.database) == 1


async def test_the_loop_scores_news_by_itself(service: Harness, customer: MakeCustomer) -> None:
    one = await customer()
    settings = Settings.model_construct(firm_time_zone="Asia/Shanghai")
    loop = asyncio.create_task(scorer.score_on(Runtime(settings, service.database)))
    try:
        await service.apply(an_order(one, 42_000_000))
        began = datetime.now(UTC)
        while not await service.published(ScoreChanged):
            assert datetime.now(UTC) - began < timedelta(seconds=10)
            await asyncio.sleep(0.02)
    finally:
        loop.cancel()
