"""Nothing of an erased customer is left anywhere in the database, and nothing late brings it back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest

from customer_profile.app import SERVICE
from guanxi.events import Event
from guanxi.events.customers import CustomerErased
from guanxi.events.directory import CustomerState
from guanxi.events.interactions import OrderPlaced
from guanxi.ports import SystemIds
from guanxi.testing import Harness, an_event
from guanxi.testing.erasure import plant, scan

pytestmark = pytest.mark.asyncio(loop_scope="session")

NOON = datetime(2026, 3, 31, 12, tzinfo=UTC)
NOT_CUSTOMERS = ("employee", "source")
OF_INTAKE = ("inbound_report", "inbound_report_revision", "report_aggregate")
"""Planted by intake's own tests, which know how their rows come about."""
OF_MATCHING = ("match_key",)
"""A customer's keys differ from each other: one value cannot be planted in all. Matching's own tests look there."""

SAID = {
    "kind": "person",
    "name": "歐陽無名",
    "legal_name": "Ouyang Nemo Trading",
    "legal_representative": "司徒某某",
    "contact_person": "端木子虛",
    "address": {"city": "烏有市", "line": "無何有之鄉 7"},
    "social_credit_code": "91350100M000100Y43",
    "id_number": "140105199001011234",
    "birth_date": "1990-03-07",
    "industry": "kite-making",
    "size": "one-legged",
    "acquisition_source": "dreamt",
    "preferences": {"hours": "only at the third watch"},
    "contact_points": [
        {"kind": "phone", "value": "13812345670", "hours": "after moonrise"},
        {"kind": "email", "value": "nemo@nowhere.example"},
    ],
}
TRACES = [
    *(
        "歐陽無名",
        "Nemo",
        "司徒某某",
        "端木子虛",
        "烏有市",
        "無何有之鄉",
        "M000100Y43",
        "140105199001011234",
        "1990-03-07",
    ),
    *("NEMO-CONTRACT", "e1" * 32),
    *("NEMO-ORDER", "kite-making", "one-legged", "dreamt"),
    *("third watch", "after moonrise", "13812345670", "nowhere.example", "歐陽"),
]


async def known_everywhere(office: httpx.AsyncClient, harness: Harness) -> UUID:
    """A customer with a row in every table of this service that holds personal data."""
    source = {"name": "web-shop", "unit_id": "head-office"}
    assert (await office.post("/v1/sources", json=source)).status_code == 201
    made = await office.post("/v1/customers", json=SAID)
    other = await office.post("/v1/customers", json={"kind": "person", "name": "旁人"})
    assert (made.status_code, other.status_code) == (201, 201), made.text
    address = f"/v1/customers/{made.json()['id']}"
    changed = await office.patch(address, json={"name": "歐陽無名二"}, headers={"If-Match": '"1"'})
    named = await office.post(f"{address}/aliases", json={"source": "web-shop", "external_ref": "A-1"})
    contract = {"kind": "sale", "since": "2026-01-01", "reference": "NEMO-CONTRACT", "document_hash": "e1" * 32}
    agreed = await office.post(f"{address}/agreements", json=contract)
    assert agreed.status_code == 201, agreed.text
    pair = {"survivor_id": made.json()["id"], "absorbed_id": other.json()["id"], "reason": "same"}
    merged = await office.post("/v1/merges", json=pair)
    assert (changed.status_code, named.status_code, merged.status_code) == (200, 201, 201)
    await harness.apply(ordered(UUID(made.json()["id"])))
    await harness.apply(*await harness.published(CustomerState), consumer="matching")
    return UUID(made.json()["id"])


def ordered(of: UUID) -> Event[OrderPlaced]:
    """An order with a number that names somebody."""
    order = SystemIds().new()
    fact = {"order_id": order, "unit": "head-office", "placed_at": NOON, "currency": "CNY"}
    fact |= {"total_minor": 5, "goods_minor": 5, "line_count": 1, "external_ref": "NEMO-ORDER"}
    return an_event(OrderPlaced.model_validate(fact), aggregate=order, subject=of)


