"""Staff are told of what they can repair, once, and somebody above them when they do not answer."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio

from guanxi.events.complaints import (
    ComplaintClosed,
    ComplaintEscalated,
    ComplaintFiledVoided,
    ComplaintHandedOver,
    ComplaintReopened,
    ComplaintResolved,
)
from guanxi.events.interactions import PromiseBrokenVoided
from guanxi.events.notifications import NotificationSent
from guanxi.testing.builders import a_customer, a_unit, an_employee, an_event
from guanxi.testing.harness import Harness
from notifications.messages.sender import send_due

from ..conftest import OpenHarness
from ..mailserver import mailbox
from ..people import a_broken_promise, a_fall, a_missed_deadline, a_ticket, new_id

pytestmark = pytest.mark.asyncio
ALWAYS = {"weekly": [{"weekday": day, "opens": 0, "closes": 1440} for day in range(1, 8)]}
OWNER, DESK, LOGISTICS, DIRECTOR = (new_id() for _ in range(4))


@pytest_asyncio.fixture(loop_scope="session")
async def service(open_service: OpenHarness) -> Harness:
    service = await open_service()
    await staff(service)
    return service


async def staff(service: Harness) -> None:
    await service.know(
        a_unit("head-office", sequence=2, kind="head_office", lead_id=DIRECTOR, calendar=ALWAYS),
        a_unit("complaint-desk", sequence=2, parent="head-office", lead_id=DESK, calendar=ALWAYS),
        a_unit("sales", parent="head-office", calendar=ALWAYS),
        a_unit("logistics", parent="head-office", lead_id=LOGISTICS, calendar=ALWAYS),
        an_employee(OWNER, unit="sales", name="李明", subject="liming"),
        an_employee(DESK, unit="complaint-desk", name="王芳", subject="wangfang", level="lead"),
        an_employee(LOGISTICS, unit="logistics", name="陳剛", subject="chengang", level="lead"),
        an_employee(DIRECTOR, unit="head-office", name="趙總", subject="zhao", level="director"),
    )


async def a_client(service: Harness, **values: Any) -> UUID:
    customer = new_id()
    await service.know(a_customer(customer, **{"owner_id": OWNER, **values}))
    return customer


async def inbox(service: Harness, employee: UUID, **query: Any) -> list[dict[str, Any]]:
    found = await service.caller().get("/v1/inbox", params={"employee_id": str(employee), **query})
    assert found.status_code == 200, found.text
    items: list[dict[str, Any]] = found.json()["items"]
    return items


async def rules_in(service: Harness, employee: UUID) -> list[str]:
    return [one["rule"] for one in await inbox(service, employee)]


async def test_the_account_owner_and_the_holder_are_told_of_a_complaint(service: Harness) -> None:
    customer = await a_client(service)
    filed = a_ticket(customer=customer, holder_id=LOGISTICS)
    await service.apply(filed)
    (told,) = await inbox(service, OWNER)
    assert (told["rule"], told["state"], told["customer_id"]) == ("complaint-filed", "raised", str(customer))
    assert told["cause_id"] == str(filed.data.complaint_id)
    assert told["facts"] == {"number": "C-2026-000001", "cause": "quality", "severity": "high"}
    assert await rules_in(service, LOGISTICS) == ["complaint-filed"]
    assert await rules_in(service, DESK) == []


async def test_without_a_holder_the_lead_of_the_unit_is_told(service: Harness) -> None:
    await service.apply(a_ticket())
    assert await rules_in(service, DESK) == ["complaint-filed"]


async def test_the_owner_of_the_record_that_stands_for_merged_ones_is_told(service: Harness) -> None:
    survivor = await a_client(service)
    absorbed = await a_client(service, canonical_id=survivor, status="merged", owner_id=None)
    await service.apply(a_ticket(customer=absorbed))
    assert await rules_in(service, OWNER) == ["complaint-filed"]


@pytest.mark.parametrize(
    ("before", "direction", "told"),
    [("top", "down", 1), ("top", "left", 0), ("middle", "down", 0), ("top", "up", 0)],
)
async def test_the_owner_is_told_of_a_customer_who_falls_from_the_top(
    service: Harness, before: str, direction: str, told: int
) -> None:
    customer = await a_client(service)
    await service.apply(a_fall(customer, before=before, direction=direction))
    assert await rules_in(service, OWNER) == ["key-customer-falling"] * told


async def test_a_broken_promise_goes_to_who_can_act_and_to_nobody_else(service: Harness) -> None:
    customer = await a_client(service)
    await service.apply(a_broken_promise(customer, "logistics"))
    assert await rules_in(service, LOGISTICS) == ["promise-broken"]
    assert await rules_in(service, OWNER) == []
    assert await rules_in(service, DIRECTOR) == []


async def test_a_broken_promise_of_a_unit_without_lead_goes_to_the_owner_then_to_head_office(service: Harness) -> None:
    await service.apply(a_broken_promise(await a_client(service), "sales"))
    assert await rules_in(service, OWNER) == ["promise-broken"]
    await service.apply(a_broken_promise(await a_client(service, owner_id=None), "sales"))
    assert await rules_in(service, DIRECTOR) == ["promise-broken"]


async def test_a_missed_deadline_goes_to_owner_and_holder(service: Harness) -> None:
    customer = await a_client(service)
    await service.apply(a_missed_deadline(customer, new_id(), LOGISTICS))
    assert await rules_in(service, OWNER) == await rules_in(service, LOGISTICS) == ["deadline-missed"]


async def test_whoever_is_asked_to_take_a_complaint_over_is_told(service: Harness) -> None:
    over: dict[str, Any] = {"from_unit": "complaint-desk", "to_unit": "logistics", "reason": "wrong_door"}
    await service.apply(a_ticket(ComplaintHandedOver, **over))
    assert await rules_in(service, LOGISTICS) == ["complaint-handed-over"]


async def test_escalated_and_reopened_complaints_are_told(service: Harness) -> None:
    customer = await a_client(service)
    await service.apply(a_ticket(ComplaintEscalated, customer=customer, reason="handovers"))
    await service.apply(a_ticket(ComplaintReopened, customer=customer, by_customer=True))
    assert await rules_in(service, OWNER) == ["complaint-reopened", "complaint-escalated"]
    assert await rules_in(service, DESK) == ["complaint-reopened", "complaint-escalated"]


async def test_for_a_leaver_the_lead_stands_in_then_the_unit_above(service: Harness) -> None:
    gone = date.today() - timedelta(days=1)  # noqa: DTZ011
    await service.know(an_employee(OWNER, unit="logistics", sequence=2, left_on=gone, subject="liming"))
    await service.apply(a_fall(await a_client(service)))
    assert await rules_in(service, LOGISTICS) == ["key-customer-falling"]
    await service.know(an_employee(LOGISTICS, unit="logistics", sequence=2, left_on=gone, subject="chengang"))
    await service.apply(a_fall(await a_client(service)))
    assert await rules_in(service, DIRECTOR) == ["key-customer-falling"]


async def test_on_an_empty_installation_it_stands_in_the_inbox_of_head_office(open_service: OpenHarness) -> None:
    service = await open_service()
    await service.apply(a_ticket())
    shared = (await service.caller(scope="notifications:read").get("/v1/inbox")).json()["items"]
    assert [(one["rule"], one["employee_id"], one["unit_id"]) for one in shared] == [
        ("complaint-filed", None, "head-office")
    ]
    dealer = service.caller(unit="dealer-17", scope="notifications:read")
    assert (await dealer.get("/v1/inbox")).json()["items"] == []


async def test_one_alert_for_each_rule_fact_and_employee(service: Harness) -> None:
    customer = await a_client(service)
    filed = a_ticket(customer=customer, holder_id=OWNER)
    await service.apply(filed)
    await service.apply(filed)
    assert len(await inbox(service, OWNER)) == 1


async def test_what_was_learned_late_raises_nothing(service: Harness) -> None:
    customer = await a_client(service)
    await service.apply(a_ticket(customer=customer, late=timedelta(days=3)))
    await service.apply(a_broken_promise(customer, "logistics", late=timedelta(days=3)))
    assert await inbox(service, OWNER) == await inbox(service, LOGISTICS) == []


async def test_what_is_read_again_after_two_days_raises_nothing(service: Harness) -> None:
    customer = await a_client(service)
    filed = a_ticket(customer=customer)
    service.clock.move(49 * 3600)
    await service.apply(filed)
    assert await inbox(service, OWNER) == []


async def test_the_timeline_hears_who_was_told(service: Harness) -> None:
    customer = await a_client(service)
    filed = a_ticket(customer=customer, holder_id=OWNER)
    await service.apply(filed)
    (fact,) = await service.published(NotificationSent)
    assert (fact.subject, fact.data.recipient, fact.data.employee_id) == (customer, "employee", OWNER)
    assert (fact.data.channel, fact.data.intent, fact.data.cause_id) == ("inbox", "complaint-filed", filed.aggregateid)


async def test_silence_goes_up_by_working_time_and_seeing_it_stops_that(service: Harness) -> None:
    customer = await a_client(service)
    await service.apply(a_ticket(customer=customer, holder_id=LOGISTICS))
    me = service.caller(subject="liming", unit="sales", scope="notifications:read")
    (mine,) = (await me.get("/v1/inbox")).json()["items"]
    seen = await me.post(f"/v1/alerts/{mine['id']}/acknowledgement", json={"state": "seen"})
    assert (seen.status_code, seen.json()["state"]) == (201, "seen")
    service.clock.move(119 * 60)
    await service.work_off_due()
    assert await inbox(service, DIRECTOR) == []
    service.clock.move(2 * 60)
    await service.work_off_due()
    (above,) = await inbox(service, DIRECTOR)
    (below,) = await inbox(service, LOGISTICS)
    assert (above["rule"], above["escalated_from"], below["state"]) == ("complaint-filed", below["id"], "escalated")
    assert above["due_at"] is None
    assert (await inbox(service, OWNER))[0]["state"] == "seen"


async def test_silence_is_counted_in_the_days_that_the_unit_works(service: Harness) -> None:
    shanghai = ZoneInfo("Asia/Shanghai")
    opens = (datetime.now(shanghai) + timedelta(days=3)).replace(hour=0, minute=0, second=0, microsecond=0)
    one_day = {"weekly": [{"weekday": opens.isoweekday(), "opens": 0, "closes": 1440}]}
    await service.know(a_unit("logistics", sequence=2, parent="head-office", lead_id=LOGISTICS, calendar=one_day))
    await service.apply(a_ticket(customer=await a_client(service), holder_id=LOGISTICS))
    (told,) = await inbox(service, LOGISTICS)
    assert datetime.fromisoformat(told["due_at"]) == opens + timedelta(hours=2)


async def test_a_complaint_that_is_over_needs_nobody(service: Harness) -> None:
    for kind in (ComplaintResolved, ComplaintClosed):
        customer, complaint = await a_client(service), new_id()
        await service.apply(a_ticket(customer=customer, complaint=complaint, holder_id=LOGISTICS))
        await service.apply(a_ticket(kind, customer=customer, complaint=complaint, sequence=2))
    assert {one["state"] for one in await inbox(service, OWNER)} == {"done"}
    service.clock.move(24 * 3600)
    await service.work_off_due()
    assert await inbox(service, DIRECTOR) == []


async def test_order_does_not_matter_what_is_over_before_it_was_told_raises_nothing(service: Harness) -> None:
    customer, complaint = await a_client(service), new_id()
    filed = a_ticket(customer=customer, complaint=complaint)
    voided = ComplaintFiledVoided(complaint_id=complaint, number="C-1", unit="head-office")
    reopened = a_ticket(ComplaintReopened, customer=customer, complaint=complaint, by_customer=True, sequence=3)
    await service.apply(an_event(voided, aggregate=complaint, sequence=2, subject=customer))
    await service.apply(filed)
    assert await inbox(service, OWNER) == []
    await service.apply(reopened)
    assert await rules_in(service, OWNER) == ["complaint-reopened"]


async def test_a_promise_that_was_kept_after_all_needs_nobody(service: Harness) -> None:
    customer = await a_client(service)
    broken = a_broken_promise(customer, "logistics")
    await service.apply(broken)
    voided = PromiseBrokenVoided(promise_id=broken.data.promise_id, unit="head-office")
    await service.apply(an_event(voided, aggregate=broken.aggregateid, sequence=2, subject=customer))
    assert [one["state"] for one in await inbox(service, LOGISTICS)] == ["done"]


async def test_an_alert_is_seen_then_done_and_stays_done(service: Harness) -> None:
    await service.apply(a_ticket(customer=await a_client(service)))
    me = service.caller(subject="liming", unit="sales", scope="notifications:read")
    (mine,) = (await me.get("/v1/inbox")).json()["items"]
    address = f"/v1/alerts/{mine['id']}/acknowledgement"
    key = {"Idempotency-Key": "ack-1"}
    first = await me.post(address, json={"state": "done", "note": "called him"}, headers=key)
    again = await me.post(address, json={"state": "done", "note": "called him"}, headers=key)
    assert first.json() == again.json()
    assert (first.json()["note"], first.json()["settled_by"]) == ("called him", "liming")
    assert (await me.post(address, json={"state": "seen"})).status_code == 409
    assert (await me.get("/v1/inbox", params={"state": "raised"})).json()["items"] == []


async def test_anothers_alert_is_not_found_and_anothers_inbox_is_for_administrators(service: Harness) -> None:
    await service.apply(a_ticket(customer=await a_client(service)))
    (mine,) = await inbox(service, OWNER)
    other = service.caller(subject="chengang", unit="logistics", scope="notifications:read")
    address = f"/v1/alerts/{mine['id']}"
    assert (await other.get(address)).status_code == 404
    assert (await other.post(f"{address}/acknowledgement", json={"state": "seen"})).status_code == 404
    assert (await other.get("/v1/inbox", params={"employee_id": str(OWNER)})).status_code == 403
    assert (await other.get("/v1/inbox")).json()["items"] == []


async def test_who_has_given_notice_is_mailed_until_the_day_of_leaving(open_service: OpenHarness) -> None:
    async with mailbox() as post:
        service = await open_service(smtp_url=post.url)
        await staff(service)
        soon = date.today() + timedelta(days=2)  # noqa: DTZ011
        leaving = an_employee(
            OWNER, unit="sales", sequence=2, subject="liming", email="li@firm.example.com", left_on=soon
        )
        await service.know(leaving)
        await service.apply(a_fall(await a_client(service)))
        await send_due(service.app.state.runtime.settings, service.database.consumers)
        assert post.recipients == ["li@firm.example.com"]


async def test_an_urgent_alert_is_mailed_to_the_employee_without_any_permission(open_service: OpenHarness) -> None:
    async with mailbox() as post:
        service = await open_service(smtp_url=post.url, default_language="en", quiet_hours="00:00-23:59")
        await staff(service)
        await service.know(an_employee(OWNER, unit="sales", sequence=2, subject="liming", email="li@firm.example.com"))
        await service.apply(a_ticket(customer=await a_client(service)))
        runtime = service.app.state.runtime
        await send_due(runtime.settings, runtime.database.consumers)
        assert post.recipients == ["li@firm.example.com"]
        (letter,) = post.letters
        assert letter["Subject"] == "For you to act on: complaint-filed C-2026-000001"
        assert letter["List-Unsubscribe"] is None


async def test_a_rule_about_tiers_names_some_and_no_other_rule_does(service: Harness) -> None:
    body = {"recipients": ["owner"], "mode": "all", "urgent": False, "enabled": True}
    for code, tiers in (("key-customer-falling", []), ("complaint-filed", ["top"])):
        answer = await service.caller().put(
            f"/v1/alert-rules/{code}", json={**body, "tiers": tiers}, headers={"If-Match": '"1"'}
        )
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == "tiers"


async def test_a_rule_can_be_changed_by_the_firm_and_by_nobody_else(service: Harness) -> None:
    caller = service.caller()
    rules = {one["code"]: one for one in (await caller.get("/v1/alert-rules")).json()}
    assert len(rules) == 20
    body = {"recipients": ["head_office"], "mode": "all", "urgent": False, "enabled": True}
    address, match = "/v1/alert-rules/complaint-filed", {"If-Match": '"1"'}
    assert (await caller.put(address, json=body)).status_code == 428
    dealer = service.caller(unit="dealer-17", scope="notifications:write")
    assert (await dealer.put(address, json=body, headers=match)).status_code == 403
    assert (await caller.put("/v1/alert-rules/none", json=body, headers=match)).status_code == 404
    changed = await caller.put(address, json=body, headers=match)
    assert (changed.status_code, changed.headers["ETag"]) == (200, '"2"')
    assert (await caller.put(address, json=body, headers=match)).status_code == 412
    wrong = await caller.put(address, json={**body, "recipients": ["boss"]}, headers=match)
    assert wrong.json()["errors"][0]["field"] == "recipients[0]"
    await service.apply(a_ticket(customer=await a_client(service)))
    assert await rules_in(service, OWNER) == []
    assert await rules_in(service, DIRECTOR) == ["complaint-filed"]
