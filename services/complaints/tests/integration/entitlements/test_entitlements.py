from __future__ import annotations

import asyncio
import random
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from complaints.entitlements import flags, usecases
from complaints.entitlements.usecases import Asked
from guanxi.auth import Principal
from guanxi.events.interactions import OrderPlaced
from guanxi.ports import SystemIds
from guanxi.testing import a_customer, a_unit, an_event

from .story import BIG, STAND, Story, applying, day, order

pytestmark = pytest.mark.asyncio
_WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
_LIFELONG = {"warranty", "tender-documents", "samples", "guide-and-logistics"}


async def test_three_who_ask_about_one_model_delivered_seven_months_ago(story: Story) -> None:
    small, vip, large = [await story.customer(region="CN-14") for _ in range(3)]
    for customer in (small, vip, large):
        await story.receives(customer, await story.buys(customer, 230), 215)
    await story.enters(vip, "top", 5)
    await story.buys(large, 200, BIG)
    of_small, of_vip, of_large = [await story.asked(one, sku=STAND) for one in (small, vip, large)]
    assert (of_small["covered"], of_small["warranty"]["clause"], of_small["warranty"]["reason"]) == (
        *(False, "warranty.all", "expired"),
    )
    assert (of_vip["covered"], of_vip["warranty"]["clause"], of_vip["vip"]) == (True, "warranty.vip", "top-tier")
    assert 140 < of_vip["warranty"]["days_left"] < 160
    assert (of_large["covered"], of_large["warranty"]["clause"], of_large["warranty"]["lifelong"]) == (
        *(True, "lifelong.service", True),
    )
    assert applying(of_large) >= _LIFELONG
    assert {one["policy"]["number"] for one in (of_small, of_vip, of_large)} == {1}
    tried = {one["clause"]: one["reason"] for one in of_small["goods"][0]["tried"]}
    assert (tried["warranty.vip"], tried["lifelong.service"]) == ("not-vip", "order-too-small")


async def test_merged_records_answer_together_and_apart_again(story: Story) -> None:
    survivor = a_customer(region="CN-14")
    absorbed = a_customer(canonical_id=survivor.data.id, status="merged", region="CN-14")
    await story.service.know(survivor, absorbed)
    await story.service.apply(survivor, absorbed, consumer="standing")
    await story.buys(absorbed.data.id, 100, BIG)
    await story.receives(survivor.data.id, await story.buys(survivor.data.id, 230), 215)
    found = await story.asked(survivor.data.id, sku=STAND)
    assert (found["covered"], applying(found) >= _LIFELONG) == (True, True)
    assert (await story.asked(absorbed.data.id))["canonical_id"] == str(survivor.data.id)
    apart = a_customer(absorbed.data.id, sequence=2, region="CN-14")
    await story.service.know(apart)
    assert "samples" not in applying(await story.asked(survivor.data.id))
    assert "samples" in applying(await story.asked(absorbed.data.id))


async def test_a_key_customer_is_a_vip_and_is_answered_as_one(story: Story) -> None:
    customer = await story.customer()
    await story.receives(customer, await story.buys(customer, 230), 215)
    await story.designated(customer, 1)
    found = await story.asked(customer)
    assert (found["vip"], found["covered"], found["service_level"]) == ("key-customer", True, "vip")
    body = {"customer_id": str(customer), "channel": "phone", "cause": "quality"}
    assert (await story.office.post("/v1/complaints", json=body)).json()["service_level"] == "vip"


async def test_goods_are_replaced_without_a_question_and_each_kind_of_service_has_its_clause(story: Story) -> None:
    customer = await story.customer()
    order_id = await story.buys(customer, 60)
    await story.receives(customer, order_id, 20)
    found = await story.asked(customer, order_id=str(order_id))
    kinds = {one["benefit"]: one["kinds"] for one in found["benefits"]}
    assert kinds == {
        "replacement": ["exchange"],
        "warranty": ["exchange", "repair", "care"],
        "advice": ["use", "explanation"],
    }
    replaced = next(one for one in found["benefits"] if one["benefit"] == "replacement")
    assert (replaced["clause"], replaced["until"], replaced["days_left"]) == (
        *("replacement.no-questions", day(-10).isoformat(), 10),
    )
    late = await story.asked(customer, on=day(-11).isoformat())
    assert applying(late) == {"warranty", "advice"}


