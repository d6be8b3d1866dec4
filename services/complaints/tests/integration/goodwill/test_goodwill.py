from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio

from guanxi.events.entitlements import GoodwillApproved, GoodwillSpent
from guanxi.testing import Harness, an_employee

from ..entitlements.story import BIG, Story, day

pytestmark = pytest.mark.asyncio
_PATH = "/v1/goodwill-requests"
_YEAR = day(0).year


@pytest_asyncio.fixture(loop_scope="session")
async def story(service: Harness) -> Story:
    return Story(service)


async def budget(story: Story, limit: int, **more: Any) -> httpx.Response:
    body = {"unit": "head-office", "year": _YEAR, "limit_minor": limit, "currency": "CNY", **more}
    return await story.office.put("/v1/goodwill-budgets", json=body)


async def wanted(client: httpx.AsyncClient, customer: UUID, cost: int = 1000, **more: Any) -> dict[str, Any]:
    body = {"customer_id": str(customer), "kind": "exchange", "cost_minor": cost, "currency": "CNY", **more}
    answer = await client.post(_PATH, json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def decided(client: httpx.AsyncClient, one: dict[str, Any], decision: str = "approved") -> httpx.Response:
    return await client.post(f"{_PATH}/{one['id']}/decision", json={"decision": decision, "reason": "strategic"})


async def test_the_airport_an_agreement_of_six_months_and_a_claim_after_thirteen(story: Story) -> None:
    airport = await story.customer(name="白雲機場", region="CN-44")
    delivered = 396
    order = await story.buys(airport, delivered + 20, BIG * 8, pieces=10_000, sku="TOWER-1200")
    await story.receives(airport, order, delivered)
    agreed = {"code": "agreement.baiyun", "benefit": "warranty", "months": 6}
    agreement = await story.agrees(airport, delivered + 30, agreed)

    found = await story.asked(airport, sku="TOWER-1200")
    assert (found["covered"], found["warranty"]["clause"], found["warranty"]["reason"]) == (
        *(False, "agreement.baiyun", "expired"),
    )
    assert found["warranty"]["agreement"]["id"] == str(agreement)
    assert (await budget(story, 20_000_000)).status_code == 200
    front, lead = await story.employee("zhou.min", "staff"), await story.employee("chen.gang", "lead")
    director = await story.employee("zhao", "director")
    one = await wanted(front, airport, 8_000_000, sku="TOWER-1200", note="1,000 towers lean")
    assert (one["status"], one["answer"]["clause"]) == ("asked", "agreement.baiyun")
    assert (one["answer"]["agreement_id"], one["answer"]["agreement_version"]) == (str(agreement), 1)
    assert (one["answer"]["covered"], one["answer"]["reason"]) == (False, "expired")
    assert (await decided(lead, one)).json()["code"] == "above-your-limit"
    approved = await decided(director, one)
    assert (approved.status_code, approved.json()["status"], approved.json()["year"]) == (201, "approved", _YEAR)

    spent = await front.post(f"{_PATH}/{one['id']}/spending", json={"cost_minor": 7_450_000})
    assert (spent.status_code, spent.json()["status"], spent.json()["spent_minor"]) == (201, "spent", 7_450_000)
    (line,) = (await story.office.get("/v1/goodwill-budgets")).json()["items"]
    assert (line["committed_minor"], line["left_minor"]) == (7_450_000, 12_550_000)
    (first,) = await story.service.published(GoodwillApproved)
    (last,) = await story.service.published(GoodwillSpent)
    assert (first.subject, first.data.cost_minor, first.data.kind) == (airport, 8_000_000, "exchange")
    assert (last.data.cost_minor, last.sequence, last.data.sku) == (7_450_000, 3, "TOWER-1200")


async def test_many_approvals_at_once_never_pass_the_budget(story: Story) -> None:
    customer = await story.customer()
    await budget(story, 3500)
    front, lead = story.person("front"), await story.employee("lead", "lead")
    asked = [await wanted(front, customer) for _ in range(8)]
    answers = await asyncio.gather(*(decided(lead, one) for one in asked))
    assert sorted(one.status_code for one in answers) == [201] * 3 + [409] * 5
    assert {one.json()["code"] for one in answers if one.status_code == 409} == {"budget-exhausted"}
    (line,) = (await story.office.get("/v1/goodwill-budgets")).json()["items"]
    assert (line["committed_minor"], line["left_minor"]) == (3000, 500)
    assert len(await story.service.published(GoodwillApproved)) == 3


async def test_one_decision_of_many_at_once_counts(story: Story) -> None:
    customer = await story.customer()
    await budget(story, 100_000)
    one, lead = await wanted(story.person("front"), customer), await story.employee("lead", "lead")
    answers = await asyncio.gather(*(decided(lead, one, word) for word in ("approved", "refused") * 3))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 5


async def test_nobody_decides_their_own_and_staff_decide_nothing(story: Story) -> None:
    customer = await story.customer()
    await budget(story, 100_000)
    lead, staff = await story.employee("lead", "lead"), await story.employee("staff", "staff")
    one = await wanted(lead, customer)
    assert (await decided(lead, one)).json()["code"] == "own-request"
    assert (await decided(staff, one)).json()["code"] == "not-yours-to-decide"
    other = await story.employee("other", "lead")
    assert (await decided(other, one, "refused")).json()["status"] == "refused"
    answer = await lead.post(f"{_PATH}/{one['id']}/spending", json={"cost_minor": 1})
    assert (answer.status_code, answer.json()["code"]) == (409, "not-approved")
    assert await story.service.published(GoodwillApproved) == []


async def test_who_has_left_decides_nothing(story: Story) -> None:
    await budget(story, 100_000)
    left = [an_employee(subject=f"left-{n}", level="director", left_on=day(n)) for n in (1, -1)]
    await story.service.know(*left)
    one = await wanted(story.office, await story.customer())
    assert (await decided(story.person("left-1"), one)).json()["code"] == "not-yours-to-decide"
    assert (await decided(story.person("left--1"), one)).status_code == 201


async def test_without_a_budget_nothing_is_approved(story: Story) -> None:
    one = await wanted(story.person("front"), await story.customer())
    assert (await decided(story.office, one)).json()["code"] == "no-budget"
    shown = (await story.office.get(f"{_PATH}/{one['id']}")).json()
    assert shown["status"] == "asked"


async def test_what_is_covered_needs_no_goodwill(story: Story) -> None:
    customer = await story.customer()
    await story.receives(customer, await story.buys(customer, 20), 10)
    body = {"customer_id": str(customer), "kind": "repair", "cost_minor": 1, "currency": "CNY", "sku": "STAND-40"}
    answer = await story.office.post(_PATH, json=body)
    assert (answer.status_code, answer.json()["code"]) == (409, "entitled")


async def test_a_budget_is_a_directors_and_never_below_what_is_committed(story: Story) -> None:
    lead = await story.employee("lead", "lead")
    body = {"unit": "head-office", "year": _YEAR, "limit_minor": 5000, "currency": "CNY"}
    assert (await lead.put("/v1/goodwill-budgets", json=body)).status_code == 403
    made = await budget(story, 5000)
    assert made.headers["etag"] == '"1"'
    await decided(lead, await wanted(story.person("front"), await story.customer()))
    assert (await budget(story, 999)).json()["code"] == "committed"
    stale = await story.office.put("/v1/goodwill-budgets", json=body, headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    assert (await budget(story, 1000)).json()["left_minor"] == 0
    for field, wrong in (("unit", "nowhere"), ("currency", "USD"), ("year", 1999)):
        answer = await budget(story, 1, **{field: wrong})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_of_many_who_make_one_budget_at_once_one_makes_it(story: Story) -> None:
    body = {"unit": "head-office", "year": _YEAR, "currency": "CNY"}
    answers = await asyncio.gather(
        *(
            story.office.put("/v1/goodwill-budgets", json={**body, "limit_minor": n}, headers={"If-Match": '"0"'})
            for n in range(1000, 1006)
        )
    )
    assert sorted(one.status_code for one in answers) == [200] + [412] * 5
    (line,) = (await story.office.get("/v1/goodwill-budgets")).json()["items"]
    made = next(one for one in answers if one.status_code == 200)
    assert (line["limit_minor"], line["version"]) == (made.json()["limit_minor"], 1)


async def test_a_request_names_a_complaint_of_its_own_customer(story: Story) -> None:
    customer, other = await story.customer(), await story.customer()
    body = {"customer_id": str(other), "channel": "phone", "cause": "quality"}
    filed = (await story.office.post("/v1/complaints", json=body)).json()["id"]
    assert (await wanted(story.office, other, complaint_id=filed))["complaint_id"] == filed
    mixed = {"customer_id": str(customer), "kind": "refund", "cost_minor": 1, "currency": "CNY", "complaint_id": filed}
    answer = await story.office.post(_PATH, json=mixed)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "another-customer")


async def test_requests_are_listed_in_pages_and_filtered(story: Story) -> None:
    customer, other = await story.customer(), await story.customer()
    made = [await wanted(story.office, one, note="n") for one in (customer, customer, other)]
    first = (await story.office.get(_PATH, params={"limit": "2"})).json()
    second = (await story.office.get(_PATH, params={"limit": "2", "cursor": first["next"]})).json()
    listed = [one["id"] for one in (*first["items"], *second["items"])]
    assert listed == [one["id"] for one in reversed(made)]
    mine = (await story.office.get(_PATH, params={"customer_id": str(other), "status": "asked"})).json()["items"]
    assert [(one["id"], one["note"]) for one in mine] == [(made[2]["id"], None)]


async def test_goodwill_is_not_for_external_units(story: Story) -> None:
    one = await wanted(story.office, await story.customer(unit="dealer-17"))
    dealer = story.person("dealer", unit="dealer-17")
    for path in (_PATH, f"{_PATH}/{one['id']}", "/v1/goodwill-budgets"):
        assert (await dealer.get(path)).status_code == 404
    assert (await decided(dealer, one)).status_code == 404


async def test_the_same_key_asks_once(story: Story) -> None:
    body = {"customer_id": str(await story.customer()), "kind": "refund", "cost_minor": 1, "currency": "CNY"}
    answers = [await story.office.post(_PATH, json=body, headers={"Idempotency-Key": "k-1"}) for _ in range(2)]
    assert answers[0].json()["id"] == answers[1].json()["id"]
    assert answers[1].headers["idempotency-replayed"] == "true"
