"""Units: the doors, what is published, and what an installation begins with."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from customer_profile.organisation.schemas import UnitPatch
from customer_profile.organisation.usecases import change_unit, ensure_external_unit
from guanxi import directory
from guanxi.auth import make_principal
from guanxi.db import Database
from guanxi.events.organisation import UnitState
from guanxi.testing import Harness

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def made(office: httpx.AsyncClient, code: str = "logistics", **more: Any) -> httpx.Response:
    return await office.post("/v1/units", json={"code": code, "name": code, "internal": True, **more})


async def test_an_installation_begins_with_head_office_and_complaint_desk_and_has_told_everybody(
    harness: Harness,
) -> None:
    states = [event.data for event in await harness.published(UnitState)]
    assert [(s.code, s.kind, s.internal, s.parent) for s in states] == [
        ("head-office", "head_office", True, None),
        ("complaint-desk", "department", True, "head-office"),
    ]
    lunch = [(w.opens, w.closes) for w in states[1].calendar.weekly if w.weekday == 1]
    assert lunch == [(540, 720), (780, 1080)]
    assert {w.weekday for w in states[0].calendar.weekly} == {1, 2, 3, 4, 5}
    async with harness.database.api.read() as reader:
        known = await directory.unit(reader, "complaint-desk")
    assert known is not None
    assert known.internal


async def test_a_unit_is_made_told_and_read(harness: Harness, office: httpx.AsyncClient) -> None:
    answer = await made(office, parent="head-office")
    assert answer.status_code == 201, answer.text
    assert answer.headers["Location"] == "/v1/units/logistics"
    read = await office.get("/v1/units/logistics")
    assert read.headers["ETag"] == '"1"'
    assert read.json() == answer.json()
    assert (await harness.published(UnitState))[-1].data.code == "logistics"


async def test_a_code_can_be_used_once(office: httpx.AsyncClient) -> None:
    await made(office)
    again = await made(office)
    assert (again.status_code, again.json()["code"]) == (409, "code-taken")


async def test_the_same_request_repeated_makes_one_unit(office: httpx.AsyncClient) -> None:
    key = {"Idempotency-Key": "k-1"}
    body = {"code": "logistics", "name": "物流部"}
    first, second = [await office.post("/v1/units", json=body, headers=key) for _ in range(2)]
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.headers["Idempotency-Replayed"] == "true"
    assert first.json() == second.json()


async def test_a_change_is_told_with_the_next_version_and_a_stale_one_refused(
    harness: Harness, office: httpx.AsyncClient
) -> None:
    await made(office)
    holiday = {"weekly": [], "exceptions": [{"on": "2026-10-01", "windows": []}]}
    changed = await office.patch("/v1/units/logistics", json={"calendar": holiday}, headers={"If-Match": '"1"'})
    assert (changed.status_code, changed.headers["ETag"]) == (200, '"2"')
    event = (await harness.published(UnitState))[-1]
    assert (event.sequence, str(event.data.calendar.exceptions[0].on)) == (2, "2026-10-01")
    assert (
        await office.patch("/v1/units/logistics", json={"name": "x"}, headers={"If-Match": '"1"'})
    ).status_code == 412
    assert (await office.patch("/v1/units/logistics", json={"name": "x"})).status_code == 428


async def test_a_unit_cannot_be_below_itself(office: httpx.AsyncClient) -> None:
    await made(office, "one")
    await made(office, "two", parent="one")
    refused = await office.patch("/v1/units/one", json={"parent": "two"}, headers={"If-Match": '"1"'})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "parent")


async def test_two_units_put_below_each_other_at_once_make_no_circle(
    harness: Harness, office: httpx.AsyncClient
) -> None:
    await made(office, "one")
    await made(office, "two")
    who = make_principal("tester", "head-office", ["organisation:write"], internal=True)
    async with harness.database.api.begin() as tx:
        await change_unit(tx, "one", UnitPatch(parent="two"), 1, who)
        other = asyncio.create_task(office.patch("/v1/units/two", json={"parent": "one"}, headers={"If-Match": '"1"'}))
        while not (other.done() or await tx.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted")):  # noqa: ASYNC110 - a lock
            await asyncio.sleep(0.01)
    refused = await other
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "parent")


@pytest.mark.parametrize(
    "body",
    [
        {"calendar": {"weekly": [{"weekday": 1, "opens": 600, "closes": 540}]}},
        {
            "calendar": {
                "weekly": [{"weekday": 1, "opens": 540, "closes": 600}, {"weekday": 1, "opens": 590, "closes": 700}]
            }
        },
        {"time_zone": "Asia/Atlantis"},
        {"colour": "red"},
        {"lead_id": "01900000-0000-7000-8000-000000000000"},
        {"parent": "nowhere"},
    ],
)
async def test_what_makes_no_sense_is_refused_with_its_field(office: httpx.AsyncClient, body: dict[str, Any]) -> None:
    answer = await made(office, **body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"].startswith(next(iter(body)))


async def test_an_external_unit_sees_itself_and_changes_nothing(harness: Harness, office: httpx.AsyncClient) -> None:
    await office.post("/v1/units", json={"code": "dealer-17", "name": "太原", "kind": "dealer"})
    dealer = harness.caller(unit="dealer-17")
    assert [u["code"] for u in (await dealer.get("/v1/units")).json()["items"]] == ["dealer-17"]
    assert (await dealer.get("/v1/units/head-office")).status_code == 404
    assert (await dealer.post("/v1/units", json={"code": "mine", "name": "x"})).status_code == 403
    assert (
        await dealer.patch("/v1/units/dealer-17", json={"internal": True}, headers={"If-Match": '"1"'})
    ).status_code == 422
    assert (
        await dealer.patch("/v1/units/dealer-17", json={"name": "x"}, headers={"If-Match": '"1"'})
    ).status_code == 403


async def test_units_come_page_by_page(office: httpx.AsyncClient) -> None:
    for code in ("a", "b", "c"):
        await made(office, code)
    first = await office.get("/v1/units", params={"limit": 3})
    second = await office.get("/v1/units", params={"limit": 3, "cursor": first.json()["next"]})
    assert [u["code"] for u in first.json()["items"] + second.json()["items"]] == [
        "a",
        "b",
        "c",
        "complaint-desk",
        "head-office",
    ]
    assert second.json()["next"] is None


async def test_a_publishers_unit_is_made_once_and_is_external(harness: Harness, database: Database) -> None:
    async with database.api.begin() as tx:
        assert await ensure_external_unit(tx, "dealer-9")
        assert not await ensure_external_unit(tx, "dealer-9")
    state = (await harness.published(UnitState))[-1].data
    assert (state.code, state.internal) == ("dealer-9", False)
