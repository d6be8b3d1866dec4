"""Employees: the doors, what is published, and what a departure leaves behind."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from guanxi import directory
from guanxi.events.customers import EmployeeLeft
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
