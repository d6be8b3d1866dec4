"""Registering, reading and changing customers at the door."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from guanxi.events.customers import CustomerRegistered, CustomerUpdated
from guanxi.events.directory import CustomerState
from guanxi.testing import Harness

pytestmark = pytest.mark.asyncio(loop_scope="session")

SHANXI: dict[str, Any] = {
    "kind": "organisation",
    "name": "山西煤產品總公司",
    "legal_representative": "張建國",
    "address": {"country": "CN", "city": "太原", "line": "迎澤大街 1"},
    "contact_points": [
        {"kind": "phone", "value": "0351-555-0101", "preferred": True},
        {"kind": "email", "value": "zhang@Example.com"},
    ],
    "social_credit_code": "91350100M000100Y43",
    "birth_date": "1990-03-07",
    "preferences": {"language": "zh-Hans"},
}


async def registered(office: httpx.AsyncClient, **more: Any) -> dict[str, Any]:
    answer = await office.post("/v1/customers", json={**SHANXI, **more})
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_a_customer_registered_by_hand_is_read_and_told(harness: Harness, office: httpx.AsyncClient) -> None:
    made = await office.post("/v1/customers", json=SHANXI)
    body = made.json()
    assert (made.status_code, made.headers["ETag"], made.headers["Location"]) == (
        201,
        '"1"',
        f"/v1/customers/{body['id']}",
    )
    read = await office.get(made.headers["Location"])
    assert read.json() == body
    assert [p["value"] for p in body["contact_points"]] == ["+863515550101", "zhang@example.com"]
    assert (body["lifecycle"], body["unit"], body["members"]) == ("prospect", "head-office", [body["id"]])
    state = (await harness.published(CustomerState))[-1]
    assert (state.sequence, state.data.status, state.data.language) == (1, "active", "zh-Hans")
    assert (state.data.phones, state.data.emails) == (("+863515550101",), ("zhang@example.com",))
    assert (await harness.published(CustomerRegistered))[-1].data.source is None


async def test_the_same_registration_repeated_makes_one_customer(harness: Harness, office: httpx.AsyncClient) -> None:
    key = {"Idempotency-Key": "k-1"}
    first, second = [await office.post("/v1/customers", json=SHANXI, headers=key) for _ in range(2)]
    assert first.json() == second.json()
    assert second.headers["Idempotency-Replayed"] == "true"
    assert len(await harness.published(CustomerRegistered)) == 1
    other = await office.post("/v1/customers", json={**SHANXI, "name": "別的"}, headers=key)
    assert other.status_code == 422


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "ghost"}, "kind"),
        ({"name": ""}, "name"),
        ({"version": 7}, "version"),
        ({"canonical_id": "01900000-0000-7000-8000-000000000000"}, "canonical_id"),
        ({"social_credit_code": "91350100M000100Y44"}, "social_credit_code"),
        ({"contact_points": [{"kind": "phone", "value": "none"}]}, "contact_points[0]"),
        ({"contact_points": [{"kind": "email", "value": "not an address"}]}, "contact_points[0]"),
        (
            {
                "contact_points": [
                    {"kind": "phone", "value": "13800131234"},
                    {"kind": "phone", "value": "+8613800131234"},
                ]
            },
            "contact_points[1].value",
        ),
        ({"address": {"planet": "Mars"}}, "address.planet"),
        ({"birth_date": "2026-02-31"}, "birth_date"),
        ({"unit": "nowhere"}, "unit"),
        ({"owner_id": "01900000-0000-7000-8000-000000000000"}, "owner_id"),
    ],
)
async def test_what_makes_no_sense_is_refused_with_its_field(
    office: httpx.AsyncClient, change: dict[str, Any], field: str
) -> None:
    answer = await office.post("/v1/customers", json={**SHANXI, **change})
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"] == field
    assert (await office.get("/v1/customers")).json()["items"] == []


async def test_a_change_keeps_what_was_there_and_is_told_once(harness: Harness, office: httpx.AsyncClient) -> None:
    made = await registered(office)
    address = f"/v1/customers/{made['id']}"
    changed = await office.patch(address, json={"industry": "coal", "name": "山西煤業"}, headers={"If-Match": '"1"'})
    assert (changed.status_code, changed.headers["ETag"], changed.json()["industry"]) == (200, '"2"', "coal")
    assert changed.json()["legal_representative"] == "張建國"
    revisions = (await office.get(f"{address}/revisions")).json()["items"]
    assert [(r["version"], r["actor"]) for r in revisions] == [(2, "tester")]
    assert {c["field"]: (c["old"], c["new"]) for c in revisions[0]["changes"]} == {
        "industry": (None, "coal"),
        "name": ("山西煤產品總公司", "山西煤業"),
    }
    assert [(e.sequence, e.data.changed) for e in await harness.published(CustomerUpdated)] == [
        (2, ("name", "industry"))
    ]
    assert (await harness.published(CustomerState))[-1].data.name == "山西煤業"


async def test_a_change_that_changes_nothing_has_no_version(harness: Harness, office: httpx.AsyncClient) -> None:
    made = await registered(office)
    same = await office.patch(f"/v1/customers/{made['id']}", json={"name": SHANXI["name"]}, headers={"If-Match": '"1"'})
    assert same.headers["ETag"] == '"1"'
    assert len(await harness.published(CustomerState)) == 1


async def test_a_change_must_name_the_version_it_changes(office: httpx.AsyncClient) -> None:
    address = f"/v1/customers/{(await registered(office))['id']}"
    assert (await office.patch(address, json={"size": "large"})).status_code == 428
    assert (await office.patch(address, json={"size": "large"}, headers={"If-Match": '"7"'})).status_code == 412
    assert (await office.patch(address, json={"name": None}, headers={"If-Match": '"1"'})).status_code == 422
    assert (await office.patch(address, json={"kind": None}, headers={"If-Match": '"1"'})).status_code == 422


async def test_the_record_as_it_was_can_be_seen(harness: Harness, office: httpx.AsyncClient) -> None:
    made = await registered(office)
    address = f"/v1/customers/{made['id']}"
    times = [made["recorded_at"]]
    for n, name in enumerate(("二", "三"), start=1):
        harness.clock.move(60)
        changed = await office.patch(address, json={"name": name}, headers={"If-Match": f'"{n}"'})
        times.append(changed.json()["recorded_at"])
    for at, name, revisions in zip(times, (SHANXI["name"], "二", "三"), (0, 1, 2), strict=True):
        page = (await office.get(f"{address}/revisions", params={"as_of": at})).json()
        assert {v["field"]: v["value"] for v in page["state"]}["name"] == name
        assert len(page["items"]) == revisions
    before = (await office.get(f"{address}/revisions", params={"as_of": "2001-01-01T00:00:00Z"})).json()
    assert (before["items"], before["state"]) == ([], None)


async def test_nothing_was_known_of_a_customer_before_its_record_was_opened(
    harness: Harness, office: httpx.AsyncClient
) -> None:
    await office.post("/v1/sources", json={"name": "dealer-17", "unit_id": "dealer-17", "create_unit": True})
    event = {"specversion": "1.0", "id": "e-1", "source": "dealer-17", "time": "2016-03-31T09:30:00+08:00"}
    event |= {"type": "guanxi.inbound.ProfileReported.v1"}
    data = {"external_customer": "C-1", "kind": "person", "name": "李雷"}
    dealer = harness.caller(unit="dealer-17", scope="reports:publish")
    assert (await dealer.post("/v1/inbound-events", json=[event | {"data": data}])).status_code == 202
    (one,) = (await office.get("/v1/customers")).json()["items"]
    assert one["created_at"] == "2016-03-31T01:30:00Z"
    address = f"/v1/customers/{one['id']}/revisions"
    assert (await office.get(address, params={"as_of": "2018-01-01T00:00:00Z"})).json()["state"] is None
    now = (await office.get(address, params={"as_of": one["recorded_at"]})).json()["state"]
    assert {value["field"]: value["value"] for value in now}["name"] == "李雷"


async def test_contact_points_come_and_go_with_the_customers_version(
    harness: Harness, office: httpx.AsyncClient
) -> None:
    made = await registered(office)
    address = f"/v1/customers/{made['id']}"
    added = await office.post(
        f"{address}/contact-points", json={"kind": "phone", "value": "138 0013 1234", "preferred": True}
    )
    assert (added.status_code, added.headers["ETag"]) == (201, '"2"')
    assert (await harness.published(CustomerState))[-1].data.phones == ("+8613800131234", "+863515550101")
    again = await office.post(f"{address}/contact-points", json={"kind": "phone", "value": "+8613800131234"})
    assert (again.status_code, again.json()["code"]) == (409, "already-there")
    assert (await office.delete(added.headers["Location"])).status_code == 428
    dropped = await office.delete(added.headers["Location"], headers={"If-Match": '"2"'})
    assert [p["value"] for p in dropped.json()["contact_points"]] == ["+863515550101", "zhang@example.com"]
    assert (await office.delete(added.headers["Location"], headers={"If-Match": '"3"'})).status_code == 404


async def test_a_patch_replaces_contact_points_as_a_whole_and_keeps_the_ids_of_those_that_stay(
    office: httpx.AsyncClient,
) -> None:
    made = await registered(office)
    points = [{"kind": "email", "value": "zhang@example.com", "preferred": True}]
    changed = await office.patch(
        f"/v1/customers/{made['id']}", json={"contact_points": points}, headers={"If-Match": '"1"'}
    )
    (kept,) = changed.json()["contact_points"]
    assert (kept["id"], kept["preferred"]) == (made["contact_points"][1]["id"], True)


async def test_phone_mail_and_numbers_are_masked_without_the_scope_and_reading_them_is_on_record(
    harness: Harness, office: httpx.AsyncClient
) -> None:
    made = await registered(office, id_number="140105199001011234")
    plain = harness.caller(scope="customers:read", subject="curious")
    body = (await plain.get(f"/v1/customers/{made['id']}")).json()
    assert [p["value"] for p in body["contact_points"]] == ["+86351****0101", "z***@example.com"]
    assert (body["id_number"], body["birth_date"]) == ("140*************34", "**********")
    assert body["name"] == SHANXI["name"]
    listed = (await plain.get("/v1/customers")).json()["items"][0]
    assert listed["contact_points"] == body["contact_points"]
    await office.get(f"/v1/customers/{made['id']}")
    async with harness.database.api.read() as reader:
        seen = await reader.fetch("SELECT principal, action FROM audit WHERE unmasked AND customer_id IS NOT NULL")
    assert [(row["principal"], row["action"]) for row in seen] == [("tester", "GET /v1/customers/{customer_id}")]


@pytest.mark.parametrize("owned", [False, True])
async def test_what_a_write_answers_whole_of_what_others_wrote_is_on_record(
    harness: Harness, office: httpx.AsyncClient, *, owned: bool
) -> None:
    who = await office.post("/v1/employees", json={"name": "李明", "unit": "head-office"})
    body, key = SHANXI | ({"owner_id": who.json()["id"]} if owned else {}), {"Idempotency-Key": "k-1"}
    first, second = [await office.post("/v1/customers", json=body, headers=key) for _ in range(2)]
    assert first.json() == second.json()
    address = f"/v1/customers/{first.json()['id']}"
    assert (await office.post(f"{address}/verifications", json={})).status_code == 201
    async with harness.database.api.read() as reader:
        seen = await reader.fetch("SELECT action, customer_id FROM audit WHERE unmasked ORDER BY id")
    assert [row["action"] for row in seen] == ["POST /v1/customers", "POST /v1/customers/{customer_id}/verifications"]
    assert {str(row["customer_id"]) for row in seen} == {first.json()["id"]}


async def test_revisions_are_masked_like_the_record(harness: Harness, office: httpx.AsyncClient) -> None:
    made = await registered(office)
    await office.post(f"/v1/customers/{made['id']}/contact-points", json={"kind": "phone", "value": "13800131234"})
    plain = harness.caller(scope="customers:read")
    page = await plain.get(f"/v1/customers/{made['id']}/revisions", params={"as_of": "2100-01-01T00:00:00Z"})
    assert "13800131234" not in page.text
    assert "M000100Y43" not in page.text


async def test_scopes_are_asked_and_strangers_refused(harness: Harness, office: httpx.AsyncClient) -> None:
    made = await registered(office)
    reader = harness.caller(scope="customers:read")
    assert (await reader.post("/v1/customers", json=SHANXI)).status_code == 403
    assert (await harness.caller(scope="complaints:read").get("/v1/customers")).status_code == 403
    assert (await harness.anonymous().get(f"/v1/customers/{made['id']}")).status_code == 401


async def test_an_external_unit_sees_and_changes_its_own_customers_only(
    harness: Harness, office: httpx.AsyncClient
) -> None:
    ours = await registered(office)
    dealer = harness.caller(unit="dealer-17")
    theirs = await registered(dealer)
    assert theirs["unit"] == "dealer-17"
    assert [c["id"] for c in (await dealer.get("/v1/customers")).json()["items"]] == [theirs["id"]]
    other = f"/v1/customers/{ours['id']}"
    missing = await dealer.get("/v1/customers/01900000-0000-7000-8000-000000000000")
    for answer in (
        await dealer.get(other),
        await dealer.patch(other, json={"size": "x"}, headers={"If-Match": '"1"'}),
        await dealer.get(f"{other}/revisions"),
        await dealer.get(f"{other}/assignments"),
        await dealer.post(f"{other}/contact-points", json={"kind": "phone", "value": "13800131234"}),
        await dealer.post(f"{other}/verifications", json={}),
    ):
        assert (answer.status_code, answer.json()["detail"]) == (404, missing.json()["detail"])
    assert (await dealer.post("/v1/customers", json={**SHANXI, "unit": "head-office"})).status_code == 403


async def test_the_province_goes_out_with_the_address_and_changes_with_it(
    harness: Harness, office: httpx.AsyncClient
) -> None:
    body = await registered(office)
    where = f"/v1/customers/{body['id']}"
    for version, address, region in (
        (1, {"province": "廣東省", "city": "廣州"}, "CN-44"),
        (2, {"country": "GB", "city": "London"}, "GB"),
        (3, None, None),
        (4, {"city": "太原市"}, "CN-14"),
    ):
        answer = await office.patch(where, json={"address": address}, headers={"If-Match": f'"{version}"'})
        assert answer.status_code == 200, answer.text
        assert (await harness.published(CustomerState))[-1].data.region == region
    assert (await harness.published(CustomerState))[0].data.region == "CN-14"
