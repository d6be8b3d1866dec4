from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest

from guanxi.events.complaints import ComplaintFiled
from guanxi.testing import Harness, a_customer, a_unit, an_employee

pytestmark = pytest.mark.asyncio


async def test_a_complaint_has_a_number_a_holder_and_a_promise_from_its_first_moment(service: Harness) -> None:
    customer = a_customer()
    await service.know(customer)
    answer = await service.caller().post(
        "/v1/complaints",
        json={"customer_id": str(customer.data.id), "channel": "phone", "text": "The stands came late."},
    )
    assert answer.status_code == 201, answer.text
    filed = answer.json()
    assert filed["number"].startswith("GX-20")
    assert filed["holder_unit"] == "complaint-desk"
    assert filed["status"] == "assigned"
    assert filed["cause"] == "other"
    assert filed["promised_at"] > filed["filed_at"]
    assert answer.headers["location"] == f"/v1/complaints/{filed['id']}"
    assert answer.headers["etag"] == '"1"'


async def test_filing_tells_the_whole_state_but_not_a_word_of_the_text(service: Harness) -> None:
    customer = a_customer()
    await service.know(customer)
    body = {
        "customer_id": str(customer.data.id),
        "channel": "email",
        "text": "The stands came late.",
        "wish": "Send them again.",
        "cause": "neglect",
        "reply_to": {"channel": "email", "address": "zhang@example.com"},
    }
    filed = (await service.caller().post("/v1/complaints", json=body)).json()
    (event,) = await service.published(ComplaintFiled)
    assert event.subject == customer.data.id
    assert str(event.aggregateid) == filed["id"]
    assert event.sequence == 1
    assert event.data.holder_unit == "complaint-desk"
    assert event.data.reply_to is not None
    assert event.data.reply_to.address == "zhang@example.com"
    assert b"stands" not in event.to_json()
    assert b"again" not in event.to_json()


async def test_the_first_door_holds_what_came_to_it(service: Harness) -> None:
    lead = an_employee(unit="finance")
    await service.know(lead, a_unit("finance", parent="head-office", lead_id=lead.data.id))
    body = {"channel": "counter", "cause": "neglect", "unit": "finance"}
    filed = (await service.caller().post("/v1/complaints", json=body)).json()
    assert filed["holder_unit"] == "finance"
    assert filed["holder_id"] == str(lead.data.id)


async def test_an_unknown_first_door_is_named(service: Harness) -> None:
    answer = await service.caller().post(
        "/v1/complaints", json={"channel": "counter", "cause": "price", "unit": "no-such-unit"}
    )
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "unit"


async def test_an_external_unit_is_the_first_door_of_its_own_complaints_only(service: Harness) -> None:
    body = {"channel": "dealer", "cause": "price", "unit": "dealer-17"}
    refused = await service.caller().post("/v1/complaints", json=body)
    error = refused.json()["errors"][0]
    assert (refused.status_code, error["field"], error["code"]) == (422, "unit", "external-unit")
    dealer = service.caller(unit="dealer-17", subject="dealer", scope="complaints:read complaints:write")
    assert (await dealer.post("/v1/complaints", json=body)).json()["holder_unit"] == "dealer-17"


async def test_a_complaint_about_nothing_is_refused(service: Harness) -> None:
    answer = await service.caller().post("/v1/complaints", json={"channel": "phone"})
    assert answer.status_code == 422


async def test_an_anonymous_complaint_is_taken(service: Harness) -> None:
    filed = (await service.caller().post("/v1/complaints", json={"channel": "web", "cause": "image"})).json()
    assert filed["customer_id"] is None
    (event,) = await service.published(ComplaintFiled)
    assert event.subject is None


async def test_a_complaint_of_nobody_we_know_is_404_and_stores_nothing(service: Harness) -> None:
    answer = await service.caller().post(
        "/v1/complaints", json={"customer_id": str(uuid4()), "channel": "web", "cause": "image"}
    )
    assert answer.status_code == 404
    assert await service.published(ComplaintFiled) == []


async def test_the_same_key_files_once(service: Harness) -> None:
    caller = service.caller()
    body = {"channel": "web", "cause": "image"}
    first = await caller.post("/v1/complaints", json=body, headers={"Idempotency-Key": "k-1"})
    second = await caller.post("/v1/complaints", json=body, headers={"Idempotency-Key": "k-1"})
    assert second.headers["idempotency-replayed"] == "true"
    assert first.json() == second.json()
    assert len(await service.published(ComplaintFiled)) == 1


async def test_numbers_never_come_twice(service: Harness) -> None:
    caller = service.caller()
    filed = [(await caller.post("/v1/complaints", json={"channel": "web", "cause": "image"})).json() for _ in range(5)]
    assert len({one["number"] for one in filed}) == 5


async def test_one_complaint_is_read_with_its_custody_and_deadlines(service: Harness) -> None:
    caller = service.caller()
    filed = (await caller.post("/v1/complaints", json={"channel": "web", "text": "too dear"})).json()
    answer = await caller.get(f"/v1/complaints/{filed['id']}")
    assert answer.status_code == 200, answer.text
    shown = answer.json()
    assert shown["text"] == "too dear"
    assert [period["to_unit"] for period in shown["custody"]] == ["complaint-desk"]
    assert sorted(due["kind"] for due in shown["deadlines"]) == ["acknowledge", "answer", "resolve"]
    assert answer.headers["etag"] == '"1"'


async def test_an_external_unit_complains_for_its_own_customers_only(service: Harness) -> None:
    own, foreign = a_customer(unit="dealer-17"), a_customer()
    await service.know(own, foreign)
    dealer = service.caller(unit="dealer-17", subject="dealer", scope="complaints:read complaints:write")
    body = {"channel": "dealer", "cause": "price"}
    taken = await dealer.post("/v1/complaints", json={**body, "customer_id": str(own.data.id)})
    assert (taken.status_code, taken.json()["unit"]) == (201, "dealer-17")
    refused = await dealer.post("/v1/complaints", json={**body, "customer_id": str(foreign.data.id)})
    missing = await dealer.post("/v1/complaints", json={**body, "customer_id": str(uuid4())})
    assert refused.status_code == missing.status_code == 404
    assert refused.json()["detail"] == missing.json()["detail"]


async def test_an_erased_customer_complains_no_more(service: Harness) -> None:
    customer = a_customer(status="erased")
    await service.know(customer)
    body = {"channel": "web", "cause": "price", "customer_id": str(customer.data.id)}
    assert (await service.caller().post("/v1/complaints", json=body)).status_code == 410


async def test_many_at_once_get_as_many_numbers(service: Harness) -> None:
    caller, body = service.caller(), {"channel": "web", "cause": "image"}
    answers = await asyncio.gather(*(caller.post("/v1/complaints", json=body) for _ in range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["number"] for answer in answers}) == 8


async def test_an_empty_installation_has_a_holder_for_the_first_complaint(service: Harness) -> None:
    async with service.database.api.begin() as tx:
        await tx.execute("DELETE FROM directory_unit WHERE code <> 'head-office'")
    filed = (await service.caller().post("/v1/complaints", json={"channel": "web", "cause": "image"})).json()
    assert filed["holder_unit"] == "head-office"
    assert filed["promised_at"] is not None
