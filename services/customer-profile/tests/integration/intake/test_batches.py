from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import orjson
import pytest

from guanxi.db import Database
from guanxi.events import reports
from guanxi.events.customers import CustomerRegistered
from guanxi.testing import Harness

Send = Callable[..., Awaitable[list[dict[str, Any]]]]
pytestmark = pytest.mark.asyncio(loop_scope="session")
_NUMBERS = itertools.count(1)


def event(name: str, data: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": f"e-{next(_NUMBERS)}",
        "source": "dealer-17",
        "type": f"guanxi.inbound.{name}.v1",
        "time": "2026-03-31T09:30:00+08:00",
        "data": data,
        **changes,
    }


def order(ref: str = "SO-1", customer: str = "C-1", amount: int = 42_000, **changes: Any) -> dict[str, Any]:
    data = {
        "external_customer": customer,
        "external_ref": ref,
        "placed_at": "2026-03-31T09:30:00+08:00",
        "currency": "CNY",
        "lines": [{"sku": "M-1", "quantity": 1, "amount_minor": amount}],
    }
    return event(changes.pop("name", "OrderReported"), data, **changes)


def complaint(text: str = "late", **data: Any) -> dict[str, Any]:
    return event("ComplaintReported", {"channel": "web", "text": text, **data})


async def count(database: Database, table: str) -> int:
    async with database.api.read() as reader:
        return int(await reader.fetchval(f"SELECT count(*) FROM {table}"))


async def test_an_order_registers_its_customer_and_is_passed_on(harness: Harness, send: Send) -> None:
    [result] = await send(order())
    assert (result["status"], result["customer"], result["errors"]) == ("received", "registered", [])
    [made] = await harness.published(reports.OrderReported)
    [registered] = await harness.published(CustomerRegistered)
    assert made.subject == registered.data.customer_id
    assert (made.data.source, made.data.unit, made.data.external_ref) == ("dealer-17", "dealer-17", "SO-1")
    assert (made.sequence, made.causationid) == (1, result["id"])
    assert made.historic


async def test_the_same_name_finds_the_same_customer(harness: Harness, send: Send) -> None:
    first, second = await send(order("SO-1"), order("SO-2"))
    [third] = await send(order("SO-3"))
    assert [first["customer"], second["customer"], third["customer"]] == ["registered", "known", "known"]
    subjects = {made.subject for made in await harness.published(reports.OrderReported)}
    assert len(subjects) == 1


async def test_each_source_has_names_of_its_own(harness: Harness, send: Send) -> None:
    other = harness.caller(unit="dealer-18", scope="reports:publish")
    await send(order())
    [result] = await send(order(source="dealer-18"), caller=other)
    assert result["customer"] == "registered"
    assert len({made.subject for made in await harness.published(reports.OrderReported)}) == 2


async def test_an_event_sent_twice_has_one_effect(harness: Harness, send: Send) -> None:
    once = order()
    [first] = await send(once)
    [again] = await send(once)
    [inside, twin] = await send(two := order("SO-2"), two)
    assert (again["status"], again["report_id"]) == ("duplicate", first["report_id"])
    assert (inside["status"], twin["status"], twin["report_id"]) == ("received", "duplicate", inside["report_id"])
    assert len(await harness.published(reports.OrderReported)) == 2


async def test_a_taken_id_refuses_another_event_and_keeps_the_first(harness: Harness, send: Send) -> None:
    [first] = await send(order(id="same"))
    [second] = await send(order("SO-2", id="same"))
    [third] = await send(order("SO-2", id="same"))
    assert [error["code"] for error in second["errors"]] == ["event-id-reused"]
    assert second["report_id"] != first["report_id"]
    assert third == second | {"repeated": True}
    assert len(await harness.published(reports.OrderReported)) == 1


async def test_a_refused_event_sent_again_is_told_again_what_is_wrong_with_it(
    dealer: httpx.AsyncClient, database: Database, send: Send
) -> None:
    bad = order(currency="RMB", time="yesterday")
    bad["data"]["currency"] = "RMB"
    first, twin = await send(bad, bad)
    [again] = await send(bad)
    assert (first["status"], first["repeated"]) == ("rejected", False)
    assert {error["field"] for error in first["errors"]} == {"time", "data.currency"}
    assert twin == again == first | {"repeated": True}
    assert await count(database, "inbound_report") == 1
    figures = (await dealer.get("/v1/sources/dealer-17/figures")).json()
    assert (figures["events"], figures["rejected"], figures["duplicates"]) == (1, 1, 2)


