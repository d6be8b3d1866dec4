from __future__ import annotations

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
