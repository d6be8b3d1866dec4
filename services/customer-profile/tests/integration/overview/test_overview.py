"""One customer on one page."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from guanxi.events import Event
from guanxi.events.complaints import ComplaintClosed, ComplaintFiled
from guanxi.events.customers import CustomerUpdated
from guanxi.events.interactions import (
    CustomerContacted,
    OrderPlaced,
    OrderPlacedVoided,
    PromiseBroken,
    PromiseKeptVoided,
    PromiseMade,
)
from guanxi.events.notifications import NotificationSent
from guanxi.events.scores import ScoreChanged, SegmentChanged
from guanxi.ports import SystemIds
from guanxi.testing import Harness, an_event

pytestmark = pytest.mark.asyncio(loop_scope="session")

IDS = SystemIds()
NOON = datetime(2026, 3, 31, 12, tzinfo=UTC)


async def made(caller: httpx.AsyncClient, name: str, phone: str = "13800131234", **more: Any) -> UUID:
    body = {"kind": "organisation", "name": name, "contact_points": [{"kind": "phone", "value": phone}], **more}
    answer = await caller.post("/v1/customers", json=body)
    assert answer.status_code == 201, answer.text
    return UUID(answer.json()["id"])


def contact(of: UUID, unit: str = "head-office", at: datetime = NOON) -> Event[Any]:
    id_ = IDS.new()
    fact = {"contact_id": id_, "unit": unit, "channel": "phone", "direction": "in", "kind": "call", "occurred_at": at}
    return an_event(CustomerContacted.model_validate(fact), aggregate=id_, subject=of, recorded=at, time=at)


def order(of: UUID, id_: UUID | None = None) -> Event[Any]:
    id_ = id_ or IDS.new()
    fact = {"order_id": id_, "unit": "head-office", "placed_at": NOON, "currency": "CNY", "total_minor": 50_000_000}
    return an_event(
        OrderPlaced.model_validate({**fact, "goods_minor": 50_000_000, "line_count": 1}), aggregate=id_, subject=of
    )


def promise(of: UUID, id_: UUID, kind: type[Any] = PromiseMade, sequence: int = 1, **more: Any) -> Event[Any]:
    fact = {
        "promise_id": id_,
        "unit": "head-office",
        "fulfilling_unit": "logistics",
        "made_at": NOON,
        "due_at": NOON,
        **more,
    }
    return an_event(kind.model_validate(fact), aggregate=id_, subject=of, sequence=sequence)


def ticket(
    of: UUID, id_: UUID, kind: type[Any] = ComplaintFiled, sequence: int = 1, status: str = "assigned"
) -> Event[Any]:
    fact = {
        "complaint_id": id_,
        "number": "C-1",
        "unit": "head-office",
        "channel": "phone",
        "cause": "quality",
        "severity": "normal",
    }
    fact |= {"status": status, "holder_unit": "complaint-desk", "service_level": "standard", "filed_at": NOON}
    return an_event(kind.model_validate(fact), aggregate=id_, subject=of, sequence=sequence)


def score(of: UUID, value: int, band: str) -> Event[Any]:
    fact = ScoreChanged(kind="trust", as_of=date(2026, 3, 31), value=value, band=band, version="1")
    return an_event(fact, subject=of, recorded=NOON)


def segment(of: UUID) -> Event[Any]:
    fact = SegmentChanged(segment="tiers", tier="key", as_of=date(2026, 3, 31), direction="up")
    return an_event(fact, subject=of)


def message(of: UUID) -> Event[Any]:
    fact = {
        "message_id": IDS.new(),
        "intent": "receipt",
        "message_class": "service",
        "template": "t",
        "channel": "email",
    }
    sent = {**fact, "recipient": "customer", "unit": "head-office", "sent_at": NOON}
    return an_event(NotificationSent.model_validate(sent), subject=of)


async def page(caller: httpx.AsyncClient, of: UUID) -> dict[str, Any]:
    answer = await caller.get(f"/v1/customers/{of}/overview")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_an_overview_shows_what_each_service_said_and_up_to_when_it_knows(
    harness: Harness, office: httpx.AsyncClient
) -> None:
    one = await made(office, "山西煤業")
    kept, complaint = IDS.new(), IDS.new()
    await harness.apply(
        contact(one),
        order(one),
        promise(one, kept),
        ticket(one, complaint),
        score(one, 61, "shaken"),
        segment(one),
        message(one),
    )
    body = await page(office, one)
    assert body["profile"]["customer"]["name"] == "山西煤業"
    assert [(c["details"]["channel"], c["at"]) for c in body["contacts"]["items"]] == [
        ("phone", "2026-03-31T12:00:00Z")
    ]
    assert body["contacts"]["as_of"] == "2026-03-31T12:00:00Z"
    assert [o["details"]["total_minor"] for o in body["orders"]["items"]] == [50_000_000]
    assert [(p["id"], p["status"]) for p in body["promises"]["items"]] == [(str(kept), "open")]
    assert [(c["id"], c["details"]["number"]) for c in body["complaints"]["items"]] == [(str(complaint), "C-1")]
    assert [(s["status"], s["details"]["value"]) for s in body["scores"]["items"]] == [("shaken", 61)]
    assert (body["tier"]["tier"], [s["details"]["segment"] for s in body["segments"]["items"]]) == ("key", ["tiers"])
    assert [m["details"]["intent"] for m in body["messages"]["items"]] == ["receipt"]


async def test_an_overview_of_a_customer_nobody_spoke_of_is_empty_and_says_so(office: httpx.AsyncClient) -> None:
    body = await page(office, await made(office, "山西煤業"))
    assert (body["contacts"], body["tier"]) == ({"as_of": None, "items": []}, {"as_of": None, "tier": None})


async def test_facts_in_any_order_and_twice_give_the_same_page(harness: Harness, office: httpx.AsyncClient) -> None:
    id_, complaint = IDS.new(), IDS.new()
    pages = []
    for seed in range(4):
        one = await made(office, "山西煤業")
        own, ticket_id = UUID(int=id_.int + seed), UUID(int=complaint.int + seed)
        facts = [
            promise(one, own),
            promise(one, own, PromiseBroken, 2, broken_at=NOON),
            promise(one, own, PromiseKeptVoided, 3),
            ticket(one, ticket_id),
            ticket(one, ticket_id, ComplaintClosed, 2, "closed"),
        ] * 2
        random.Random(seed).shuffle(facts)
        for fact in facts:
            await harness.apply(fact)
        body = await page(office, one)
        pages.append(([(p["status"], p["details"]) for p in body["promises"]["items"]], body["complaints"]["items"]))
    assert all(one == pages[0] for one in pages)
    assert (pages[0][0][0][0], pages[0][1]) == ("open", [])


async def test_the_first_order_makes_a_prospect_a_customer_in_whatever_order_its_news_come(
    harness: Harness, office: httpx.AsyncClient
) -> None:
    one, two = await made(office, "山西煤業"), await made(office, "山西煤礦")
    for of, turned in ((one, False), (two, True)):
        id_ = IDS.new()
        facts = [
            order(of, id_),
            an_event(OrderPlacedVoided(order_id=id_, unit="head-office"), aggregate=id_, subject=of, sequence=2),
        ]
        for fact in reversed(facts) if turned else facts:
            await harness.apply(fact)
        await harness.apply(order(of))
    listed = (await office.get("/v1/customers", params={"lifecycle": "active"})).json()["items"]
    assert [c["id"] for c in listed] == [str(two), str(one)]
    assert (await office.get("/v1/customers", params={"lifecycle": "prospect"})).json()["items"] == []
    lives = [(await office.get(f"/v1/customers/{of}")).json() for of in (one, two)]
    assert [(c["lifecycle"], c["version"]) for c in lives] == [("active", 2), ("active", 2)]
    assert len(await harness.published(CustomerUpdated)) == 2


async def test_merged_records_are_as_far_along_and_as_new_as_the_furthest_and_newest(
    office: httpx.AsyncClient,
) -> None:
    one, two = await made(office, "山西煤業"), await made(office, "山西煤礦", lifecycle="active")
    body = {"survivor_id": str(one), "absorbed_id": str(two), "reason": "same"}
    assert (await office.post("/v1/merges", json=body)).status_code == 201
    point = {"kind": "email", "value": "two@example.com"}
    newest = await office.post(f"/v1/customers/{two}/contact-points", json=point)
    profile = (await page(office, one))["profile"]
    assert (profile["customer"]["id"], profile["customer"]["lifecycle"]) == (str(one), "active")
    assert profile["as_of"] == newest.json()["recorded_at"]


async def test_merged_records_are_shown_together_and_apart_again(harness: Harness, office: httpx.AsyncClient) -> None:
    one, two = (
        await made(office, "山西煤業", industry="coal"),
        await made(office, "山西煤礦", phone="13900139000", size="large"),
    )
    await harness.apply(
        contact(one), contact(two, at=NOON + timedelta(hours=1)), score(one, 61, "shaken"), score(two, 74, "steady")
    )
    body = {"survivor_id": str(one), "absorbed_id": str(two), "reason": "same-phone"}
    merge = await office.post("/v1/merges", json=body)
    for asked in (one, two):
        together = await page(office, asked)
        assert [c["customer_id"] for c in together["contacts"]["items"]] == [str(two), str(one)]
        profile = together["profile"]["customer"]
        assert (profile["name"], profile["industry"], profile["size"]) == ("山西煤業", "coal", "large")
        assert sorted(p["value"] for p in profile["contact_points"]) == ["+8613800131234", "+8613900139000"]
        assert [s["details"]["value"] for s in together["scores"]["items"]] == [61]
    await office.post(f"{merge.headers['Location']}/undo", json={})
    apart = await page(office, two)
    assert [c["customer_id"] for c in apart["contacts"]["items"]] == [str(two)]
    assert [s["details"]["value"] for s in apart["scores"]["items"]] == [74]
    assert apart["profile"]["customer"]["industry"] is None


async def test_an_external_unit_sees_what_it_recorded_itself_and_no_scores(
    harness: Harness, office: httpx.AsyncClient
) -> None:
    dealer = harness.caller(unit="dealer-17")
    ours, theirs = await made(office, "山西煤業"), await made(dealer, "山西煤礦")
    await harness.apply(
        contact(theirs),
        contact(theirs, "dealer-17"),
        contact(ours, "dealer-17"),
        score(theirs, 61, "shaken"),
        segment(theirs),
    )
    await office.post("/v1/merges", json={"survivor_id": str(ours), "absorbed_id": str(theirs), "reason": "same"})
    body = await page(dealer, theirs)
    assert (body["customer_id"], body["members"]) == (str(theirs), [str(theirs)])
    assert [c["customer_id"] for c in body["contacts"]["items"]] == [str(theirs)]
    assert (body["scores"], body["tier"], body["segments"]) == (None, None, None)
    assert "山西煤業" not in str(body)
    assert (await dealer.get(f"/v1/customers/{ours}/overview")).status_code == 404
