"""Interviews of key customers, with the needs that they bring to light, over HTTP."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from guanxi.events.interactions import (
    CustomerContacted,
    CustomerContactedCorrected,
    CustomerContactedVoided,
    InterviewCompleted,
    InterviewCompletedCorrected,
    InterviewCompletedVoided,
    NeedAnswered,
    NeedOverdue,
    NeedRaised,
    NeedReopened,
    NeedVoided,
)
from guanxi.testing import Harness, a_customer, a_unit, an_employee

from .guides import GUIDE, made

pytestmark = pytest.mark.asyncio
SAID: dict[str, Any] = {
    "questionnaire": "kqi-2026",
    "contact_person": "張建國",
    "answers": [
        {"item": "speed", "expected": 5, "obtained": 2, "importance": 4, "words": "Always a day late."},
        {"item": "plans", "words": "A second plant in spring."},
    ],
    "opportunities": [{"what": "Stands for the second plant.", "sku": "tower-1200"}],
    "needs": [
        {"what": "Twelve more stands before the fair.", "pressing": True, "indicator": "delivery-on-time"},
        {"what": "A catalogue in English."},
    ],
}


async def held(staff: httpx.AsyncClient, customer_id: UUID, **values: Any) -> dict[str, Any]:
    answer = await staff.post("/v1/interviews", json={"customer_id": str(customer_id), **SAID, **values})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_an_interview_is_read_back_with_its_needs(staff: httpx.AsyncClient, customer: Any) -> None:
    await made(staff, GUIDE)
    cycle = str(uuid4())
    interview = await held(staff, await customer(), cycle_id=cycle)
    read = (await staff.get(f"/v1/interviews/{interview['id']}")).json()
    assert read == interview
    assert read["grades"] == [
        {"item": "speed", "indicator": "delivery-on-time", "expected": 5, "obtained": 2, "importance": 4}
    ]
    assert read["words"] == {"speed": "Always a day late.", "plans": "A second plant in spring."}
    assert (read["questions"], read["answered"], read["need_count"], read["opportunity_count"]) == (3, 2, 2, 1)
    assert [(one["what"], one["pressing"], one["status"], one["in_time"]) for one in read["needs"]] == [
        ("Twelve more stands before the fair.", True, "assigned", None),
        ("A catalogue in English.", False, "assigned", None),
    ]
    listed = (await staff.get("/v1/interviews", params={"cycle_id": cycle})).json()["items"]
    assert [one["id"] for one in listed] == [interview["id"]]
    assert (await staff.get("/v1/interviews", params={"cycle_id": str(uuid4())})).json()["items"] == []


async def test_facts_carry_grades_from_0_to_10_and_no_words(
    staff: httpx.AsyncClient, service: Harness, customer: Any
) -> None:
    await made(staff, GUIDE)
    customer_id = await customer()
    interview = await held(staff, customer_id)
    (told,) = await service.published(InterviewCompleted)
    assert (told.subject, str(told.aggregateid), told.sequence) == (customer_id, interview["id"], 1)
    (grade,) = told.data.grades
    assert (grade.indicator, grade.expected, grade.obtained, grade.importance) == ("delivery-on-time", 10, 3, 8)
    (contact,) = await service.published(CustomerContacted)
    assert (contact.data.kind, str(contact.data.contact_id)) == ("interview", interview["contact_id"])
    assert contact.data.outcome == "need_now"
    words = ("late", "plant", "Stands", "fair", "catalogue", "張建國")
    published: list[Any] = await service.published()
    events = [event.to_json().decode() for event in published]
    assert [word for word in words if any(word in event for event in events)] == []
    shown = (await staff.get(f"/v1/customers/{customer_id}/timeline")).json()["items"]
    assert sorted((one["kind"], str(one["summary"]["code"])) for one in shown) == [
        ("contact", "interview"),
        ("interview", "kqi-2026"),
        ("need", "None"),
        ("need", "delivery-on-time"),
    ]


async def test_a_pressing_need_goes_to_the_lead_and_is_told_when_nobody_answers(
    staff: httpx.AsyncClient, service: Harness, customer: Any
) -> None:
    lead = an_employee(unit="complaint-desk")
    await service.know(lead, a_unit("complaint-desk", sequence=2, lead_id=lead.aggregateid))
    await made(staff, GUIDE)
    needs = [{"what": "An answer.", "pressing": True, "assignee_unit": "complaint-desk"}]
    interview = await held(staff, await customer(), needs=needs)
    (need,) = interview["needs"]
    (raised,) = await service.published(NeedRaised)
    assert (raised.data.assignee_id, raised.data.assignee_unit) == (lead.aggregateid, "complaint-desk")
    assert str(raised.data.interview_id) == interview["id"]
    due = datetime.fromisoformat(need["due_at"])
    assert raised.data.due_at == due
    assert (due.astimezone(UTC).hour, due.minute) == (10, 0), "18:00 in Shanghai"
    await service.work_off_due()
    assert await service.published(NeedOverdue) == []
    service.clock.move((due - service.clock.now()).total_seconds() + 1)
    await service.work_off_due()
    (late,) = await service.published(NeedOverdue)
    assert (late.time, late.data.overdue_at, late.data.status) == (due, due, "assigned")
    (shown,) = (await staff.get(f"/v1/interviews/{interview['id']}")).json()["needs"]
    assert shown["in_time"] is False
    answered = await staff.post(f"/v1/needs/{need['id']}/answer", json={"words": "On Thursday."})
    assert (answered.status_code, answered.json()["in_time"]) == (201, False)
    (told,) = await service.published(NeedAnswered)
    assert (told.data.in_time, told.sequence) == (False, 3)


async def test_who_is_named_answers_in_time_and_the_moment_passes_in_silence(
    staff: httpx.AsyncClient, service: Harness, customer: Any
) -> None:
    answerer = an_employee(unit="complaint-desk")
    await service.know(answerer)
    customer_id = await customer()
    body = {"customer_id": str(customer_id), "what": "A call.", "pressing": True, "assignee": str(answerer.aggregateid)}
    need = (await staff.post("/v1/needs", json=body)).json()
    assert (need["assignee_id"], need["assignee_unit"]) == (str(answerer.aggregateid), "complaint-desk")
    answered = (await staff.post(f"/v1/needs/{need['id']}/answer", json={"words": "Called."})).json()
    assert (answered["status"], answered["in_time"]) == ("answered", True)
    again = await staff.post(f"/v1/needs/{need['id']}/answer", json={"words": "Called."})
    assert (again.status_code, again.json()["code"]) == (409, "need-answered")
    service.clock.move(14 * 86400)
    await service.work_off_due()
    assert await service.published(NeedOverdue) == []
    confirmed = (await staff.post(f"/v1/needs/{need['id']}/confirmation", json={})).json()
    assert (confirmed["status"], confirmed["in_time"]) == ("confirmed", True)
    states = [(one.sequence, one.data.status) for one in await service.published(NeedAnswered)]
    assert states == [(2, "answered"), (3, "confirmed")]


async def test_of_an_answer_and_the_moment_at_once_both_are_told_in_order(
    staff: httpx.AsyncClient, service: Harness, customer: Any
) -> None:
    customer_id = str(await customer())
    bodies = [{"customer_id": customer_id, "what": "A call.", "pressing": True} for _ in range(5)]
    needs = [(await staff.post("/v1/needs", json=body)).json() for body in bodies]
    service.clock.move(14 * 86400)
    answers = [staff.post(f"/v1/needs/{need['id']}/answer", json={}) for need in needs]
    answered, _ = await asyncio.gather(asyncio.gather(*answers), service.work_off_due())
    assert [answer.status_code for answer in answered] == [201] * 5
    told: dict[UUID, list[Any]] = {}
    for event in await service.published(NeedRaised, NeedOverdue, NeedAnswered):
        told.setdefault(event.aggregateid, []).append(event)
    for events in told.values():
        assert [event.sequence for event in events] == list(range(1, len(events) + 1))
        assert isinstance(events[-1].data, NeedAnswered), "nobody is chased for what was answered"


async def test_a_reopened_need_is_due_again(staff: httpx.AsyncClient, service: Harness, customer: Any) -> None:
    body = {"customer_id": str(await customer()), "what": "A call.", "pressing": True}
    need = (await staff.post("/v1/needs", json=body)).json()
    await staff.post(f"/v1/needs/{need['id']}/answer", json={})
    reopened = (await staff.post(f"/v1/needs/{need['id']}/reopening", json={"reason": "no-call"})).json()
    assert (reopened["status"], reopened["in_time"], reopened["reopened"]) == ("reopened", None, 1)
    (told,) = await service.published(NeedReopened)
    assert told.data.due_at == datetime.fromisoformat(reopened["due_at"])
    service.clock.move(14 * 86400)
    await service.work_off_due()
    (late,) = await service.published(NeedOverdue)
    assert (late.data.status, late.sequence) == ("reopened", 4)


async def test_what_we_learn_of_late_alerts_nobody(staff: httpx.AsyncClient, service: Harness, customer: Any) -> None:
    await made(staff, GUIDE)
    month_ago = (datetime.now(UTC) - timedelta(days=30)).isoformat()
    await held(staff, await customer(), held_at=month_ago)
    (told,) = await service.published(InterviewCompleted)
    assert told.historic
    service.clock.move(14 * 86400)
    await service.work_off_due()
    assert await service.published(NeedOverdue) == []


async def test_a_correction_is_told_whole_and_moves_the_contact(
    staff: httpx.AsyncClient, service: Harness, customer: Any
) -> None:
    await made(staff, GUIDE)
    interview = await held(staff, await customer())
    path, earlier = f"/v1/interviews/{interview['id']}", (datetime.now(UTC) - timedelta(hours=3)).isoformat()
    body = {"held_at": earlier, "answers": [{"item": "speed", "expected": 5, "obtained": 4}]}
    corrected = await staff.patch(path, json=body, headers={"If-Match": '"1"'})
    assert (corrected.status_code, corrected.headers["etag"]) == (200, '"2"')
    assert (corrected.json()["words"], corrected.json()["answered"], corrected.json()["note"]) == ({}, 1, None)
    (told,) = await service.published(InterviewCompletedCorrected)
    assert (told.sequence, told.data.grades[0].obtained, told.data.need_count) == (2, 8, 2)
    (moved,) = await service.published(CustomerContactedCorrected)
    assert moved.data.occurred_at == datetime.fromisoformat(earlier)
    assert (await staff.patch(path, json=body, headers={"If-Match": '"1"'})).status_code == 412


async def test_a_void_takes_contact_and_needs_with_it(
    staff: httpx.AsyncClient, service: Harness, customer: Any
) -> None:
    await made(staff, GUIDE)
    customer_id = await customer()
    interview = await held(staff, customer_id)
    gone = await staff.post(f"/v1/interviews/{interview['id']}/voiding", json={"reason": "entered-twice"})
    assert gone.status_code == 201, gone.text
    assert len(await service.published(InterviewCompletedVoided)) == 1
    assert len(await service.published(CustomerContactedVoided)) == 1
    assert len(await service.published(NeedVoided)) == 2
    assert (await staff.get(f"/v1/customers/{customer_id}/timeline")).json()["items"] == []
    assert (await staff.get("/v1/interviews")).json()["items"] == []
    service.clock.move(14 * 86400)
    await service.work_off_due()
    assert await service.published(NeedOverdue) == []
    again = await staff.post(f"/v1/interviews/{interview['id']}/voiding", json={})
    assert (again.status_code, again.json()["code"]) == (409, "interview-voided")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"questionnaire": "nothing"}, "questionnaire"),
        ({"version": 7}, "questionnaire"),
        ({"held_at": "2190-01-01T00:00:00Z"}, "held_at"),
        ({"interviewer": str(UUID(int=7))}, "interviewer"),
        ({"answers": [{"item": "speed", "obtained": 6}]}, "answers[0].obtained"),
        ({"needs": [{"what": "x", "assignee": str(UUID(int=7))}]}, "needs[0].assignee"),
        ({"needs": [{"what": "x", "assignee_unit": "moon"}]}, "needs[0].assignee_unit"),
        ({"needs": [{"what": "x", "assignee_unit": "dealer-17"}]}, "needs[0].assignee_unit"),
        ({"needs": [{"what": "x", "due_at": "2020-01-01T00:00:00Z"}]}, "needs[0].due_at"),
    ],
)
async def test_a_wrong_field_is_named_and_nothing_is_stored(
    staff: httpx.AsyncClient, service: Harness, customer: Any, change: dict[str, Any], field: str
) -> None:
    await made(staff, GUIDE)
    answer = await staff.post("/v1/interviews", json={"customer_id": str(await customer()), **SAID, **change})
    assert answer.status_code == 422, answer.text
    assert [one["field"] for one in answer.json()["errors"]] == [field]
    assert await service.published(InterviewCompleted, CustomerContacted, NeedRaised) == []


async def test_nobody_answers_who_has_left_or_could_not_see_it(
    staff: httpx.AsyncClient, service: Harness, customer: Any
) -> None:
    yesterday = str((datetime.now(UTC) - timedelta(days=1)).date())
    gone, theirs = an_employee(left_on=yesterday), an_employee(unit="dealer-17")
    await service.know(gone, theirs)
    for one, unit, code in (
        (gone, None, "has-left"),
        (theirs, None, "cannot-see"),
        (theirs, "head-office", "cannot-see"),
    ):
        body = {"customer_id": str(await customer()), "what": "A call.", "assignee": str(one.aggregateid)}
        body |= {"assignee_unit": unit} if unit else {}
        answer = await staff.post("/v1/needs", json=body)
        assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [("assignee", code)]
    assert await service.published(NeedRaised) == []


async def test_a_guide_comes_with_the_last_grades_and_what_is_open(
    staff: httpx.AsyncClient, service: Harness, customer: Any
) -> None:
    await made(staff, GUIDE)
    first, second = await customer(), await customer()
    await held(staff, first)
    await service.know(a_customer(first, sequence=2, canonical_id=second, status="merged"))
    found = (await staff.get("/v1/interviews/guide", params={"customer_id": str(second)})).json()
    assert found["questionnaire"]["code"] == "kqi-2026"
    assert [(one["indicator"], one["expected"], one["obtained"]) for one in found["last"]] == [
        ("delivery-on-time", 10, 3)
    ]
    assert [one["what"] for one in found["open_needs"]] == [
        "A catalogue in English.",
        "Twelve more stands before the fair.",
    ]
    assert (await staff.get("/v1/interviews/guide")).json()["last"] == []


async def test_a_dealer_sees_its_own_interviews_and_needs_only(
    staff: httpx.AsyncClient, dealer: httpx.AsyncClient, customer: Any
) -> None:
    await made(staff, GUIDE)
    theirs = await customer(unit="dealer-17")
    ours = await held(staff, theirs)
    mine = await held(dealer, theirs)
    for kind, one in (("interviews", ours), ("needs", ours["needs"][0])):
        assert (await dealer.get(f"/v1/{kind}/{one['id']}")).status_code == 404
    listed = (await dealer.get("/v1/interviews")).json()["items"]
    assert [one["id"] for one in listed] == [mine["id"]]
    needs = (await dealer.get("/v1/needs", params={"customer_id": str(theirs)})).json()["items"]
    assert {one["interview_id"] for one in needs} == {mine["id"]}
    answer = await dealer.post(f"/v1/needs/{ours['needs'][0]['id']}/answer", json={})
    assert answer.status_code == 404
    stranger = await customer()
    body = {"customer_id": str(stranger), **SAID}
    assert (await dealer.post("/v1/interviews", json=body)).status_code == 404


async def test_a_repeat_makes_one_interview(staff: httpx.AsyncClient, service: Harness, customer: Any) -> None:
    await made(staff, GUIDE)
    body, key = {"customer_id": str(await customer()), **SAID}, {"Idempotency-Key": "i-1"}
    first = await staff.post("/v1/interviews", json=body, headers=key)
    again = await staff.post("/v1/interviews", json=body, headers=key)
    assert again.json() == first.json()
    assert len(await service.published(InterviewCompleted)) == 1
