"""Who of ours is there for a customer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from customer_profile.customers import assignments
from customer_profile.customers.schemas import NewAssignment
from guanxi.auth import make_principal
from guanxi.events.customers import AccountOwnerChanged
from guanxi.events.directory import CustomerState
from guanxi.testing import Harness

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def employee(office: httpx.AsyncClient, name: str, unit: str = "head-office") -> str:
    answer = await office.post("/v1/employees", json={"name": name, "unit": unit})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def customer(office: httpx.AsyncClient, **more: Any) -> str:
    answer = await office.post("/v1/customers", json={"kind": "person", "name": "張建國", **more})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def test_a_customer_has_one_owner_and_everybody_is_told_of_a_new_one(
    harness: Harness, office: httpx.AsyncClient
) -> None:
    li, zhou = await employee(office, "李明"), await employee(office, "周敏")
    address = f"/v1/customers/{await customer(office, owner_id=li)}"
    second = await office.post(f"{address}/assignments", json={"employee_id": zhou, "reason": "handover"})
    assert (second.status_code, second.headers["ETag"]) == (201, '"2"')
    assert (await office.get(address)).json()["owner_id"] == zhou
    standing = [a for a in (await office.get(f"{address}/assignments")).json() if a["until"] is None]
    assert [(a["employee_id"], a["role"]) for a in standing] == [(zhou, "owner")]
    told = await harness.published(AccountOwnerChanged)
    pairs = [(e.data.previous_owner_id and str(e.data.previous_owner_id), str(e.data.owner_id)) for e in told]
    assert pairs == [(None, li), (li, zhou)]
    assert str((await harness.published(CustomerState))[-1].data.owner_id) == zhou
    assert [c["owner_id"] for c in (await office.get("/v1/customers", params={"owner": zhou})).json()["items"]] == [
        zhou
    ]
    assert (await office.get("/v1/customers", params={"owner": li})).json()["items"] == []


async def test_stewards_stand_beside_the_owner(office: httpx.AsyncClient) -> None:
    li, zhou = await employee(office, "李明"), await employee(office, "周敏")
    address = f"/v1/customers/{await customer(office, owner_id=li)}"
    for who in (li, zhou):
        assert (
            await office.post(f"{address}/assignments", json={"employee_id": who, "role": "steward"})
        ).status_code == 201
    again = await office.post(f"{address}/assignments", json={"employee_id": zhou, "role": "steward"})
    assert (again.status_code, again.json()["code"]) == (409, "already-assigned")
    assert (await office.get(address)).json()["owner_id"] == li


async def test_an_assignment_can_be_ended_once(harness: Harness, office: httpx.AsyncClient) -> None:
    li = await employee(office, "李明")
    address = f"/v1/customers/{await customer(office)}"
    made = await office.post(f"{address}/assignments", json={"employee_id": li})
    ended = await office.delete(made.headers["Location"])
    assert (ended.status_code, ended.json()["until"] is not None) == (200, True)
    assert (await office.get(address)).json()["owner_id"] is None
    assert (await harness.published(AccountOwnerChanged))[-1].data.owner_id is None
    assert (await office.delete(made.headers["Location"])).status_code == 404


async def test_only_employees_who_have_not_left_can_be_assigned(office: httpx.AsyncClient) -> None:
    li = await employee(office, "李明")
    await office.post(f"/v1/employees/{li}/departure", json={"left_on": "2026-03-31"})
    answer = await office.post(f"/v1/customers/{await customer(office)}/assignments", json={"employee_id": li})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "employee_id")


async def test_who_will_leave_some_day_can_be_assigned_until_then(harness: Harness, office: httpx.AsyncClient) -> None:
    li = await employee(office, "李明")
    day = (harness.clock.now() + timedelta(days=10)).date()
    await office.post(f"/v1/employees/{li}/departure", json={"left_on": day.isoformat()})
    address = f"/v1/customers/{await customer(office)}/assignments"
    assert (await office.post(address, json={"employee_id": li})).status_code == 201
    harness.clock.move(11 * 86_400)
    refused = await harness.caller().post(address, json={"employee_id": li, "role": "steward"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "employee_id")


async def test_an_assignment_begins_no_later_than_now_and_ends_no_earlier_than_it_began(
    harness: Harness, office: httpx.AsyncClient
) -> None:
    li, zhou = await employee(office, "李明"), await employee(office, "周敏")
    address = f"/v1/customers/{await customer(office, owner_id=li)}/assignments"
    now = harness.clock.now()
    ahead = {"employee_id": zhou, "since": (now + timedelta(days=1)).isoformat()}
    refused = await office.post(address, json=ahead)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "since")
    back = {"employee_id": zhou, "since": (now - timedelta(days=1)).isoformat()}
    assert (await office.post(address, json=back)).status_code == 201
    (ended,) = [a for a in (await office.get(address)).json() if a["until"] is not None]
    assert (ended["employee_id"], ended["until"]) == (li, ended["since"])


async def test_who_is_assigned_beside_a_departure_keeps_no_customer(
    harness: Harness, office: httpx.AsyncClient
) -> None:
    li, zhou = await employee(office, "李明"), await employee(office, "周敏")
    assert (
        await office.patch("/v1/units/head-office", json={"lead_id": zhou}, headers={"If-Match": '"1"'})
    ).status_code == 200
    one = await customer(office)
    who = make_principal("tester", "head-office", ["customers:write"], internal=True)
    async with harness.database.api.begin() as tx:
        await assignments.assign(tx, UUID(one), NewAssignment(employee_id=UUID(li)), who)
        left = await office.post(f"/v1/employees/{li}/departure", json={"left_on": "2026-03-31"})
        assert left.status_code == 201
    assert (await office.get(f"/v1/customers/{one}")).json()["owner_id"] == li
    harness.clock.move(21)
    await harness.work_off_due()
    assert (await office.get(f"/v1/customers/{one}")).json()["owner_id"] == zhou
    assert await harness.work_off_due() == 0


async def test_an_external_unit_assigns_its_own_staff_only(harness: Harness, office: httpx.AsyncClient) -> None:
    await office.post("/v1/units", json={"code": "dealer-17", "name": "太原", "kind": "dealer"})
    ours, theirs = await employee(office, "李明"), await employee(office, "店員", "dealer-17")
    dealer = harness.caller(unit="dealer-17")
    address = f"/v1/customers/{await customer(dealer)}/assignments"
    assert (await dealer.post(address, json={"employee_id": ours})).status_code == 422
    assert (await dealer.post(address, json={"employee_id": theirs})).status_code == 201