@pytest.mark.parametrize(
    "wrong", [{"source": "dealer-71"}, {"specversion": "0.3"}, {"datacontenttype": "text/xml"}, {"data_base64": "e30="}]
)
async def test_an_event_mended_only_in_an_attribute_is_no_repeat(send: Send, wrong: dict[str, Any]) -> None:
    good = order()
    [first] = await send(good | wrong)
    [second] = await send(good)
    assert (first["status"], second["repeated"]) == ("rejected", False)
    assert [error["code"] for error in second["errors"]] == ["event-id-reused"]


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+08:00", "9999-12-31T23:59:59-08:00", "1849-12-31T00:00:00Z"])
async def test_a_time_out_of_all_reason_is_one_events_fault(dealer: httpx.AsyncClient, send: Send, time: str) -> None:
    good, bad = await send(order("SO-1"), order("SO-2", time=time))
    assert (good["status"], [error["field"] for error in bad["errors"]]) == ("received", ["time"])
    listed = await dealer.get("/v1/inbound-events")
    assert (listed.status_code, [item["time"] for item in listed.json()["items"]]) == (
        200,
        [None, "2026-03-31T01:30:00Z"],
    )


async def test_a_bad_event_never_disturbs_its_neighbours(harness: Harness, send: Send) -> None:
    bad = order("SO-2")
    bad["data"]["lines"][0]["amount_minor"] = "50萬"
    results = await send(order("SO-1"), bad, order("SO-3"))
    assert [result["status"] for result in results] == ["received", "rejected", "received"]
    assert [error["field"] for error in results[1]["errors"]] == ["data.lines[0].amount_minor"]
    assert len(await harness.published(reports.OrderReported)) == 2


async def test_a_refused_event_registers_nobody(database: Database, send: Send) -> None:
    before = await count(database, "customer")
    await send(order("SO-1", amount=1))
    await send(order("SO-1", customer="C-2", amount=2), order("SO-9", customer="C-3", currency="x", id=""))
    assert await count(database, "customer") == before + 1


async def test_a_correction_keeps_the_aggregate_and_raises_the_sequence(harness: Harness, send: Send) -> None:
    results = await send(order(amount=100), order(amount=200, name="OrderReportedCorrected"), order(amount=300))
    assert [result["status"] for result in results] == ["received", "received", "rejected"]
    assert [error["code"] for error in results[2]["errors"]] == ["reference-reused"]
    [original] = await harness.published(reports.OrderReported)
    [corrected] = await harness.published(reports.OrderReportedCorrected)
    assert original.aggregateid == corrected.aggregateid
    assert (original.sequence, corrected.sequence) == (1, 2)
    assert original.subject == corrected.subject


async def test_a_void_goes_to_the_customer_of_what_it_voids(harness: Harness, send: Send) -> None:
    await send(order())
    [result] = await send(event("OrderReportedVoided", {"external_ref": "SO-1"}))
    [voided] = await harness.published(reports.OrderReportedVoided)
    [original] = await harness.published(reports.OrderReported)
    assert result["status"] == "received"
    assert (voided.subject, voided.aggregateid, voided.sequence) == (original.subject, original.aggregateid, 2)
    [late] = await send(order(amount=5, name="OrderReportedCorrected"))
    assert [warning["code"] for warning in late["warnings"]] == ["superseded"]
    assert await harness.published(reports.OrderReportedCorrected) == []


async def test_a_void_in_the_batch_of_what_it_voids_goes_to_the_same_customer(harness: Harness, send: Send) -> None:
    results = await send(order(), event("OrderReportedVoided", {"external_ref": "SO-1"}))
    assert [result["customer"] for result in results] == ["registered", "known"]
    [original] = await harness.published(reports.OrderReported)
    [voided] = await harness.published(reports.OrderReportedVoided)
    assert voided.subject == original.subject


async def test_a_complaint_without_a_customer_passes_anonymously(harness: Harness, send: Send) -> None:
    [result] = await send(complaint(external_ref="K-1"))
    [made] = await harness.published(reports.ComplaintReported)
    assert (result["customer"], made.subject) == ("anonymous", None)


async def test_an_order_without_a_customer_is_refused(send: Send) -> None:
    nameless = order()
    del nameless["data"]["external_customer"]
    [result] = await send(nameless)
    assert [(error["field"], error["code"]) for error in result["errors"]] == [("data.external_customer", "missing")]


async def test_a_payment_for_an_order_that_nobody_knows_is_passed_on(harness: Harness, send: Send) -> None:
    data = {
        "external_customer": "C-1",
        "external_ref": "P-1",
        "external_order": "?",
        "amount_minor": 5,
        "currency": "CNY",
    }
    [result] = await send(event("PaymentReported", data))
    assert result["status"] == "received"
    assert len(await harness.published(reports.PaymentReported)) == 1


