"""Facts of every kind, their versions, and who may read them."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from guanxi.events import Event, parse
from guanxi.events import Fact as EventFact
from guanxi.events.complaints import ComplaintFiledVoided, DeadlineMissed
from guanxi.events.contracts import sample
from guanxi.events.entitlements import GoodwillApproved
from guanxi.events.interactions import OrderPlacedCorrected, OrderPlacedVoided, OrderReturned, PromiseMadeVoided
from guanxi.testing import Harness, a_customer, an_event
from scoring.facts import store, usecases
from scoring.facts.reading import SAYS, STEP, VOIDS
from scoring.facts.rules import current

from ..conftest import MakeCustomer, a_broken_promise, an_order

pytestmark = pytest.mark.asyncio


def _sampled(kind: type[EventFact], subject: UUID, *, full: bool) -> Event[Any]:
    return parse({**sample(kind, full=full), "subject": str(subject)})


@pytest.mark.parametrize("extent", ["full", "least"])
async def test_every_event_of_interactions_and_complaints_becomes_a_fact(
    service: Harness, customer: MakeCustomer, extent: str
) -> None:
    one = await customer()
    events = {kind: _sampled(kind, one, full=extent == "full") for kind in (*SAYS, *VOIDS)}
    await service.apply(*events.values())
    expected = {(events[kind].aggregateid, each.kind, False) for kind, said in SAYS.items() for each in said}
    expected |= {(events[kind].aggregateid, name, True) for kind, names in VOIDS.items() for name in names}
    async with service.database.api.read() as reader:
        rows = await reader.fetch("SELECT aggregate_id, kind, voided FROM fact WHERE customer_id = $1", one)
    assert {tuple(row) for row in rows} == expected


async def test_goodwill_for_a_complaint_that_nobody_made_is_still_listed(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    one, complaint, now = await customer(), uuid4(), datetime.now(UTC)
    said = {"goodwill_id": uuid4(), "complaint_id": complaint, "unit": "head-office", "kind": "exchange"}
    given = GoodwillApproved.model_validate(said | {"currency": "CNY", "cost_minor": 100_000, "approved_at": now})
    void, missed = (
        kind.model_validate(sample(kind, full=False)["data"] | {"complaint_id": complaint})
        for kind in (ComplaintFiledVoided, DeadlineMissed)
    )
    await service.apply(
        an_event(given, aggregate=given.goodwill_id, sequence=2, subject=one),
        an_event(missed, aggregate=uuid4(), subject=one),
        an_event(void, aggregate=complaint, sequence=2, subject=one),
    )
    listed = (await staff.get(f"/v1/customers/{one}/facts")).json()["items"]
    assert [(each["kind"], each["amount_minor"]) for each in listed] == [("goodwill", 100_000)]


async def test_what_happened_before_a_window_is_read_only_where_something_in_it_rests_on_that(
    service: Harness, customer: MakeCustomer
) -> None:
    one = await customer()
    old, returned, new = (an_order(one, 1_000_000, days_ago=days) for days in (500, 400, 10))
    at = datetime.now(UTC) - timedelta(days=5)
    back = OrderReturned.model_validate(
        {"return_id": uuid4(), "order_id": returned.aggregateid, "unit": "head-office", "returned_at": at}
        | {"currency": "CNY", "amount_minor": 500_000}
    )
    await service.apply(old, returned, new, an_event(back, aggregate=back.return_id, subject=one, time=at))
    since = datetime.now(UTC) - timedelta(days=365)
    async with service.database.api.read() as reader:
        rows = await usecases.of_customers(reader, [one], ("order", "return"), None, since)
    assert {row.aggregate_id for row in rows} == {returned.aggregateid, new.aggregateid, back.return_id}


async def test_the_newest_version_counts_and_every_version_can_be_read(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    one = await customer()
    order = an_order(one, 42_000_000)
    values = order.data.model_dump() | {"goods_minor": 40_000_000}
    corrected = an_event(
        OrderPlacedCorrected.model_validate(values),
        aggregate=order.aggregateid,
        sequence=2,
        subject=one,
        time=order.time,
    )
    await service.apply(corrected)
    await service.apply(order)
    [row] = (await staff.get(f"/v1/customers/{one}/facts?kind=order")).json()["items"]
    assert (row["sequence"], row["amount_minor"], row["event_id"]) == (2, 40_000_000, str(corrected.id))
    every = (await staff.get(f"/v1/customers/{one}/facts?every_version=true")).json()["items"]
    assert [version["sequence"] for version in every] == [2, 1]


async def test_what_came_of_a_promise_that_was_never_made_is_void_too(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    one = await customer()
    broken = a_broken_promise(one)
    fact = PromiseMadeVoided(promise_id=broken.aggregateid, unit="head-office")
    await service.apply(an_event(fact, aggregate=broken.aggregateid, sequence=3, subject=one), broken)
    assert (await staff.get(f"/v1/customers/{one}/facts")).json()["items"] == []


async def test_pages_hold_each_fact_once(service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient) -> None:
    one = await customer()
    orders = [an_order(one, 100_000, days_ago=n) for n in range(7)]
    await service.apply(*orders)
    seen: list[str] = []
    url: str | None = f"/v1/customers/{one}/facts?limit=3"
    while url:
        answer = await staff.get(url)
        seen += [fact["id"] for fact in answer.json()["items"]]
        url = answer.links["next"]["url"] if "next" in answer.links else None
    assert seen == [str(order.aggregateid) for order in orders]


@pytest.mark.parametrize("limit", [1, 2, 5])
async def test_pages_hold_what_counts_and_no_more_over_long_runs_that_do_not(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient, limit: int
) -> None:
    speaks, absorbed = await customer(), await customer()
    await service.apply(a_customer(absorbed, sequence=2, canonical_id=speaks, status="merged"))
    events: list[Event[Any]] = []
    for n, subject in enumerate((speaks, absorbed) * 4):
        # Of one moment each pair: the ids decide. Between them lie versions that count no more.
        order = an_order(subject, 100_000, days_ago=n // 2)
        events.append(order)
        fact = OrderPlacedCorrected.model_validate(order.data.model_dump())
        envelope: dict[str, Any] = {"aggregate": order.aggregateid, "subject": subject, "time": order.time}
        events += [an_event(fact, sequence=version, **envelope) for version in range(2, 15)]
        if n % 3 == 0:
            gone = OrderPlacedVoided(order_id=order.aggregateid, unit="head-office")
            events.append(an_event(gone, sequence=15, **envelope))
    random.Random(limit).shuffle(events)
    await service.apply(*events)
    async with service.database.api.read() as reader:
        rows = [store.read(row) for row in await reader.fetch("SELECT * FROM fact")]

    async def walked(query: str) -> list[tuple[str, int]]:
        found: list[tuple[str, int]] = []
        url: str | None = f"/v1/customers/{speaks}/facts?limit={limit}{query}"
        while url:
            answer = await staff.get(url)
            items = answer.json()["items"]
            assert len(items) == limit or "next" not in answer.links
            found += [(one["id"], one["sequence"]) for one in items]
            url = answer.links["next"]["url"] if "next" in answer.links else None
        return found

    counting = [(str(row.aggregate_id), row.sequence) for row in reversed(current(rows))]
    assert await walked("") == counting
    assert len(counting) == 5
    every = await walked("&every_version=true")
    assert sorted(every) == sorted((str(row.aggregate_id), row.sequence) for row in rows)


async def test_an_external_unit_reads_its_own_facts_under_the_id_it_asks_for(
    service: Harness, customer: MakeCustomer, dealer: httpx.AsyncClient
) -> None:
    own, other = await customer(unit="dealer-17"), await customer()
    mine = an_order(own, 100_000, unit="dealer-17")
    await service.apply(mine, an_order(own, 200_000), an_order(other, 300_000, unit="dealer-17"))
    await service.apply(a_customer(own, sequence=2, unit="dealer-17", canonical_id=other, status="merged"))
    answer = await dealer.get(f"/v1/customers/{own}/facts")
    assert [fact["id"] for fact in answer.json()["items"]] == [str(mine.aggregateid)]
    assert "content-location" not in answer.headers
    assert (await dealer.get(f"/v1/customers/{other}/facts")).status_code == 404


async def test_each_source_has_its_watermark_by_what_was_known_when(service: Harness, customer: MakeCustomer) -> None:
    one = await customer()
    orders = [an_order(one, 100_000, days_ago=days, source="dealer-17") for days in (30, 20, 25, 10)]
    await service.apply(*orders[2:], an_order(one, 100_000, days_ago=1))
    await service.apply(*orders[:2])
    now = service.clock.now()
    async with service.database.api.read() as reader:
        for days, newest in ((0, orders[3]), (15, orders[1]), (22, orders[2])):
            told = await usecases.reach(reader, now - timedelta(days=days))
            assert list(told) == ["dealer-17"]
            assert timedelta(0) <= newest.time - told["dealer-17"] < STEP
        assert await usecases.reach(reader, now - timedelta(days=40)) == {}


async def test_voided_orders_take_their_returns_with_them(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    one = await customer()
    order = an_order(one, 1_000_000, days_ago=3)
    values = {"return_id": uuid4(), "order_id": order.aggregateid, "currency": "CNY", "amount_minor": 400_000}
    back = OrderReturned.model_validate({**values, "unit": "head-office", "returned_at": datetime.now(UTC)})
    never = OrderPlacedVoided(order_id=order.aggregateid, unit="head-office")
    await service.apply(an_event(back, aggregate=back.return_id, subject=one), order)
    assert len((await staff.get(f"/v1/customers/{one}/facts")).json()["items"]) == 2
    await service.apply(an_event(never, aggregate=order.aggregateid, sequence=2, subject=one, time=order.time))
    assert (await staff.get(f"/v1/customers/{one}/facts")).json()["items"] == []
    value = (await staff.get(f"/v1/customers/{one}/scores")).json()["items"][0]
    assert (value["value"], value["inputs"]["profit_minor"]) == (0, 0)