async def test_a_dealer_sees_its_own_customers_by_its_own_records(story: Story) -> None:
    mine = await story.customer(unit="dealer-17")
    await story.buys(mine, 10, BIG, unit="dealer-17")
    await story.buys(mine, 10, BIG)
    ours = await story.customer()
    dealer = story.person("dealer", unit="dealer-17")
    found = await story.asked(mine, dealer)
    assert found["goods_count"] == 1
    assert (await story.asked(mine))["goods_count"] == 2
    hidden = await dealer.get("/v1/entitlements", params={"customer_id": str(ours)})
    unknown = await dealer.get("/v1/entitlements", params={"customer_id": "00000000-0000-4000-8000-000000000000"})
    assert (hidden.status_code, unknown.status_code) == (404, 404)
    assert hidden.json()["detail"] == unknown.json()["detail"]


async def test_late_twice_and_shuffled_purchases_give_one_answer(story: Story) -> None:
    customer, order_id = await story.customer(), SystemIds().new()
    told = [
        an_event(
            OrderPlaced.model_validate(order(order_id, 20, total, 10, STAND)),
            aggregate=order_id,
            sequence=sequence,
            subject=customer,
        )
        for sequence, total in ((1, 100), (2, BIG), (3, BIG + 1))
    ]
    arrivals = [*told, *told[:2]]
    random.Random(7).shuffle(arrivals)
    for one in arrivals:
        await story.service.apply(one)
    found = await story.asked(customer)
    assert (found["goods_count"], "samples" in applying(found)) == (1, True)
    assert not any(one["flagged"] for one in found["benefits"])


async def test_who_has_bought_very_often_is_answered_whole_and_shown_the_newest(story: Story) -> None:
    customer, ids = await story.customer(), [SystemIds().new() for _ in range(250)]
    orders = [OrderPlaced.model_validate(order(one, 400 - n, 100, 1, STAND)) for n, one in enumerate(ids)]
    await story.service.apply(*(an_event(one, aggregate=one.order_id, subject=customer) for one in orders))
    found = await story.asked(customer, sku=STAND)
    assert (found["goods_count"], len(found["goods"]), found["covered"]) == (250, 200, True)
    assert found["goods"][0]["order_id"] == found["warranty"]["order_id"] == str(ids[-1])


async def test_a_benefit_that_a_correction_would_take_stands_until_a_person_decides(story: Story) -> None:
    kept, withdrawn, other = [await story.customer(region="CN-14") for _ in range(3)]
    orders = {one: await story.buys(one, 20, BIG) for one in (kept, withdrawn, other)}
    for customer, order_id in orders.items():
        await story.corrects(customer, order_id, 20, BIG - 1)
    await story.buys(other, 10, BIG)
    open_ = {one["order_id"]: one for one in (await story.office.get("/v1/entitlement-flags")).json()["items"]}
    assert set(open_) == {str(orders[kept]), str(orders[withdrawn])}
    assert open_[str(orders[kept])]["clauses"] == [
        *("lifelong.guide", "lifelong.samples", "lifelong.service", "lifelong.tenders"),
    ]
    held = await story.asked(kept)
    assert applying(held) >= _LIFELONG
    assert all(one["flagged"] for one in held["benefits"] if one["package"] == "lifelong")

    staff, lead = await story.employee("staff", "staff"), await story.employee("lead", "lead")
    path = f"/v1/entitlement-flags/{orders[kept]}/decision"
    body = {"decision": "kept", "reason": "our-mistake"}
    assert (await staff.post(path, json=body)).status_code == 403
    assert (await lead.post(path, json=body)).status_code == 201
    again = await lead.post(path, json=body)
    assert (again.status_code, again.json()["code"]) == (409, "nothing-to-decide")
    path = f"/v1/entitlement-flags/{orders[withdrawn]}/decision"
    assert (await lead.post(path, json={"decision": "withdrawn", "reason": "mistyped"})).status_code == 201
    assert (await story.office.get("/v1/entitlement-flags")).json()["items"] == []
    assert "samples" in applying(await story.asked(kept))
    assert "samples" not in applying(await story.asked(withdrawn))