async def test_a_profile_is_written_into_the_customers_file(
    harness: Harness, send: Send, office: httpx.AsyncClient
) -> None:
    profile = {"external_customer": "C-1", "kind": "organisation", "name": "山西煤業", "phones": ["0351-555-0101"]}
    await send(order(), event("ProfileReported", profile))
    [made] = await harness.published(reports.ProfileReported)
    async with harness.database.api.read() as reader:
        row = await reader.fetchrow("SELECT kind, name, unit_id FROM customer WHERE id = $1", made.subject)
    assert row is not None
    assert tuple(row) == ("organisation", "山西煤業", "dealer-17")


async def test_a_profile_of_a_person_or_a_firm_reaches_the_file(
    harness: Harness, send: Send, office: httpx.AsyncClient
) -> None:
    firm = {"external_customer": "C-1", "kind": "organisation", "name": "山西煤業", "role": "dealer", "size": "200-500"}
    firm |= {"legal_name": "山西煤業有限公司", "legal_representative": "張某", "contact_person": "張建國"}
    person: dict[str, Any] = {"external_customer": "C-2", "kind": "person", "name": "李雷", "birth_date": "1990-03-07"}
    person |= {"role": "end_user", "emails": ["lilei@example.com"]}
    await send(event("ProfileReported", firm), event("ProfileReported", person))
    first, second = await harness.published(reports.ProfileReported)
    kept = (await office.get(f"/v1/customers/{first.subject}")).json()
    assert {name: kept[name] for name in ("kind", "role", "legal_representative", "contact_person")} == {
        "kind": "organisation",
        "role": "dealer",
        "legal_representative": "張某",
        "contact_person": "張建國",
    }
    other = (await office.get(f"/v1/customers/{second.subject}")).json()
    assert (other["kind"], other["role"], other["birth_date"]) == ("person", "end_user", "1990-03-07")


async def test_a_customer_who_only_left_a_profile_is_a_prospect(
    harness: Harness, send: Send, office: httpx.AsyncClient
) -> None:
    await send(event("ProfileReported", {"external_customer": "C-1", "kind": "person", "name": "李雷"}))
    [made] = await harness.published(reports.ProfileReported)
    assert (await office.get(f"/v1/customers/{made.subject}")).json()["lifecycle"] == "prospect"


async def test_a_token_speaks_only_for_its_units_publishers(harness: Harness, send: Send) -> None:
    other = harness.caller(unit="dealer-18", scope="reports:publish")
    [foreign] = await send(order(), caller=other)
    assert [(error["field"], error["code"]) for error in foreign["errors"]] == [("source", "not-the-publisher")]
    nobody = harness.caller(unit="nowhere", scope="reports:publish")
    [unknown] = await send(order(), caller=nobody)
    assert (unknown["status"], unknown["report_id"]) == ("rejected", None)
    assert [error["code"] for error in unknown["errors"]] == ["unknown-source"]
    assert await harness.published(reports.OrderReported) == []


async def test_only_internal_publishers_may_name_a_customer(harness: Harness, send: Send) -> None:
    await send(order())
    [made] = await harness.published(reports.OrderReported)
    desk = harness.caller(unit="head-office", scope="reports:publish")
    naming = event("ContactReported", {"external_customer": "x", "channel": "phone", "direction": "in"})
    naming |= {"source": "call-centre", "subject": str(made.subject)}
    missing = naming | {"id": "missing", "subject": "0192f0c1-2345-7abc-8def-0123456789ab"}
    [known, unknown] = await send(naming, missing, caller=desk)
    assert (known["status"], known["customer"]) == ("received", "known")
    assert [error["code"] for error in unknown["errors"]] == ["unknown-customer"]
    [contact] = await harness.published(reports.ContactReported)
    assert contact.subject == made.subject
    [refused] = await send(order("SO-2", subject=str(made.subject)))
    assert [error["field"] for error in refused["errors"]] == ["subject"]


async def test_a_repeated_batch_gets_the_same_answer(dealer: httpx.AsyncClient) -> None:
    batch = [order(), order("SO-2", id="")]
    first = await dealer.post("/v1/inbound-events", json=batch, headers={"Idempotency-Key": "b-1"})
    again = await dealer.post("/v1/inbound-events", json=batch, headers={"Idempotency-Key": "b-1"})
    other = await dealer.post("/v1/inbound-events", json=batch[:1], headers={"Idempotency-Key": "b-1"})
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json() == first.json()
    assert other.status_code == 422
    read = await dealer.get(first.headers["Location"])
    assert read.json() == first.json()


