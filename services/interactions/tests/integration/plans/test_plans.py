"""Plan items: made, done, missed, and care that scoring asks for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest

from guanxi.events import Event
from guanxi.events.interactions import ContactPlanned, PlanItemDone, PlanItemMissed
from guanxi.events.relationships import CareTaskOpened
from guanxi.testing import Harness, a_customer, a_unit, an_employee, an_event

pytestmark = pytest.mark.asyncio


def day(ahead: int) -> str:
    return str((datetime.now(ZoneInfo("Asia/Shanghai")) + timedelta(days=ahead)).date())


async def planned(staff: httpx.AsyncClient, customer_id: UUID, **values: Any) -> dict[str, Any]:
    body = {"customer_id": str(customer_id), "kind": "visit", "due_on": day(2), "what": "See the stands.", **values}
    answer = await staff.post("/v1/plan-items", json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def care(customer_id: UUID, task: UUID | None = None, late: timedelta = timedelta(0), **values: Any) -> Event[Any]:
    task = task or uuid4()
    opened = datetime.now(UTC) - late
    fact = {"task_id": task, "unit": "head-office", "due_on": day(3), "opened_at": opened, **values}
    return an_event(CareTaskOpened.model_validate(fact), aggregate=task, subject=customer_id, late=late)


async def test_a_planned_visit_that_is_done_is_not_missed(
    staff: httpx.AsyncClient, service: Harness, customer: Any
) -> None:
    customer_id = await customer()
    item = await planned(staff, customer_id)
    (told,) = await service.published(ContactPlanned)
    assert (told.subject, str(told.aggregateid), str(told.data.due_on)) == (customer_id, item["id"], item["due_on"])
    assert "stands" not in told.to_json().decode()
    visit = {"customer_id": str(customer_id), "channel": "visit", "direction": "out"}
    contact = (await staff.post("/v1/interactions", json=visit)).json()
    body = {"contact_id": contact["id"]}
    done = await staff.post(f"/v1/plan-items/{item['id']}/completion", json=body)
    assert (done.status_code, done.json()["status"], done.json()["contact_id"]) == (201, "done", contact["id"])
    (fact,) = await service.published(PlanItemDone)
    assert (str(fact.data.contact_id), fact.data.done_at) == (
        contact["id"],
        datetime.fromisoformat(contact["occurred_at"]),
    )
    service.clock.move(5 * 86400)
    await service.work_off_due()
    assert await service.published(PlanItemMissed) == []
    again = await staff.post(f"/v1/plan-items/{item['id']}/completion", json={})
    assert (again.status_code, again.json()["code"]) == (409, "plan-item-done")


async def test_the_day_goes_by_and_is_told_at_its_end(
    staff: httpx.AsyncClient, service: Harness, customer: Any
) -> None:
    item = await planned(staff, await customer())
    closes = datetime.fromisoformat(item["closes_at"])
    service.clock.move((closes - service.clock.now()).total_seconds() - 60)
    await service.work_off_due()
    assert await service.published(PlanItemMissed) == []
    service.clock.move(61)
    await service.work_off_due()
    (missed,) = await service.published(PlanItemMissed)
    assert (missed.time, missed.data.missed_at, str(missed.aggregateid)) == (closes, closes, item["id"])
    assert (await staff.get(f"/v1/plan-items/{item['id']}")).json()["status"] == "missed"
    late = await staff.post(f"/v1/plan-items/{item['id']}/completion", json={})
    assert late.json()["status"] == "done"


async def test_a_visit_that_is_called_off_is_not_missed_and_cannot_be_called_off_when_it_was(
    staff: httpx.AsyncClient, service: Harness, customer: Any
) -> None:
    off, gone = await planned(staff, await customer()), await planned(staff, await customer())
    path = f"/v1/plan-items/{off['id']}/cancellation"
    answer = await staff.post(path, json={"reason": "they-are-away"})
    assert (answer.status_code, answer.json()["status"], answer.json()["version"]) == (201, "cancelled", 2)
    last = [one for one in await service.published(ContactPlanned) if str(one.aggregateid) == off["id"]][-1]
    assert (last.sequence, last.data.cancelled) == (2, True)
    again = await staff.post(path, json={"reason": "they-are-away"})
    assert (again.status_code, again.json()["code"]) == (409, "plan-item-not-open")
    service.clock.move(5 * 86400)
    await service.work_off_due()
    assert [str(one.aggregateid) for one in await service.published(PlanItemMissed)] == [gone["id"]]
    late = await staff.post(f"/v1/plan-items/{gone['id']}/cancellation", json={"reason": "they-are-away"})
    assert (late.status_code, late.json()["code"]) == (409, "plan-item-not-open")
    wordless = await staff.post(f"/v1/plan-items/{gone['id']}/cancellation", json={})
    assert [one["field"] for one in wordless.json()["errors"]] == ["reason"]


async def test_care_is_planned_once_for_the_owner(staff: httpx.AsyncClient, service: Harness, customer: Any) -> None:
    owner, lead = an_employee(), an_employee()
    await service.know(owner, lead, a_unit("head-office", kind="head_office", sequence=2, lead_id=lead.aggregateid))
    first, second, task = await customer(), await customer(), uuid4()
    asked = care(first, task, owner_id=owner.aggregateid, cause="competitive")
    await service.apply(asked, care(second), consumer="care")
    await service.apply(asked, care(first, task, owner_id=lead.aggregateid), consumer="care")
    items = (await staff.get("/v1/plan-items")).json()["items"]
    assert sorted((one["customer_id"], one["kind"], one["assignee_id"], one["reason"]) for one in items) == sorted(
        [
            (str(first), "care", str(owner.aggregateid), "competitive"),
            (str(second), "care", str(lead.aggregateid), "care-task"),
        ]
    )
    told = await service.published(ContactPlanned)
    assert {(one.subject, one.data.cause_id) for one in told} >= {(first, task)}
    assert len(told) == 2
    mine = (await staff.get("/v1/plan-items", params={"assignee": str(owner.aggregateid)})).json()["items"]
    assert [one["cause_id"] for one in mine] == [str(task)]


async def test_care_of_long_ago_or_for_nobody_is_not_worked_on(
    staff: httpx.AsyncClient, service: Harness, customer: Any
) -> None:
    customer_id, erased = await customer(), await customer()
    await service.know(a_customer(erased, sequence=2, status="erased", name=None, emails=[], phones=[]))
    await service.apply(care(customer_id, late=timedelta(days=30), due_on=day(-25)), care(erased), consumer="care")
    (item,) = (await staff.get("/v1/plan-items")).json()["items"]
    assert (item["customer_id"], item["status"]) == (str(customer_id), "historic")
    await service.work_off_due()
    assert await service.published(PlanItemMissed) == []


async def test_the_follow_up_sheet_holds_what_there_is_to_come_back_to(
    staff: httpx.AsyncClient, service: Harness, customer: Any
) -> None:
    absorbed, customer_id = await customer(), await customer()
    empty = (await staff.get(f"/v1/customers/{customer_id}/follow-up")).json()
    assert empty == {
        "customer_id": str(customer_id),
        "last_contact": None,
        "days_since": None,
        "promises": [],
        "plan_items": [],
        "needs": [],
    }
    days_ago = (datetime.now(UTC) - timedelta(days=9, hours=1)).isoformat()
    due = (datetime.now(UTC) + timedelta(days=3)).isoformat()
    visit = {"channel": "visit", "direction": "out", "promises": [{"what": "stands", "due_at": due}]}
    await staff.post("/v1/interactions", json={"customer_id": str(absorbed), "occurred_at": days_ago, **visit})
    done, item = await planned(staff, customer_id), await planned(staff, customer_id)
    await staff.post(f"/v1/plan-items/{done['id']}/completion", json={})
    need = (await staff.post("/v1/needs", json={"customer_id": str(absorbed), "what": "A call."})).json()
    await service.know(a_customer(absorbed, sequence=2, canonical_id=customer_id, status="merged"))
    answer = await staff.get(f"/v1/customers/{absorbed}/follow-up")
    assert answer.headers["content-location"] == f"/v1/customers/{customer_id}/follow-up"
    found = answer.json()
    assert (found["customer_id"], found["days_since"]) == (str(customer_id), 9)
    assert found["last_contact"]["customer_id"] == str(absorbed)
    assert [one["what"] for one in found["promises"]] == ["stands"]
    assert [one["id"] for one in found["plan_items"]] == [item["id"]]
    assert [one["id"] for one in found["needs"]] == [need["id"]]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"due_on": "2020-01-01"}, "due_on"),
        ({"kind": "party"}, "kind"),
        ({"assignee": str(UUID(int=7))}, "assignee"),
    ],
)
async def test_a_wrong_field_is_named(
    staff: httpx.AsyncClient, service: Harness, customer: Any, change: dict[str, Any], field: str
) -> None:
    body = {"customer_id": str(await customer()), "kind": "visit", "due_on": day(2), **change}
    answer = await staff.post("/v1/plan-items", json=body)
    assert [one["field"] for one in answer.json()["errors"]] == [field]
    assert await service.published(ContactPlanned) == []


async def test_another_customers_exchange_does_nothing(staff: httpx.AsyncClient, customer: Any) -> None:
    item = await planned(staff, await customer())
    visit = {"customer_id": str(await customer()), "channel": "visit", "direction": "out"}
    contact = (await staff.post("/v1/interactions", json=visit)).json()
    answer = await staff.post(f"/v1/plan-items/{item['id']}/completion", json={"contact_id": contact["id"]})
    assert [one["field"] for one in answer.json()["errors"]] == ["contact_id"]


async def test_a_dealer_plans_for_its_own_customers_only(
    staff: httpx.AsyncClient, dealer: httpx.AsyncClient, customer: Any
) -> None:
    own = await customer(unit="dealer-17")
    mine, ours = await planned(dealer, own), await planned(staff, own)
    assert [one["id"] for one in (await dealer.get("/v1/plan-items")).json()["items"]] == [mine["id"]]
    assert (await dealer.get(f"/v1/plan-items/{ours['id']}")).status_code == 404
    assert (await dealer.post(f"/v1/plan-items/{ours['id']}/completion", json={})).status_code == 404
    off = await dealer.post(f"/v1/plan-items/{ours['id']}/cancellation", json={"reason": "not-mine"})
    assert off.status_code == 404
    sheet = (await dealer.get(f"/v1/customers/{own}/follow-up")).json()
    assert [one["id"] for one in sheet["plan_items"]] == [mine["id"]]
    assert (await dealer.get(f"/v1/customers/{await customer()}/follow-up")).status_code == 404
