"""Customers go from one employee to the next before the first one leaves."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import pytest

from guanxi.db import Reader, Tx
from guanxi.events.interactions import ContactPlanned, CustomerContacted, HandoverPlanned, PlanItemDone, PlanItemMissed
from guanxi.testing import Harness, a_customer, an_employee

from ..interviews.guides import GUIDE, made

pytestmark = pytest.mark.asyncio
SHANGHAI = ZoneInfo("Asia/Shanghai")


def day(ahead: int) -> date:
    return (datetime.now(SHANGHAI) + timedelta(days=ahead)).date()


async def knows(staff: httpx.AsyncClient, customer_id: UUID, employee: UUID, times: int = 1, **values: Any) -> None:
    body = {"customer_id": str(customer_id), "channel": "visit", "direction": "out", "employee": str(employee)}
    for _ in range(times):
        assert (await staff.post("/v1/interactions", json={**body, **values})).status_code == 201


async def leaves(service: Harness, employee: UUID, on: date, sequence: int = 2, **values: Any) -> Any:
    event = an_employee(employee, sequence=sequence, left_on=on, **values)
    await service.know(event)
    await service.apply(event, consumer="leavers")
    return event


async def somebody(service: Harness, **values: Any) -> UUID:
    event = an_employee(**values)
    await service.know(event)
    found: UUID = event.aggregateid
    return found


async def test_whom_a_leaver_alone_knows_or_answers_for_is_handed_over(
    staff: httpx.AsyncClient, service: Harness, customer: Any
) -> None:
    leaver, colleague = await somebody(service), await somebody(service)
    alone, shared, strange = await customer(), await customer(), await customer()
    owned = await customer(owner_id=leaver)
    await knows(staff, alone, leaver)
    for one in (shared, owned):
        await knows(staff, one, leaver)
        await knows(staff, one, colleague)
    await knows(staff, strange, colleague)
    event = await leaves(service, leaver, day(30))
    told = await service.published(HandoverPlanned)
    assert {(one.subject, one.data.single_tie) for one in told} == {(alone, True), (owned, False)}
    assert {(one.data.from_id, one.data.to_id, one.data.status, one.data.reason) for one in told} == {
        (leaver, None, "planned", "leaving")
    }
    assert {one.data.leaves_on for one in told} == {day(30)}
    visits = await service.published(ContactPlanned)
    assert {(one.subject, one.data.assignee_id, one.data.reason) for one in visits} == {
        (alone, leaver, "joint-visit"),
        (owned, leaver, "joint-visit"),
    }
    assert {one.data.cause_id for one in visits} == {one.data.handover_id for one in told}
    on = {one.data.due_on for one in visits}
    assert on == {one.data.joint_visit_on for one in told}
    assert all(day(0) < one < day(30) and one.isoweekday() < 6 for one in on)
    await service.apply(event, consumer="leavers")
    assert len(await service.published(HandoverPlanned)) == 2
    listed = (await staff.get("/v1/handovers", params={"from_employee": str(leaver)})).json()["items"]
    assert {one["customer_id"] for one in listed} == {str(alone), str(owned)}


async def test_members_of_a_merged_customer_are_one(staff: httpx.AsyncClient, service: Harness, customer: Any) -> None:
    leaver, colleague = await somebody(service), await somebody(service)
    first, second, third = await customer(), await customer(), await customer()
    await knows(staff, first, leaver)
    await knows(staff, second, leaver)
    await knows(staff, third, colleague)
    await service.know(a_customer(second, sequence=2, canonical_id=first, status="merged"))
    await leaves(service, leaver, day(30))
    (told,) = await service.published(HandoverPlanned)
    assert (told.subject, told.data.single_tie) == (first, True)
    await service.know(a_customer(third, sequence=2, canonical_id=first, status="merged"))
    (found,) = (await staff.get(f"/v1/employees/{leaver}/exposed-customers")).json()["items"]
    assert (found["contacts"], found["others"], found["single_tie"]) == (2, 1, False)
    assert found["members"] == [str(one) for one in sorted((first, second, third))]


async def test_another_day_moves_what_is_planned(staff: httpx.AsyncClient, service: Harness, customer: Any) -> None:
    leaver = await somebody(service)
    await knows(staff, await customer(), leaver)
    await leaves(service, leaver, day(40))
    await leaves(service, leaver, day(20), sequence=3)
    first, second = await service.published(HandoverPlanned)
    assert (first.data.leaves_on, second.data.leaves_on, second.sequence) == (day(40), day(20), 2)
    assert second.data.joint_visit_on is not None
    assert second.data.joint_visit_on < day(20)
    visits = await service.published(ContactPlanned)
    assert [(one.sequence, one.data.due_on) for one in visits] == [
        (1, first.data.joint_visit_on),
        (2, second.data.joint_visit_on),
    ]
    await leaves(service, leaver, day(40))
    assert len(await service.published(HandoverPlanned)) == 2, "older news changes nothing"


async def test_another_day_takes_as_many_statements_for_many_customers_as_for_one(
    staff: httpx.AsyncClient, service: Harness, customer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    for kind, name in ((Reader, "fetch"), (Reader, "fetchrow"), (Tx, "execute")):
        monkeypatch.setattr(kind, name, _counting(getattr(kind, name), asked))
    counts = []
    for customers in (1, 7):
        leaver = await somebody(service)
        for _ in range(customers):
            await customer(owner_id=leaver)
        await leaves(service, leaver, day(40))
        later = an_employee(leaver, sequence=3, left_on=day(20))
        await service.know(later)
        asked.clear()
        await service.apply(later, consumer="leavers")
        counts.append(len(asked))
        found = (await staff.get("/v1/plan-items", params={"assignee": str(leaver)})).json()["items"]
        assert len(found) == customers
        assert all(date.fromisoformat(one["due_on"]) < day(20) for one in found)
    assert counts[0] == counts[1]
    assert counts[0] > 0


def _counting(real: Any, asked: list[str]) -> Any:
    async def counted(self: Any, sql: str, *args: Any) -> Any:
        asked.append(sql)
        return await real(self, sql, *args)

    return counted


async def test_nobody_misses_a_joint_visit_that_nobody_is_to_make_any_more(
    staff: httpx.AsyncClient, service: Harness, customer: Any
) -> None:
    leaver, successor = await somebody(service), await somebody(service)
    await customer(owner_id=leaver)
    await leaves(service, leaver, day(30))
    (one,) = (await staff.get("/v1/handovers")).json()["items"]
    item = f"/v1/plan-items/{one['plan_item_id']}"
    states = []
    for sequence, on in ((3, day(0)), (4, day(30)), (5, day(0)), (6, day(20))):
        await leaves(service, leaver, on, sequence=sequence)
        states.append((await staff.get(item)).json()["status"])
    assert states == ["cancelled", "planned", "cancelled", "planned"]
    body = {"to_employee": str(successor), "without_joint_visit": "customer-abroad"}
    assert (await staff.post(f"/v1/handovers/{one['id']}/completion", json=body)).status_code == 201
    assert (await staff.get(item)).json()["status"] == "cancelled"
    async with service.database.api.read() as reader:
        assert await reader.fetchval("SELECT count(*) FROM due WHERE kind = 'plan_item'") == 0
    told = [(event.sequence, event.data.cancelled) for event in await service.published(ContactPlanned)]
    assert told == [(1, False), (2, True), (3, False), (4, True), (5, False), (6, True)]
    service.clock.move(40 * 86400)
    await service.work_off_due()
    assert await service.published(PlanItemMissed) == []


async def test_a_joint_visit_that_took_place_stays_done(
    staff: httpx.AsyncClient, service: Harness, customer: Any
) -> None:
    leaver, successor = await somebody(service), await somebody(service)
    await customer(owner_id=leaver)
    await leaves(service, leaver, day(30))
    (one,) = (await staff.get("/v1/handovers")).json()["items"]
    path = f"/v1/handovers/{one['id']}"
    assert (await staff.post(f"{path}/joint-visit", json={"to_employee": str(successor)})).status_code == 201
    assert (await staff.post(f"{path}/completion", json={})).status_code == 201
    assert (await staff.get(f"/v1/plan-items/{one['plan_item_id']}")).json()["status"] == "done"


async def test_who_comes_to_depend_on_a_leaver_later_is_handed_over_too(
    staff: httpx.AsyncClient, service: Harness, customer: Any
) -> None:
    leaver, successor = await somebody(service), await somebody(service)
    first, later, last = await customer(owner_id=leaver), await customer(), await customer()
    await leaves(service, leaver, day(3))
    (one,) = (await staff.get("/v1/handovers")).json()["items"]
    assert one["customer_id"] == str(first)
    body = {"to_employee": str(successor), "without_joint_visit": "customer-abroad"}
    assert (await staff.post(f"/v1/handovers/{one['id']}/completion", json=body)).status_code == 201
    await knows(staff, later, leaver)
    service.clock.move(86400)
    await service.work_off_due()
    await service.know(a_customer(last, sequence=2, owner_id=leaver))
    service.clock.move(2 * 86400)
    await service.work_off_due()
    told = [event for event in await service.published(HandoverPlanned) if event.data.status == "planned"]
    assert [event.subject for event in told] == [first, later, last], "and none who has been handed over"
    assert [event.data.joint_visit_on is None for event in told] == [False, False, True]
    async with service.database.api.read() as reader:
        assert await reader.fetchval("SELECT count(*) FROM due WHERE kind = 'leaver'") == 0


async def test_whatever_the_order_of_the_news_each_customer_goes_once(
    staff: httpx.AsyncClient, service: Harness, customer: Any
) -> None:
    leaver = await somebody(service)
    for _ in range(3):
        await knows(staff, await customer(), leaver)
    news = [an_employee(leaver, sequence=n, left_on=day(20 + n)) for n in (2, 3, 4)]
    await service.know(news[-1])
    for event in [*random.Random(7).choices(news, k=9), news[-1]]:
        await service.apply(event, consumer="leavers")
    found = (await staff.get("/v1/handovers")).json()["items"]
    assert [(one["status"], one["leaves_on"]) for one in found] == [("planned", str(day(24)))] * 3


async def test_who_left_long_ago_and_whom_a_dealer_employs_hand_nothing_over(
    staff: httpx.AsyncClient, service: Harness, customer: Any
) -> None:
    old, theirs = await somebody(service), await somebody(service, unit="dealer-17")
    customer_id = await customer()
    await knows(staff, customer_id, old)
    await knows(staff, await customer(), theirs)
    await leaves(service, old, day(-30))
    await leaves(service, theirs, day(30), unit="dealer-17")
    assert await service.published(HandoverPlanned) == []
    today = await somebody(service)
    await knows(staff, customer_id, today)
    await leaves(service, today, day(0))
    (told,) = await service.published(HandoverPlanned)
    assert (told.data.joint_visit_on, told.data.single_tie) == (None, True)


async def test_after_the_joint_visit_the_customer_knows_who_takes_over(
    staff: httpx.AsyncClient, service: Harness, customer: Any
) -> None:
    leaver, successor = await somebody(service), await somebody(service)
    customer_id = await customer()
    await knows(staff, customer_id, leaver)
    await leaves(service, leaver, day(30))
    (one,) = (await staff.get("/v1/handovers")).json()["items"]
    path = f"/v1/handovers/{one['id']}"
    unnamed = await staff.post(f"{path}/joint-visit", json={})
    assert [error["field"] for error in unnamed.json()["errors"]] == ["to_employee"]
    for wrong in (leaver, UUID(int=7)):
        answer = await staff.post(f"{path}/joint-visit", json={"to_employee": str(wrong)})
        assert [error["field"] for error in answer.json()["errors"]] == ["to_employee"]
    early = await staff.post(f"{path}/completion", json={"to_employee": str(successor)})
    assert [error["field"] for error in early.json()["errors"]] == ["without_joint_visit"]
    body = {"to_employee": str(successor), "whom": "張建國", "result": "Took it well."}
    visited = await staff.post(f"{path}/joint-visit", json=body)
    assert visited.status_code == 201, visited.text
    assert (visited.json()["status"], visited.json()["joint_visit_on"]) == ("joint_visit", str(day(0)))
    (done,) = await service.published(PlanItemDone)
    assert str(done.aggregateid) == one["plan_item_id"]
    contact = (await service.published(CustomerContacted))[-1]
    assert (contact.data.employee_id, contact.data.kind, str(contact.aggregateid)) == (
        successor,
        "visit",
        visited.json()["contact_id"],
    )
    (exposed,) = (await staff.get(f"/v1/employees/{leaver}/exposed-customers")).json()["items"]
    assert (exposed["single_tie"], exposed["others"]) == (False, 1)
    completed = await staff.post(f"{path}/completion", json={})
    assert (completed.json()["status"], completed.json()["to_employee"]) == ("done", str(successor))
    states = [(e.sequence, e.data.status, e.data.to_id) for e in await service.published(HandoverPlanned)]
    assert states == [(1, "planned", None), (2, "joint_visit", successor), (3, "done", successor)]
    assert (await staff.post(f"{path}/completion", json={})).status_code == 409
    published: list[Any] = await service.published()
    assert b"Took" not in b"".join(event.to_json() for event in published)


async def test_a_person_plans_a_handover_once_and_completes_it_with_a_reason(
    staff: httpx.AsyncClient, service: Harness, customer: Any
) -> None:
    giver, taker = await somebody(service), await somebody(service)
    customer_id = await customer()
    body = {
        "customer_id": str(customer_id),
        "from_employee": str(giver),
        "to_employee": str(taker),
        "reason": "new-territory",
        "joint_visit_on": str(day(9)),
    }
    one = await staff.post("/v1/handovers", json=body)
    assert one.status_code == 201, one.text
    item = (await staff.get(f"/v1/plan-items/{one.json()['plan_item_id']}")).json()
    assert (item["due_on"], item["assignee_id"], item["cause_id"]) == (str(day(9)), str(giver), one.json()["id"])
    again = await staff.post("/v1/handovers", json=body)
    assert (again.status_code, again.json()["code"]) == (409, "handover-open")
    await leaves(service, giver, day(30))
    assert len(await service.published(HandoverPlanned)) == 1, "it is on its way already"
    path = f"/v1/handovers/{one.json()['id']}"
    done = await staff.post(f"{path}/completion", json={"without_joint_visit": "customer-abroad"})
    assert done.json()["status"] == "done"
    past = await staff.post("/v1/handovers", json={**body, "joint_visit_on": "2020-01-01"})
    assert [error["field"] for error in past.json()["errors"]] == ["joint_visit_on"]


async def test_a_person_and_the_news_at_once_hand_a_customer_over_once(
    staff: httpx.AsyncClient, service: Harness, customer: Any
) -> None:
    leaver = await somebody(service)
    customers = [await customer() for _ in range(4)]
    for one in customers:
        await knows(staff, one, leaver)
    event = an_employee(leaver, sequence=2, left_on=day(30))
    await service.know(event)
    bodies = [{"customer_id": str(one), "from_employee": str(leaver), "reason": "new-territory"} for one in customers]
    posts = [staff.post("/v1/handovers", json=body) for body in bodies]
    answers, _ = await asyncio.gather(asyncio.gather(*posts), service.apply(event, consumer="leavers"))
    assert {answer.status_code for answer in answers} <= {201, 409}
    found = (await staff.get("/v1/handovers")).json()["items"]
    assert sorted(one["customer_id"] for one in found) == sorted(str(one) for one in customers)
    assert len(await service.published(HandoverPlanned)) == 4


async def test_ties_are_measured_by_contacts_interviews_and_kept_promises_of_a_year(
    staff: httpx.AsyncClient, service: Harness, customer: Any
) -> None:
    employee, colleague = await somebody(service), await somebody(service)
    await made(staff, GUIDE)
    ids = sorted([await customer(), await customer()])
    long_ago = (datetime.now(UTC) - timedelta(days=366)).isoformat()
    await knows(staff, ids[0], employee, occurred_at=long_ago)
    await knows(staff, ids[0], employee, 2)
    interview = {"customer_id": str(ids[0]), "questionnaire": "kqi-2026", "interviewer": str(employee), "answers": []}
    assert (await staff.post("/v1/interviews", json=interview)).status_code == 201
    due = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    promise = {"what": "x", "due_at": due, "promiser": str(employee)}
    await knows(staff, ids[1], colleague, promises=[promise, promise])
    for n, one in enumerate((await staff.get("/v1/promises")).json()["items"]):
        outcome = "kept" if n else "broken"
        await staff.post(f"/v1/promises/{one['id']}/outcome", json={"outcome": outcome})
    found = (await staff.get(f"/v1/employees/{employee}/exposed-customers")).json()["items"]
    told = ("customer_id", "contacts", "interviews", "promises_kept", "strength", "single_tie", "others", "formula")
    assert [tuple(one[name] for name in told) for one in found] == [
        (str(ids[0]), 3, 1, 0, 3 * 2 + 10, True, 0, "1"),
        (str(ids[1]), 0, 0, 1, 6, False, 1, "1"),
    ]
    page = await staff.get(f"/v1/employees/{employee}/exposed-customers", params={"limit": 1})
    assert [one["customer_id"] for one in page.json()["items"]] == [str(ids[0])]
    rest = await staff.get(
        f"/v1/employees/{employee}/exposed-customers", params={"limit": 1, "cursor": page.json()["next"]}
    )
    assert [one["customer_id"] for one in rest.json()["items"]] == [str(ids[1])]
    assert (await staff.get(f"/v1/employees/{UUID(int=7)}/exposed-customers")).status_code == 404


async def test_handovers_are_no_dealers(
    staff: httpx.AsyncClient, dealer: httpx.AsyncClient, service: Harness, customer: Any
) -> None:
    giver, own = await somebody(service), await customer(unit="dealer-17")
    body = {"customer_id": str(own), "from_employee": str(giver), "reason": "x"}
    one = (await staff.post("/v1/handovers", json=body)).json()
    assert (await dealer.get("/v1/handovers")).status_code == 404
    assert (await dealer.get(f"/v1/handovers/{one['id']}")).status_code == 404
    assert (await dealer.post("/v1/handovers", json=body)).status_code == 404
    for step in ("joint-visit", "completion"):
        assert (await dealer.post(f"/v1/handovers/{one['id']}/{step}", json={})).status_code == 404
    assert (await dealer.get(f"/v1/employees/{giver}/exposed-customers")).status_code == 404
