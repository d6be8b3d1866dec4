"""Employees: the doors, what is published, and what a departure leaves behind."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from guanxi import directory
from guanxi.events.customers import AccountOwnerChanged, EmployeeLeft
from guanxi.events.directory import CustomerState
from guanxi.events.organisation import EmployeeState, UnitState
from guanxi.testing import Harness

pytestmark = pytest.mark.asyncio(loop_scope="session")

LI_MING = {"name": "李明", "unit": "head-office", "subject": "li.ming", "email": "li@example.com"}


async def entered(office: httpx.AsyncClient, **more: Any) -> dict[str, Any]:
    answer = await office.post("/v1/employees", json={**LI_MING, **more})
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_an_employee_is_entered_told_and_known_by_their_token(
    harness: Harness, office: httpx.AsyncClient
) -> None:
    made = await entered(office)
    state = (await harness.published(EmployeeState))[-1]
    assert (str(state.data.id), state.data.subject, state.sequence) == (made["id"], "li.ming", 1)
    async with harness.database.api.read() as reader:
        known = await directory.employee_of_subject(reader, "li.ming")
    assert known is not None
    assert str(known.id) == made["id"]


async def owned(office: httpx.AsyncClient, owner: dict[str, Any], *names: str) -> list[str]:
    made = []
    for name in names:
        answer = await office.post("/v1/customers", json={"kind": "person", "name": name, "owner_id": owner["id"]})
        assert answer.status_code == 201, answer.text
        made.append(str(answer.json()["id"]))
    return made


async def lead(office: httpx.AsyncClient, who: dict[str, Any], unit: str = "head-office") -> None:
    etag = (await office.get(f"/v1/units/{unit}")).headers["ETag"]
    answer = await office.patch(f"/v1/units/{unit}", json={"lead_id": who["id"]}, headers={"If-Match": etag})
    assert answer.status_code == 200, answer.text


async def owner_of(office: httpx.AsyncClient, customer: str) -> str | None:
    owner: str | None = (await office.get(f"/v1/customers/{customer}")).json()["owner_id"]
    return owner


@pytest.mark.parametrize("led_above", [False, True])
async def test_a_leavers_customers_go_to_the_lead_of_the_unit(
    harness: Harness, office: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, *, led_above: bool
) -> None:
    monkeypatch.setattr("customer_profile.customers.leavers.AT_ONCE", 2)
    leaver, chief = await entered(office, unit="complaint-desk"), await entered(office, name="趙總", subject="zhao")
    await lead(office, chief, "head-office" if led_above else "complaint-desk")
    if led_above:
        await lead(office, leaver, "complaint-desk")
    customers = await owned(office, leaver, "甲", "乙", "丙")
    steward = {"employee_id": leaver["id"], "role": "steward"}
    assert (await office.post(f"/v1/customers/{customers[0]}/assignments", json=steward)).status_code == 201
    before = len(await harness.published(CustomerState))
    await office.post(f"/v1/employees/{leaver['id']}/departure", json={"left_on": "2026-03-31"})
    await harness.work_off_due()
    for one in customers:
        assert await owner_of(office, one) == chief["id"]
        standing = [a for a in (await office.get(f"/v1/customers/{one}/assignments")).json() if a["until"] is None]
        assert [(a["employee_id"], a["role"], a["reason"]) for a in standing] == [
            (chief["id"], "owner", "employee-left")
        ]
    told = [e.data for e in await harness.published(AccountOwnerChanged) if e.data.reason == "employee-left"]
    assert sorted(str(fact.customer_id) for fact in told) == customers
    assert {(str(fact.previous_owner_id), str(fact.owner_id)) for fact in told} == {(leaver["id"], chief["id"])}
    assert len(await harness.published(CustomerState)) == before + len(customers)
    (left,) = await harness.published(EmployeeLeft)
    assert str(left.data.lead_id) == chief["id"]


async def test_who_will_leave_stays_until_the_day(harness: Harness, office: httpx.AsyncClient) -> None:
    leaver, chief = await entered(office), await entered(office, name="趙總", subject="zhao")
    await lead(office, leaver)
    (one,) = await owned(office, leaver, "甲")
    day = (harness.clock.now() + timedelta(days=10)).date()
    answer = await office.post(f"/v1/employees/{leaver['id']}/departure", json={"left_on": day.isoformat()})
    assert (answer.status_code, answer.json()["left_on"]) == (201, day.isoformat())
    assert await harness.work_off_due() == 0
    assert (await owner_of(office, one), await harness.published(EmployeeLeft)) == (leaver["id"], [])
    await lead(office, chief)
    harness.clock.move(11 * 86_400)
    assert await harness.work_off_due() == 1
    assert await owner_of(harness.caller(), one) == chief["id"]
    (left,) = await harness.published(EmployeeLeft)
    assert left.data.left_on == day


async def test_a_day_of_leaving_that_lies_ahead_can_be_moved(harness: Harness, office: httpx.AsyncClient) -> None:
    leaver, chief = await entered(office), await entered(office, name="趙總", subject="zhao")
    await lead(office, chief)
    (one,) = await owned(office, leaver, "甲")
    today = harness.clock.now().date()
    for who, days in ((leaver, 10), (leaver, 5), (chief, 90)):
        day = {"left_on": (today + timedelta(days=days)).isoformat()}
        answer = await office.post(f"/v1/employees/{who['id']}/departure", json=day)
        assert (answer.status_code, answer.json().get("left_on")) == (201, day["left_on"])
    harness.clock.move(6 * 86_400)
    await harness.work_off_due()
    assert await owner_of(harness.caller(), one) == chief["id"]
    harness.clock.move(6 * 86_400)
    await harness.work_off_due()
    assert len(await harness.published(EmployeeLeft)) == 1


async def test_who_will_leave_some_day_can_lead_until_then(harness: Harness, office: httpx.AsyncClient) -> None:
    chief = await entered(office)
    day = (harness.clock.now() + timedelta(days=10)).date()
    noted = await office.post(f"/v1/employees/{chief['id']}/departure", json={"left_on": day.isoformat()})
    assert noted.status_code == 201
    await lead(office, chief)
    assert (await office.get("/v1/units/head-office")).json()["lead_id"] == chief["id"]


async def test_addresses_of_mail_are_masked_without_the_scope_and_reading_them_is_on_record(
    harness: Harness, office: httpx.AsyncClient
) -> None:
    address = f"/v1/employees/{(await entered(office))['id']}"
    plain = harness.caller(scope="organisation:read")
    assert (await plain.get(address)).json()["email"] == "l***@example.com"
    assert [e["email"] for e in (await plain.get("/v1/employees")).json()["items"]] == ["l***@example.com"]
    assert (await office.get(address)).json()["email"] == "li@example.com"
    assert [e["email"] for e in (await office.get("/v1/employees")).json()["items"]] == ["li@example.com"]
    async with harness.database.api.read() as reader:
        seen = await reader.fetch("SELECT action FROM audit WHERE unmasked AND action LIKE 'GET %' ORDER BY id")
    assert [row["action"] for row in seen] == ["GET /v1/employees/{employee_id}", "GET /v1/employees"]


async def test_a_subject_belongs_to_one_employee(office: httpx.AsyncClient) -> None:
    await entered(office)
    again = await office.post("/v1/employees", json={**LI_MING, "name": "另一個"})
    assert (again.status_code, again.json()["code"]) == (409, "subject-taken")


async def test_an_employee_must_have_a_unit(office: httpx.AsyncClient) -> None:
    answer = await office.post("/v1/employees", json={**LI_MING, "unit": "nowhere"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "unit")


async def test_a_change_is_told_and_null_is_no_name(harness: Harness, office: httpx.AsyncClient) -> None:
    made = await entered(office)
    address = f"/v1/employees/{made['id']}"
    assert (await office.patch(address, json={"name": None}, headers={"If-Match": '"1"'})).status_code == 422
    changed = await office.patch(address, json={"unit": "complaint-desk", "email": None}, headers={"If-Match": '"1"'})
    assert (changed.json()["unit"], changed.json()["email"], changed.headers["ETag"]) == ("complaint-desk", None, '"2"')
    assert (await harness.published(EmployeeState))[-1].data.unit == "complaint-desk"


async def test_who_leaves_leads_nothing_any_more_and_everybody_is_told(
    harness: Harness, office: httpx.AsyncClient
) -> None:
    made = await entered(office)
    await office.patch("/v1/units/head-office", json={"lead_id": made["id"]}, headers={"If-Match": '"1"'})
    left = await office.post(f"/v1/employees/{made['id']}/departure", json={"left_on": "2026-03-31"})
    assert (left.status_code, left.json()["left_on"]) == (201, "2026-03-31")
    assert (await harness.published(EmployeeLeft))[-1].data.lead_id is None
    assert (await harness.published(UnitState))[-1].data.lead_id is None
    assert str((await harness.published(EmployeeState))[-1].data.left_on) == "2026-03-31"
    again = await office.post(f"/v1/employees/{made['id']}/departure", json={"left_on": "2026-04-30"})
    assert (again.status_code, again.json()["code"]) == (409, "already-left")


async def test_a_departure_names_the_lead_to_whom_things_fall(harness: Harness, office: httpx.AsyncClient) -> None:
    lead = await entered(office, subject="zhao", name="趙總")
    leaver = await entered(office)
    await office.patch("/v1/units/head-office", json={"lead_id": lead["id"]}, headers={"If-Match": '"1"'})
    await office.post(f"/v1/employees/{leaver['id']}/departure", json={"left_on": "2026-03-31"})
    assert str((await harness.published(EmployeeLeft))[-1].data.lead_id) == lead["id"]


async def test_an_external_unit_sees_its_own_staff(harness: Harness, office: httpx.AsyncClient) -> None:
    await office.post("/v1/units", json={"code": "dealer-17", "name": "太原", "kind": "dealer"})
    ours, theirs = await entered(office), await entered(office, subject="d", unit="dealer-17")
    dealer = harness.caller(unit="dealer-17")
    assert [e["id"] for e in (await dealer.get("/v1/employees")).json()["items"]] == [theirs["id"]]
    assert (await dealer.get(f"/v1/employees/{ours['id']}")).status_code == 404
    assert (
        await dealer.patch(f"/v1/employees/{ours['id']}", json={"name": "x"}, headers={"If-Match": '"1"'})
    ).status_code == 404
    of_dealer = await office.get("/v1/employees", params={"unit": "dealer-17"})
    assert [e["id"] for e in of_dealer.json()["items"]] == [theirs["id"]]
