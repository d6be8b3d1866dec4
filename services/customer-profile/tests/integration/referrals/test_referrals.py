"""Who brought us whom: once a customer, never oneself, and told."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from guanxi.events.customers import CustomerReferred, CustomerReferredVoided
from guanxi.testing import Harness

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def made(caller: httpx.AsyncClient, name: str) -> str:
    answer = await caller.post("/v1/customers", json={"kind": "organisation", "name": name})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def referred(caller: httpx.AsyncClient, by: str, whom: str, **more: Any) -> httpx.Response:
    return await caller.post(f"/v1/customers/{by}/referrals", json={"referred_id": whom, **more})


async def merged(office: httpx.AsyncClient, survivor: str, absorbed: str) -> None:
    body = {"survivor_id": survivor, "absorbed_id": absorbed, "reason": "same-phone"}
    assert (await office.post("/v1/merges", json=body)).status_code == 201


async def listed(caller: httpx.AsyncClient, customer: str, **params: Any) -> list[str]:
    answer = await caller.get(f"/v1/customers/{customer}/referrals", params=params)
    assert answer.status_code == 200, answer.text
    return [one["referred_id"] for one in answer.json()["items"]]


async def test_a_referral_is_read_from_both_sides_and_told(harness: Harness, office: httpx.AsyncClient) -> None:
    airport, capital, changchun = [await made(office, name) for name in ("白雲機場", "首都機場", "長春機場")]
    first = await referred(office, airport, capital, referred_on="2026-03-31")
    assert (first.status_code, first.json()["status"]) == (201, "active")
    await referred(office, airport, changchun)
    assert await listed(office, airport) == [changchun, capital]
    assert await listed(office, capital) == []
    assert await listed(office, capital, side="referred") == [capital]
    assert (await office.get(first.headers["Location"])).json()["referrer_id"] == airport
    event, other = await harness.published(CustomerReferred)
    assert (str(event.subject), str(event.aggregateid), event.sequence) == (airport, first.json()["id"], 1)
    assert (str(event.data.referred_id), event.data.referred_on.isoformat()) == (capital, "2026-03-31")
    assert event.time.date().isoformat() == "2026-03-31"
    assert not other.historic


async def test_one_that_was_taken_back_makes_room_for_another(harness: Harness, office: httpx.AsyncClient) -> None:
    one, other, third = [await made(office, name) for name in ("一", "二", "三")]
    first = await referred(office, one, third)
    again = await referred(office, other, third)
    assert (again.status_code, again.json()["code"]) == (409, "already-referred")
    voided = await office.post(f"{first.headers['Location']}/voiding")
    assert (voided.status_code, voided.json()["status"]) == (201, "voided")
    (event,) = await harness.published(CustomerReferredVoided)
    assert (str(event.subject), event.sequence) == (one, 2)
    twice = await office.post(f"{first.headers['Location']}/voiding")
    assert (twice.status_code, twice.json()["code"]) == (409, "already-voided")
    assert (await referred(office, other, third)).status_code == 201


async def test_nobody_brings_themselves_under_whichever_record(office: httpx.AsyncClient) -> None:
    one, two = await made(office, "山西煤業"), await made(office, "山西煤礦")
    assert (await referred(office, one, one)).json()["errors"][0]["code"] == "same-customer"
    await merged(office, one, two)
    refused = await referred(office, two, one)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "same-customer")


async def test_a_customer_of_several_records_is_brought_once_and_read_together(office: httpx.AsyncClient) -> None:
    one, two, other = [await made(office, name) for name in ("一", "二", "三")]
    third = await made(office, "四")
    await merged(office, one, two)
    assert (await referred(office, other, two)).status_code == 201
    assert (await referred(office, third, one)).json()["code"] == "already-referred"
    assert (await referred(office, two, third)).status_code == 201
    assert await listed(office, one) == await listed(office, two) == [third]
    assert await listed(office, one, side="referred") == [two]


async def test_of_two_at_once_one_is_the_referrer(office: httpx.AsyncClient) -> None:
    one, other, third = [await made(office, name) for name in ("一", "二", "三")]
    answers = await asyncio.gather(referred(office, one, third), referred(office, other, third))
    assert sorted(answer.status_code for answer in answers) == [201, 409]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"referred_id": "019a3c5e-7d11-7abc-8def-0123456789ab"}, "referred_id"),
        ({"referred_id": "x"}, "referred_id"),
        ({}, "referred_id"),
        ({"referred_id": None}, "referred_id"),
        ({"referred_on": "2026-02-31"}, "referred_on"),
        ({"extra": 1}, "extra"),
    ],
)
async def test_a_wrong_body_names_its_field(office: httpx.AsyncClient, body: dict[str, Any], field: str) -> None:
    customer = await made(office, "一")
    whom = {} if "referred_id" in body or not body else {"referred_id": await made(office, "二")}
    answer = await office.post(f"/v1/customers/{customer}/referrals", json={**whom, **body})
    assert answer.status_code == 422
    assert field in [error["field"] for error in answer.json()["errors"]]


async def test_a_day_ahead_is_refused(harness: Harness, office: httpx.AsyncClient) -> None:
    one, two = await made(office, "一"), await made(office, "二")
    ahead = (harness.clock.now() + timedelta(days=2)).date().isoformat()
    refused = await referred(office, one, two, referred_on=ahead)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "future")


async def test_an_erased_customer_neither_brings_nor_was_brought(harness: Harness, office: httpx.AsyncClient) -> None:
    one, two, gone = [await made(office, name) for name in ("一", "二", "三")]
    kept = await referred(office, one, gone)
    await harness.erase(UUID(gone))
    assert (await referred(office, gone, two)).status_code == 410
    assert (await referred(office, two, gone)).status_code == 422
    assert await listed(office, one) == [gone]
    assert kept.status_code == 201


async def test_an_external_unit_refers_among_its_own_and_sees_no_others(
    harness: Harness, office: httpx.AsyncClient
) -> None:
    dealer = harness.caller(unit="dealer-17")
    ours, theirs, too = await made(office, "一"), await made(dealer, "二"), await made(dealer, "三")
    assert (await referred(dealer, ours, theirs)).status_code == 404
    assert (await referred(dealer, theirs, ours)).status_code == 422
    assert (await referred(dealer, theirs, too)).status_code == 201
    across = await referred(office, theirs, ours)
    assert await listed(dealer, theirs) == [too]
    assert (await dealer.get(across.headers["Location"])).status_code == 404
    assert (await dealer.post(f"{across.headers['Location']}/voiding")).status_code == 404
    assert sorted(await listed(office, theirs)) == sorted([ours, too])