async def test_an_order_that_goes_to_another_is_flagged_for_whom_it_was(story: Story) -> None:
    first, second, third = [await story.customer(region="CN-14") for _ in range(3)]
    order_id = await story.buys(first, 20, BIG + 10_000_000)
    await story.corrects(second, order_id, 20, BIG, sequence=2)
    await story.corrects(third, order_id, 20, 100_000, sequence=3)
    for customer in (first, second):
        held = {one["benefit"]: one for one in (await story.asked(customer))["benefits"]}
        assert held["samples"]["flagged"]
    last = await story.asked(third)
    assert (applying(last) & {"samples", "tender-documents"}, last["goods_count"]) == (set(), 1)
    pages: list[dict[str, str]] = []
    cursor: dict[str, str] = {}
    for _ in range(2):
        page = (await story.office.get("/v1/entitlement-flags", params={"limit": "1", **cursor})).json()
        pages += page["items"]
        cursor = {"cursor": page["next"]}
    assert [(one["order_id"], one["customer_id"]) for one in pages] == [
        (str(order_id), str(one)) for one in sorted((first, second))
    ]
    assert page["next"] is None
    lead, key = await story.employee("lead", "lead"), {"Idempotency-Key": "one-word"}
    path, body = f"/v1/entitlement-flags/{order_id}/decision", {"decision": "withdrawn", "reason": "mistyped"}
    answers = [await lead.post(path, json=body, headers=key) for _ in range(2)]
    assert {one.json()["customer_id"] for one in answers} == {str(min(first, second))}
    for customer in (first, second):
        assert "samples" not in applying(await story.asked(customer))


async def test_of_two_who_decide_at_once_one_decides(story: Story) -> None:
    customer = await story.customer(region="CN-14")
    order_id = await story.buys(customer, 20, BIG)
    await story.corrects(customer, order_id, 20, 1)
    lead = await story.employee("lead", "lead")
    path, body = f"/v1/entitlement-flags/{order_id}/decision", {"decision": "withdrawn", "reason": "seen"}
    principal = Principal("office", "head-office", internal=True, scopes=frozenset({"admin"}))
    async with story.service.database.api.begin() as tx:
        await flags.decide(tx, order_id, "kept", "our-mistake", principal)
        second = asyncio.create_task(lead.post(path, json=body))
        async with asyncio.timeout(20), story.service.database.api.read() as reader:
            while not await reader.fetchval(_WAITING):  # noqa: ASYNC110 - the database tells of no event
                await asyncio.sleep(0.01)
    answer = await second
    assert (answer.status_code, answer.json()["code"]) == (409, "nothing-to-decide")
    assert "samples" in applying(await story.asked(customer))


async def test_what_is_told_later_without_a_customer_is_the_newest_all_the_same(story: Story) -> None:
    corrected, voided = [await story.customer(region="CN-14") for _ in range(2)]
    orders = {one: await story.buys(one, 20) for one in (corrected, voided)}
    await story.corrects(None, orders[corrected], 20, 100_00)
    await story.voids(None, orders[voided])
    assert [(await story.asked(one))["goods_count"] for one in orders] == [0, 0]
    late, order_id = await story.customer(), SystemIds().new()
    await story.voids(None, order_id)
    body = OrderPlaced.model_validate(order(order_id, 20, BIG, 10, STAND))
    await story.service.apply(an_event(body, aggregate=order_id, subject=late))
    assert (await story.asked(late))["goods_count"] == 0


async def test_a_claim_on_the_last_day_where_the_customers_unit_is(story: Story) -> None:
    await story.service.know(a_unit("new-york", time_zone="America/New_York"))
    customer, order_id = await story.customer(unit="new-york"), SystemIds().new()
    placed = {"placed_at": datetime(2026, 1, 15, 17, tzinfo=UTC), "unit": "new-york"}
    body = OrderPlaced.model_validate(order(order_id, 1, 100_00, 10, STAND, **placed))
    await story.service.apply(an_event(body, aggregate=order_id, subject=customer))
    found = await story.asked(customer, on="2026-01-15")
    last = date.fromisoformat(found["warranty"]["until"])
    principal = Principal("office", "head-office", internal=True, scopes=frozenset())
    one_in_the_afternoon = datetime.combine(last, time(13), ZoneInfo("America/New_York"))
    async with story.service.database.api.read() as reader:
        said = [
            await usecases.answer(reader, principal, Asked(customer_id=customer), one_in_the_afternoon + later)
            for later in (timedelta(), timedelta(hours=11))
        ]
    best = [one.answer.best() for one in said]
    assert [one.answer.on for one in said] == [last, last + timedelta(days=1)]
    assert [one[1].applies for one in best if one] == [True, False]


