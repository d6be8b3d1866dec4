"""An employee's day on the road."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest

from guanxi.events.interactions import (
    ContactPlanned,
    CustomerContacted,
    PlanItemDone,
    PromiseMade,
    VisitReported,
)
from guanxi.testing import Harness, an_employee

pytestmark = pytest.mark.asyncio
SHANGHAI = ZoneInfo("Asia/Shanghai")


def day(ahead: int = 0) -> str:
    return str((datetime.now(SHANGHAI) + timedelta(days=ahead)).date())


def a_day(employee: Any, customers: list[UUID], **values: Any) -> dict[str, Any]:
    due = (datetime.now(UTC) + timedelta(days=4)).isoformat()
    first = {
        "customer_id": str(customers[0]),
        "whom": "張建國",
        "role": "decision_maker",
        "purpose": "The late stands.",
        "result": "Says all is well; did not show the store room.",
        "need": "later",
        "need_on": "2027-05-01",
        "minutes": 45,
        "cues": [{"mark": "said-fine-was-not", "words": "looked away"}, {"mark": "cooler-than-usual"}],
        "rival_named": "晉城禮品",
        "promises": [{"what": "forty stands", "due_at": due}],
        "next": {"on": day(5), "what": "See the store room."},
    }
    others = [{"customer_id": str(one), "minutes": 20} for one in customers[1:]]
    return {"employee": str(employee.aggregateid), "on": day(-1), "visits": [first, *others], **values}


async def test_each_visit_becomes_a_contact_with_its_cues_and_promises(
    staff: httpx.AsyncClient, service: Harness, customer: Any
) -> None:
    employee = an_employee()
    await service.know(employee)
    first, second = await customer(), await customer()
    answer = await staff.post("/v1/visit-reports", json=a_day(employee, [first, second, second]))
    assert answer.status_code == 201, answer.text
    report = answer.json()
    assert (report["visits"], report["customers"], report["minutes"]) == (3, 2, 85)
    assert (report["cue_count"], report["promise_count"], report["need_count"]) == (2, 1, 1)
    line = report["lines"][0]
    contact = line["contact"]
    assert (line["role"], contact["kind"], contact["employee_id"]) == (
        "decision_maker",
        "visit",
        str(employee.aggregateid),
    )
    assert contact["cues"] == ["said-fine-was-not: looked away", "cooler-than-usual"]
    assert (contact["subject"], contact["contact_person"], contact["duration_s"]) == (
        "The late stands.",
        "張建國",
        2700,
    )
    noon = datetime.fromisoformat(contact["occurred_at"]).astimezone(SHANGHAI)
    assert (str(noon.date()), noon.hour) == (day(-1), 12)
    assert (await staff.get(answer.headers["location"])).json() == report
    logged = (await staff.get(f"/v1/interactions/{contact['id']}")).json()
    assert [one["what"] for one in logged["promises"]] == ["forty stands"]
    (told,) = await service.published(VisitReported)
    assert (told.subject, str(told.aggregateid), told.data.visits, told.data.cue_count) == (None, report["id"], 3, 2)
    assert str(told.data.on) == day(-1)
    contacts = await service.published(CustomerContacted)
    assert [one.subject for one in contacts] == [first, second, second]
    assert (contacts[0].data.cue_count, contacts[0].data.rival_named, contacts[0].data.outcome) == (2, True, "later")
    assert len(await service.published(PromiseMade)) == 1
    published: list[Any] = await service.published()
    text = b"".join(event.to_json() for event in published).decode()
    assert [word for word in ("looked", "store room", "forty", "張建國", "晉城禮品") if word in text] == []


async def test_the_next_step_is_planned_and_what_was_planned_is_done(
    staff: httpx.AsyncClient, service: Harness, customer: Any
) -> None:
    employee = an_employee()
    await service.know(employee)
    customer_id = await customer()
    item = {"customer_id": str(customer_id), "kind": "visit", "due_on": day(1)}
    planned = (await staff.post("/v1/plan-items", json=item)).json()
    body = a_day(employee, [customer_id])
    body["visits"][0]["plan_item"] = planned["id"]
    (line,) = (await staff.post("/v1/visit-reports", json=body)).json()["lines"]
    (done,) = await service.published(PlanItemDone)
    assert (str(done.aggregateid), str(done.data.contact_id)) == (planned["id"], line["contact"]["id"])
    following = (await staff.get(f"/v1/plan-items/{line['next_item_id']}")).json()
    assert (following["due_on"], following["what"], following["assignee_id"], following["cause_id"]) == (
        day(5),
        "See the store room.",
        str(employee.aggregateid),
        line["contact"]["id"],
    )
    assert len(await service.published(ContactPlanned)) == 2


async def test_a_day_is_reported_once(staff: httpx.AsyncClient, service: Harness, customer: Any) -> None:
    employee = an_employee()
    await service.know(employee)
    body = a_day(employee, [await customer()])
    first = await staff.post("/v1/visit-reports", json=body, headers={"Idempotency-Key": "v-1"})
    again = await staff.post("/v1/visit-reports", json=body, headers={"Idempotency-Key": "v-1"})
    assert again.json() == first.json()
    other = await staff.post("/v1/visit-reports", json=body)
    assert (other.status_code, other.json()["code"]) == (409, "visit-report-exists")
    assert len(await service.published(CustomerContacted)) == 1
    today = {**body, "on": day()}
    assert (await staff.post("/v1/visit-reports", json=today)).status_code == 201
    listed = (await staff.get("/v1/visit-reports", params={"employee": str(employee.aggregateid)})).json()["items"]
    assert [one["on"] for one in listed] == [day(), day(-1)]
    assert (await staff.get("/v1/visit-reports", params={"employee": str(uuid4())})).json()["items"] == []


def wrong(body: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    """The same day with a second visit on which something is wrong."""
    return {**body, "visits": [body["visits"][0], {**body["visits"][1], **change}]}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"customer_id": str(UUID(int=7))}, "visits[1].customer_id"),
        ({"at": "2020-01-01T00:00:00Z"}, "visits[1].at"),
        ({"minutes": 1441}, "visits[1].minutes"),
        ({"next": {"on": "2020-01-01"}}, "visits[1].next.on"),
        ({"plan_item": str(UUID(int=7))}, "visits[1].plan_item"),
        ({"promises": [{"what": "x", "due_at": "2020-01-01T00:00:00Z"}]}, "visits[1].promises[0].due_at"),
        (
            {"promises": [{"what": "x", "due_at": "2190-01-01T00:00:00Z", "fulfilling_unit": "moon"}]},
            "visits[1].promises[0].fulfilling_unit",
        ),
    ],
)
async def test_a_visit_that_is_wrong_is_named_and_none_is_stored(
    staff: httpx.AsyncClient, service: Harness, customer: Any, change: dict[str, Any], field: str
) -> None:
    employee = an_employee()
    await service.know(employee)
    body = a_day(employee, [await customer(), await customer()])
    answer = await staff.post("/v1/visit-reports", json=wrong(body, change))
    assert answer.status_code == 422, answer.text
    assert [one["field"] for one in answer.json()["errors"]] == [field]
    assert await service.published(VisitReported, CustomerContacted, PromiseMade, ContactPlanned) == []
    assert (await staff.get("/v1/interactions")).json()["items"] == []


async def test_whose_day_it_is_must_be_known(
    staff: httpx.AsyncClient, dealer: httpx.AsyncClient, service: Harness, customer: Any
) -> None:
    employee = an_employee()
    await service.know(employee)
    body = a_day(employee, [await customer()])
    nobodys = await staff.post("/v1/visit-reports", json={**body, "employee": None})
    assert [one["field"] for one in nobodys.json()["errors"]] == ["employee"]
    tomorrow = await staff.post("/v1/visit-reports", json={**body, "on": day(2)})
    assert [one["field"] for one in tomorrow.json()["errors"]] == ["on"]
    assert (await dealer.post("/v1/visit-reports", json=body)).status_code == 404
    assert (await dealer.get("/v1/visit-reports")).status_code == 404
