"""Reading scores over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest

from guanxi.events.complaints import ComplaintFiledVoided, ComplaintReopened, DeadlineMissed, DeadlineMissedVoided
from guanxi.events.interactions import OrderPlacedVoided, PromiseBrokenVoided, PromiseKept, PromiseKeptVoided
from guanxi.ports import SystemIds
from guanxi.testing import Harness, a_customer, an_event
from scoring.scores import usecases

from ..conftest import ZONE, MakeCustomer, a_broken_promise, a_ticket, an_order, settle

pytestmark = pytest.mark.asyncio
_TWO = timedelta(days=2)


async def test_scores_come_with_reasons_in_three_languages(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    one = await customer()
    order = an_order(one, 42_000_000)
    await service.apply(order)
    await settle(service)
    body = (await staff.get(f"/v1/customers/{one}/scores")).json()
    value, trust = body["items"]
    assert body["members"] == [str(one)]
    assert (value["kind"], value["band"], value["version"]) == ("value.existing", "middle", 1)
    assert value["value"] == sum(reason["points"] for reason in value["reasons"]) == 59
    assert value["inputs"]["profit_minor"] == 12_600_000
    assert value["reasons"][0]["fact_id"] == str(order.aggregateid)
    assert set(value["reasons"][0]["text"]) == {"zh-Hans", "zh-Hant", "en"}
    assert (trust["kind"], trust["value"], trust["band"]) == ("trust", 70, "sound")


async def test_a_customer_of_whom_nothing_is_known_has_scores_too(
    customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    answer = await staff.get(f"/v1/customers/{await customer()}/scores")
    assert [(one["value"], one["band"]) for one in answer.json()["items"]] == [(0, "none"), (70, "sound")]


async def test_an_explanation_names_each_points_fact_and_the_least_change(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    one = await customer()
    order = an_order(one, 50_000_000)
    await service.apply(order)
    await settle(service)
    body = (await staff.get(f"/v1/customers/{one}/scores/value.existing/explanation")).json()
    assert body["tier"] == "middle"
    assert body["reasons"][0]["fact"]["amount_minor"] == 50_000_000
    assert body["least_change"]["code"] == "order-more"
    assert body["least_change"]["band"] == "high"
    more = an_order(one, body["least_change"]["amount_minor"], days_ago=0)
    await service.apply(more)
    await settle(service)
    after = (await staff.get(f"/v1/customers/{one}/scores")).json()["items"][0]
    assert (after["value"], after["band"]) == (body["least_change"]["value"], "high")


async def test_trust_shows_its_evidence(service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient) -> None:
    one = await customer()
    staffer = SystemIds().new()
    broken = a_broken_promise(one, promiser_id=staffer)
    await service.apply(broken)
    body = (await staff.get(f"/v1/customers/{one}/trust")).json()
    [_, reason] = body["reasons"]
    assert (body["value"], reason["code"], reason["fact_id"]) == (57, "promise-broken", str(broken.aggregateid))
    assert reason["fact"]["promiser_id"] == str(staffer)
    assert {one["code"] for one in body["changes"] if one["direction"] == "up"} == {
        *("keep-promises", "solve-first-time", "wait"),
    }


async def test_a_complaint_reopened_twice_weighs_twice_and_the_first_stays_in_the_past(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    one, complaint = await customer(), SystemIds().new()
    early, late = (
        a_ticket(ComplaintReopened, complaint, one, sequence, days_ago=days, reopen_count=count, by_customer=True)
        for sequence, days, count in ((5, 40, 1), (9, 5, 2))
    )
    then = {"as_of": (datetime.now(ZONE) - timedelta(days=40)).date().isoformat()}
    await service.apply(early)
    before = (await staff.get(f"/v1/customers/{one}/trust", params=then)).json()
    await service.apply(late)
    after = (await staff.get(f"/v1/customers/{one}/trust", params=then)).json()
    assert before["value"] == after["value"] == 64
    today = (await staff.get(f"/v1/customers/{one}/trust")).json()
    assert (today["value"], today["inputs"]) == (59, {"complaint-reopened": 2})
    listed = (await staff.get(f"/v1/customers/{one}/facts?kind=complaint.reopened")).json()["items"]
    assert [fact["sequence"] for fact in listed] == [9, 5]
    never = ComplaintFiledVoided(complaint_id=complaint, number="C-1", unit="head-office")
    await service.apply(an_event(never, aggregate=complaint, sequence=10, subject=one))
    assert (await staff.get(f"/v1/customers/{one}/trust")).json()["value"] == 70
    assert (await staff.get(f"/v1/customers/{one}/facts")).json()["items"] == []


@pytest.mark.parametrize("backwards", [False, True])
async def test_a_missed_deadline_that_was_taken_back_costs_nothing(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient, *, backwards: bool
) -> None:
    one, deadline = await customer(), SystemIds().new()
    named = {"deadline_id": deadline, "complaint_id": SystemIds().new(), "number": "C-1", "unit": "head-office"}
    about = {"cause": "quality", "severity": "normal", "status": "assigned", "holder_unit": "head-office"}
    missed = DeadlineMissed.model_validate(
        {**named, **about, "kind": "answer", "due_at": datetime.now(UTC), "service_level": "standard"}
    )
    taken_back = DeadlineMissedVoided.model_validate({**named, "kind": "answer"})
    told = [
        an_event(fact, aggregate=deadline, sequence=n + 1, subject=one) for n, fact in enumerate((missed, taken_back))
    ]
    await service.apply(told[1 if backwards else 0])
    assert (await staff.get(f"/v1/customers/{one}/trust")).json()["value"] == (70 if backwards else 65)
    await service.apply(told[0 if backwards else 1])
    assert (await staff.get(f"/v1/customers/{one}/trust")).json()["value"] == 70


@pytest.mark.parametrize("turn", range(3))
async def test_an_outcome_that_was_corrected_counts_as_it_was_in_the_end_in_any_order(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient, turn: int
) -> None:
    one = await customer()
    broken = a_broken_promise(one, hours_ago=48)
    values = broken.data.model_dump(exclude={"broken_at", "reason"}) | {"kept_at": broken.data.due_at}
    steps = (PromiseKept.model_validate(values), PromiseKeptVoided(promise_id=broken.aggregateid, unit="head-office"))
    told = [
        *(an_event(fact, aggregate=broken.aggregateid, sequence=2 + n, subject=one) for n, fact in enumerate(steps)),
        broken.model_copy(update={"sequence": 4}),
    ]
    for event in (*told[turn:], *told[:turn]):
        await service.apply(event)
    trust = (await staff.get(f"/v1/customers/{one}/trust")).json()
    assert (trust["value"], trust["inputs"]) == (57, {"promise-broken": 1})
    back = PromiseBrokenVoided(promise_id=broken.aggregateid, unit="head-office")
    await service.apply(an_event(back, aggregate=broken.aggregateid, sequence=5, subject=one))
    assert (await staff.get(f"/v1/customers/{one}/trust")).json()["value"] == 70


async def test_as_of_and_known_at_compute_from_the_facts(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    one = await customer()
    early, late = an_order(one, 42_000_000, days_ago=40), an_order(one, 50_000_000, days_ago=10)
    await service.apply(early, late)
    await settle(service)
    day = (datetime.now(ZONE) - timedelta(days=20)).date().isoformat()
    before = (await staff.get(f"/v1/customers/{one}/scores", params={"as_of": day})).json()["items"][0]
    assert (before["as_of"], before["inputs"]["orders"]) == (day, 1)
    known = (datetime.now(UTC) - timedelta(days=20)).isoformat()
    ignorant = (await staff.get(f"/v1/customers/{one}/scores", params={"known_at": known})).json()["items"][0]
    assert ignorant["inputs"]["orders"] == 1
    assert (await staff.get(f"/v1/customers/{one}/scores")).json()["items"][0]["inputs"]["orders"] == 2
    for when, last in ({"as_of": day}, early), ({"known_at": known}, early), ({}, late):
        why = (await staff.get(f"/v1/customers/{one}/scores/value.existing/explanation", params=when)).json()
        [recency] = [reason for reason in why["reasons"] if reason["code"] == "recency"]
        assert recency["fact_id"] == str(last.aggregateid)
        assert recency["fact"]["amount_minor"] == last.data.goods_minor
        assert why["value"] == sum(reason["points"] for reason in why["reasons"])


async def test_silence_counts_only_as_far_as_the_customers_source_has_told(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    one, other = await customer(), await customer()
    await service.apply(
        an_order(one, 42_000_000, days_ago=200, source="dealer-17"),
        an_order(other, 100_000, days_ago=190, source="dealer-17"),
    )

    async def since(**when: str) -> tuple[int, int]:
        answer = await staff.get(f"/v1/customers/{one}/scores", params=when)
        inputs = answer.json()["items"][0]["inputs"]
        return inputs["days_since_order"], inputs["untold_days"]

    await settle(service)
    assert await since() == (10, 190)
    learned = datetime.now(UTC).isoformat()
    await service.apply(
        an_event(an_order(other, 100_000, days_ago=2, source="dealer-17").data, subject=other, late=_TWO)
    )
    await settle(service)
    assert await since() == (10, 190), "as stored, until the day's sweep"
    today = datetime.now(ZONE).date().isoformat()
    assert await since(as_of=today) == (198, 2)
    assert await since(known_at=learned) == (10, 190)
    service.clock.move(timedelta(days=1).total_seconds())
    await usecases.sweep(service.database.consumers, ZONE)
    await settle(service)
    assert await since() == (198, 3)


async def test_a_voided_order_counts_until_it_was_voided(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    one = await customer()
    order = an_order(one, 42_000_000, days_ago=40)
    fact = OrderPlacedVoided(order_id=order.aggregateid, unit="head-office")
    voided = an_event(fact, aggregate=order.aggregateid, sequence=2, subject=one, time=order.time)
    await service.apply(voided, order)
    await settle(service)
    assert (await staff.get(f"/v1/customers/{one}/scores")).json()["items"][0]["value"] == 0
    known = (datetime.now(UTC) - timedelta(days=20)).isoformat()
    then = (await staff.get(f"/v1/customers/{one}/scores", params={"known_at": known})).json()["items"][0]
    assert then["inputs"]["orders"] == 1


async def test_a_day_to_come_and_an_unknown_kind_are_refused(customer: MakeCustomer, staff: httpx.AsyncClient) -> None:
    one = await customer()
    tomorrow = (datetime.now(ZONE) + timedelta(days=1)).date().isoformat()
    refused = await staff.get(f"/v1/customers/{one}/scores", params={"as_of": tomorrow})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "as_of")
    assert (await staff.get(f"/v1/customers/{one}/scores/wealth/explanation")).status_code == 404


async def test_an_unknown_customer_is_404_and_one_on_its_way_503(service: Harness, staff: httpx.AsyncClient) -> None:
    assert (await staff.get(f"/v1/customers/{uuid4()}/scores")).status_code == 404
    on_its_way = await staff.get(f"/v1/customers/{SystemIds().new()}/scores")
    assert (on_its_way.status_code, on_its_way.json()["code"]) == (503, "customer-not-yet-known")


async def test_an_external_unit_finds_no_customer_here(
    service: Harness, customer: MakeCustomer, dealer: httpx.AsyncClient
) -> None:
    own = await customer(unit="dealer-17")
    await service.apply(an_order(own, 42_000_000, unit="dealer-17"))
    await settle(service)
    for path in ("scores", "scores/history?kind=trust", "scores/trust/explanation", "trust"):
        assert (await dealer.get(f"/v1/customers/{own}/{path}")).status_code == 404
    for path in ("rankings", "reports/pareto", "tiers", "tiers/moves", "segments", "key-customers", "treatments"):
        assert (await dealer.get(f"/v1/{path}")).status_code == 404


async def test_the_history_has_one_score_a_day_newest_first(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    one = await customer()
    await service.apply(an_order(one, 42_000_000))
    await settle(service)
    service.clock.move(86_400)
    await service.apply(a_broken_promise(one))
    await settle(service)
    pages = []
    url: str | None = f"/v1/customers/{one}/scores/history?kind=trust&limit=1"
    while url:
        answer = await staff.get(url)
        pages.append(answer.json()["items"])
        url = answer.links["next"]["url"] if "next" in answer.links else None
    assert [[(one["value"], one["band"]) for one in page] for page in pages] == [[(57, "strained")], [(70, "sound")]]


async def test_a_merged_record_answers_with_the_whole_customer(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    first, second = await customer(), await customer()
    await service.apply(an_order(first, 42_000_000), an_order(second, 50_000_000))
    await service.apply(a_customer(second, sequence=2, canonical_id=first, status="merged"))
    await settle(service)
    answer = await staff.get(f"/v1/customers/{second}/scores")
    assert answer.headers["content-location"] == f"/v1/customers/{first}/scores"
    assert answer.json()["members"] == sorted([str(first), str(second)])
    assert answer.json()["items"][0]["band"] == "top"