async def test_flags_come_in_pages(story: Story) -> None:
    for _ in range(3):
        customer = await story.customer()
        order_id = await story.buys(customer, 20, BIG)
        await story.voids(customer, order_id)
    first = (await story.office.get("/v1/entitlement-flags", params={"limit": "2"})).json()
    second = (await story.office.get("/v1/entitlement-flags", params={"limit": "2", "cursor": first["next"]})).json()
    assert (len(first["items"]), len(second["items"]), second["next"]) == (2, 1, None)


async def test_an_erased_customer_is_gone(story: Story) -> None:
    customer = await story.customer()
    await story.service.know(a_customer(customer, sequence=2, status="erased", name=None))
    answer = await story.office.get("/v1/entitlements", params={"customer_id": str(customer)})
    assert answer.status_code == 410


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"customer_id": "x"}, "customer_id"),
        ({"on": "tomorrow"}, "on"),
        ({"sku": ""}, "sku"),
        ({"order_id": "x"}, "order_id"),
    ],
)
async def test_a_wrong_question_is_named(story: Story, query: dict[str, str], field: str) -> None:
    customer = str(await story.customer())
    answer = await story.office.get("/v1/entitlements", params={"customer_id": customer, **query})
    assert answer.status_code == 422
    assert field in {error["field"] for error in answer.json()["errors"]}


async def test_no_policy_answers_for_a_day_before_the_first(story: Story) -> None:
    customer = str(await story.customer())
    params = {"customer_id": customer, "on": "2008-12-31"}
    answer = await story.office.get("/v1/entitlements", params=params)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "no-policy")
    assert (await story.asked(await story.customer(), on=day(0).isoformat()))["goods"] == []


async def test_an_order_in_another_currency_counts_at_the_rate_declared_for_its_day(story: Story) -> None:
    rates = {"USD": {day(400).isoformat(): "7.0", day(30).isoformat(): "7.2"}}
    await story.published(rates=rates)
    before, since, nowhere = [await story.customer(region="CN-14") for _ in range(3)]
    # 70,000.00 USD are 490,000 CNY at the older rate and 504,000 at the newer one.
    await story.buys(before, 60, 7_000_000, currency="USD")
    await story.buys(since, 20, 7_000_000, currency="USD")
    await story.buys(nowhere, 20, 7_000_000, currency="GBP")
    assert applying(await story.asked(since)) >= _LIFELONG
    for customer in (before, nowhere):
        assert not applying(await story.asked(customer)) & (_LIFELONG - {"warranty"})
    tried = {one["clause"]: one["reason"] for one in (await story.asked(before))["tried"]}
    assert tried["lifelong.samples"] == "order-too-small"


async def test_a_vip_at_delivery_stays_one_for_what_was_delivered_then(story: Story) -> None:
    was, between = await story.customer(), await story.customer()
    for customer in (was, between):
        await story.receives(customer, await story.buys(customer, 230), 215)
    await story.enters(was, "top", 300)
    await story.enters(was, "middle", 100, sequence=2)
    await story.enters(between, "top", 150)
    await story.enters(between, "middle", 100, sequence=2)
    found = await story.asked(was, sku=STAND)
    assert (found["vip"], found["covered"], found["warranty"]["clause"]) == (None, True, "warranty.vip")
    assert not (await story.asked(between, sku=STAND))["covered"]


async def test_guide_and_logistics_are_for_customers_from_out_of_town(story: Story) -> None:
    away, home, unknown = [await story.customer(region=region) for region in ("CN-14", "CN-44", None)]
    guided = {}
    for customer in (away, home, unknown):
        await story.buys(customer, 20, BIG)
        found = await story.asked(customer)
        assert applying(found) >= _LIFELONG - {"guide-and-logistics"}
        tried = {one["clause"]: one["reason"] for one in found["tried"]}
        guided[customer] = ("guide-and-logistics" in applying(found), tried["lifelong.guide"])
    assert guided[away][0]
    assert (guided[home], guided[unknown]) == ((False, "in-town"), (False, "region-unknown"))