async def test_only_an_unparsable_body_refuses_the_whole_batch(dealer: httpx.AsyncClient) -> None:
    for body, status in (
        (b"{", 400),
        (b'{"events": []}', 400),
        (b"[] []", 400),
        (b"[1,]", 400),
        (b"[" * 100_000, 400),
        (b"[" + b"[{" * 50_000 + b"]}" * 50_000 + b"]", 400),
        (b"\xff", 400),
        (b"[]", 202),
    ):
        answer = await dealer.post("/v1/inbound-events", content=body)
        assert answer.status_code == status, (body, answer.text)
    too_many = await dealer.post("/v1/inbound-events", content=b"[" + b"1," * 500 + b"1]")
    assert too_many.status_code == 422
    odd = await dealer.post("/v1/inbound-events", content=b'[NaN, {"a": 1, "a": 2}, "\\ud800", null]')
    assert [result["status"] for result in odd.json()["results"]] == ["rejected"] * 4


@pytest.mark.parametrize(
    ("odd", "field", "code"),
    [
        (b'{"id": "odd", "\\ud800": "\\ud800"}', "\\ud800", "lone-surrogate"),
        (b'{"id": "odd", "a\\u0000b": 1}', "a\\u0000b", "null-character"),
        (b'{"id": "odd", "n": 1, "' + b"n" * 100_000 + b'": NaN}', "n" * 300, "not-finite"),
        (b'{"id": "odd", "n": ' + b"1" * 5000 + b"}", "n", "out-of-range"),
        (b'{"id": "odd", "n": ' + b'[{"]}\\"[": ' * 50_000 + b"1" + b"}]" * 50_000 + b"}", "body", "too-deep"),
    ],
)
async def test_nothing_in_one_event_refuses_its_batch(
    dealer: httpx.AsyncClient, odd: bytes, field: str, code: str
) -> None:
    body = b"[" + orjson.dumps(order("SO-1")) + b", " + odd + b"," + orjson.dumps(order("SO-2")) + b"]"
    answer = await dealer.post("/v1/inbound-events", content=body)
    assert answer.status_code == 202, answer.text
    results = answer.json()["results"]
    assert [result["status"] for result in results] == ["received", "rejected", "received"]
    assert (results[1]["errors"][0]["field"], results[1]["errors"][0]["code"]) == (field, code)
    checked = await dealer.post("/v1/inbound-events/check", content=body)
    assert [result["status"] for result in checked.json()["results"]] == ["acceptable", "rejected", "acceptable"]


async def test_the_check_names_the_faults_and_stores_nothing(dealer: httpx.AsyncClient, database: Database) -> None:
    batch = [order(), order("SO-2", time="yesterday"), order("SO-3", source="dealer-18")]
    answer = await dealer.post("/v1/inbound-events/check", json=batch)
    results = answer.json()["results"]
    assert [result["status"] for result in results] == ["acceptable", "rejected", "rejected"]
    assert [[error["field"] for error in result["errors"]] for result in results] == [[], ["time"], ["source"]]
    assert await count(database, "inbound_report") == 0


async def test_a_paused_source_is_refused_until_it_is_resumed(office: httpx.AsyncClient, send: Send) -> None:
    before = await office.get("/v1/sources/dealer-17")
    paused = await office.patch(
        "/v1/sources/dealer-17", json={"paused": True}, headers={"If-Match": before.headers["ETag"]}
    )
    [refused] = await send(order())
    assert [error["code"] for error in refused["errors"]] == ["paused"]
    await office.patch("/v1/sources/dealer-17", json={"paused": False}, headers={"If-Match": paused.headers["ETag"]})
    [taken] = await send(order("SO-2"))
    assert taken["status"] == "received"


async def test_the_watermark_is_the_newest_time_taken_in(office: httpx.AsyncClient, send: Send) -> None:
    await send(order(), order("SO-2", time="2026-04-02T00:00:00Z"), order("SO-3", time="2199-01-01T00:00:00Z"))
    source = (await office.get("/v1/sources/dealer-17")).json()
    assert source["watermark"] == "2026-04-02T00:00:00Z"


async def test_five_hundred_events_take_a_handful_of_statements(harness: Harness, send: Send) -> None:
    events = [order(f"SO-{n}", customer=f"C-{n % 100}") for n in range(500)]
    results = await send(*events)
    assert {result["status"] for result in results} == {"received"}
    assert sum(result["customer"] == "registered" for result in results) == 100
    assert len(await harness.published(reports.OrderReported)) == 500