async def test_what_came_in_through_the_doors_is_gone(harness: Harness, office: httpx.AsyncClient) -> None:
    one = await known_everywhere(office, harness)
    async with harness.database.api.read() as reader:
        before = {hit.value for hit in await scan(reader, TRACES)}
    assert before == set(TRACES)
    await harness.erase(one)
    async with harness.database.api.read() as reader:
        assert await scan(reader, TRACES) == []


async def test_what_is_planted_in_every_tagged_column_is_gone(harness: Harness, office: httpx.AsyncClient) -> None:
    await known_everywhere(office, harness)
    async with harness.database.api.begin() as tx:
        values = await plant(tx, SERVICE.metadata, skip=(*NOT_CUSTOMERS, *OF_INTAKE, *OF_MATCHING))
        assert {hit.value for hit in await scan(tx, values)} == set(values)
        members = [row["id"] for row in await tx.fetch("SELECT id FROM customer")]
    await harness.erase(*members)
    async with harness.database.api.read() as reader:
        assert await scan(reader, values) == []


async def test_the_last_state_says_only_that_somebody_was(harness: Harness, office: httpx.AsyncClient) -> None:
    one = await known_everywhere(office, harness)
    await harness.erase(one)
    last = [event for event in await harness.published(CustomerState) if event.data.id == one][-1]
    assert (last.data.status, last.data.name, last.data.phones, last.data.owner_id) == ("erased", None, (), None)
    assert last.sequence == max(e.sequence for e in await harness.published(CustomerState) if e.data.id == one)
    assert [e.data.customer_id for e in await harness.published(CustomerErased)] == [one]


async def test_who_was_merged_with_an_erased_customer_speaks_for_themselves(
    harness: Harness, office: httpx.AsyncClient
) -> None:
    one = await known_everywhere(office, harness)
    (other,) = {event.data.id for event in await harness.published(CustomerState)} - {one}
    assert (await office.get(f"/v1/customers/{other}")).json()["id"] == str(one)
    await harness.erase(one)
    read = await office.get(f"/v1/customers/{other}")
    assert (read.status_code, read.json()["name"], read.json()["status"]) == (200, "旁人", "active")
    assert [c["id"] for c in (await office.get("/v1/customers")).json()["items"]] == [str(other)]
    last = [event.data for event in await harness.published(CustomerState) if event.data.id == other][-1]
    assert (last.canonical_id, last.status) == (other, "active")


async def test_an_erasure_done_twice_tells_once(harness: Harness, office: httpx.AsyncClient) -> None:
    one = await known_everywhere(office, harness)
    await harness.erase(one)
    await harness.erase(one)
    assert len(await harness.published(CustomerErased)) == 1


async def test_an_erased_customer_is_gone_for_everybody(harness: Harness, office: httpx.AsyncClient) -> None:
    one = await known_everywhere(office, harness)
    await harness.erase(one)
    address = f"/v1/customers/{one}"
    answers = [
        await office.get(address),
        await office.patch(address, json={"size": "x"}, headers={"If-Match": '"1"'}),
        await office.post(f"{address}/contact-points", json={"kind": "phone", "value": "13800131234"}),
        await office.get(f"{address}/overview"),
        await office.get(f"{address}/aliases"),
    ]
    assert [(a.status_code, a.json()["code"]) for a in answers] == [(410, "customer-erased")] * len(answers)
    listed = (await office.get("/v1/customers", params={"absorbed": True})).json()["items"]
    assert str(one) not in [c["id"] for c in listed]


REPORTED: dict[str, dict[str, Any]] = {
    "Profile": {
        "kind": "person",
        "name": "歐陽無名",
        "phones": ["13812345670"],
        "preferences": {"hours": "after moonrise"},
        "permissions": [{"purpose": "survey", "channel": "phone", "state": "granted", "evidence": "told Nemo's aunt"}],
    },
    "Contact": {"channel": "phone", "direction": "in", "cues": ["Nemo coughs"], "rival_named": "Nemo and sons"},
    "Order": {"placed_at": "2026-03-31T09:30:00Z", "currency": "CNY", "lines": [{"sku": "M", "quantity": 1}]},
    "Delivery": {"external_order": "NEMO-Order", "delivered_at": "2026-03-31T09:30:00Z"},
    "Payment": {"external_order": "NEMO-Order", "amount_minor": 5, "currency": "CNY"},
    "Return": {"external_order": "NEMO-Order", "returned_at": "2026-03-31T09:30:00Z", "currency": "CNY"},
    "Service": {"kind": "repair", "performed_at": "2026-03-31T09:30:00Z", "note": "for Nemo"},
    "Complaint": {"channel": "web", "text": "歐陽無名 is angry"},
    "Opinion": {"questionnaire": "card", "grades": [{"item": "delivery", "obtained": 2}], "free_text": "so says Nemo"},
}
REPORTED["Order"]["lines"][0]["amount_minor"] = 5
REPORTED["Return"]["lines"] = [{"sku": "M", "quantity": 1, "amount_minor": 5}]
BAD = {"kind": "歐陽無名", "channel": "Nemo's"}


async def reported(office: httpx.AsyncClient, caller: httpx.AsyncClient, *events: dict[str, Any]) -> list[str]:
    made = {"name": "dealer-17", "unit_id": "dealer-17", "create_unit": True}
    assert (await office.post("/v1/sources", json=made)).status_code in (201, 409)
    batch = [
        {"specversion": "1.0", "id": f"e-{n}", "source": "dealer-17", "time": "2026-03-31T09:30:00+08:00", **event}
        for n, event in enumerate(events)
    ]
    answer = await caller.post("/v1/inbound-events", json=batch)
    assert answer.status_code == 202, answer.text
    return [result["status"] for result in answer.json()["results"]]


async def test_what_publishers_reported_is_gone_from_the_whole_database(
    harness: Harness, office: httpx.AsyncClient
) -> None:
    dealer = harness.caller(unit="dealer-17", scope="reports:publish")
    events = []
    for name, data in REPORTED.items():
        ref = {} if name == "Profile" else {"external_ref": f"NEMO-{name}"}
        whole = {"external_customer": "NEMO-1", **ref, **data}
        events.append({"type": f"guanxi.inbound.{name}Reported.v1", "data": whole})
        if ref:
            events.append({"type": f"guanxi.inbound.{name}ReportedVoided.v1", "data": ref})
    bad = {"type": "guanxi.inbound.ProfileReported.v1", "data": {"external_customer": " NEMO-1 ", **BAD}}
    statuses = await reported(office, dealer, *events, bad)
    assert statuses == ["received"] * len(events) + ["rejected"]
    (one,) = (await office.get("/v1/customers")).json()["items"]
    traces = ["NEMO", "Nemo", "歐陽無名", "moonrise", "13812345670"]
    await harness.erase(UUID(one["id"]))
    async with harness.database.api.read() as reader:
        assert await scan(reader, traces) == []


async def test_refused_reports_are_found_by_every_way_of_naming_the_customer(
    harness: Harness, office: httpx.AsyncClient
) -> None:
    await reported(office, harness.caller(unit="dealer-17", scope="reports:publish"))
    made = await office.post("/v1/customers", json={"kind": "person", "name": "旁人", "unit": "dealer-17"})
    one = made.json()["id"]
    alias = {"source": "dealer-17", "external_ref": "by-hand"}
    assert (await office.post(f"/v1/customers/{one}/aliases", json=alias)).status_code == 201
    desk = await office.post("/v1/sources", json={"name": "call-centre", "unit_id": "head-office"})
    assert desk.status_code == 201
    bad = {"type": "guanxi.inbound.ContactReported.v1", "data": {"external_customer": "by-hand", "content": "Nemo"}}
    assert await reported(office, harness.caller(unit="dealer-17", scope="reports:publish"), bad) == ["rejected"]
    naming = {"type": bad["type"], "source": "call-centre", "subject": one, "data": {"content": "Nemo"}}
    assert await reported(office, harness.caller(scope="reports:publish"), naming) == ["rejected"]
    await harness.erase(UUID(one))
    async with harness.database.api.read() as reader:
        assert await scan(reader, ["Nemo", "by-hand"]) == []


async def test_a_thread_that_began_with_a_void_goes_too(harness: Harness, office: httpx.AsyncClient) -> None:
    dealer = harness.caller(unit="dealer-17", scope="reports:publish")
    void = {"external_customer": "NEMO-1", "external_ref": "NEMO-Never"}
    profile = {"external_customer": "NEMO-1", "kind": "person", "name": "旁人"}
    first = {"type": "guanxi.inbound.OrderReportedVoided.v1", "data": void}
    then = {"type": "guanxi.inbound.ProfileReported.v1", "id": "e-then", "data": profile}
    assert await reported(office, dealer, first) == await reported(office, dealer, then) == ["received"]
    (one,) = (await office.get("/v1/customers")).json()["items"]
    await harness.erase(UUID(one["id"]))
    async with harness.database.api.read() as reader:
        assert await scan(reader, ["NEMO"]) == []


async def test_a_late_fact_of_another_service_is_not_kept(harness: Harness, office: httpx.AsyncClient) -> None:
    one = await known_everywhere(office, harness)
    await harness.erase(one)
    await harness.apply(ordered(one))
    async with harness.database.api.read() as reader:
        assert await reader.fetchval("SELECT count(*) FROM overview_item") == 0


async def test_a_late_report_registers_nobody_and_writes_nothing(harness: Harness, office: httpx.AsyncClient) -> None:
    one = await known_everywhere(office, harness)
    await harness.erase(one)
    profile = {"external_customer": "A-1", "kind": "person", "name": "歐陽無名"}
    event = {"type": "guanxi.inbound.ProfileReported.v1", "source": "web-shop", "data": profile}
    assert await reported(office, harness.caller(scope="reports:publish"), event) == ["rejected"]
    async with harness.database.api.read() as reader:
        assert await scan(reader, ["歐陽無名", "A-1"]) == []


async def test_a_late_report_that_is_refused_anyway_is_not_kept(harness: Harness, office: httpx.AsyncClient) -> None:
    one = await known_everywhere(office, harness)
    await harness.erase(one)
    of = {"type": "guanxi.inbound.ProfileReported.v1", "source": "web-shop"}
    by_name = {**of, "data": {"external_customer": "A-1", **BAD}}
    by_id = {**of, "subject": str(one), "data": {"external_ref": "A-2", **BAD}}
    stranger = {**of, "data": {"external_customer": "B-1", "kind": "旁人"}}
    caller = harness.caller(scope="reports:publish")
    assert await reported(office, caller, by_name, by_id, stranger) == ["rejected"] * 3
    async with harness.database.api.read() as reader:
        assert await scan(reader, ["歐陽無名", "Nemo", "A-1", "A-2"]) == []
        assert await reader.fetchval("SELECT count(*) FROM inbound_report WHERE body IS NOT NULL") == 1


async def test_a_refused_report_of_an_erased_customer_stops_no_thread_of_another(
    harness: Harness, office: httpx.AsyncClient
) -> None:
    one = await known_everywhere(office, harness)
    await harness.erase(one)
    caller = harness.caller(scope="reports:publish")
    order = {**REPORTED["Order"], "external_ref": "SO-1", "external_customer": "B-1"}
    first = {"id": "e-first", "type": "guanxi.inbound.OrderReported.v1", "source": "web-shop", "data": order}
    assert await reported(office, caller, first) == ["received"]
    corrected = {"type": "guanxi.inbound.OrderReportedCorrected.v1", "source": "web-shop"}
    right = {**corrected, "data": {**order, "revision": 2}}
    wrong = {**corrected, "data": {**order, "revision": 3, "external_customer": "A-1"}}
    assert await reported(office, caller, right, wrong) == ["received", "rejected"]
    async with harness.database.api.read() as reader:
        assert await reader.fetchval("SELECT sequence FROM report_aggregate WHERE external_ref = 'SO-1'") == 2
        assert await scan(reader, ["A-1"]) == []
