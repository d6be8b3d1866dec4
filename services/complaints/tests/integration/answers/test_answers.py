from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from guanxi.events.complaints import (
    ComplaintAnswered,
    ComplaintClosed,
    ComplaintReopened,
    ComplaintResolved,
    ComplaintResumed,
    ComplaintWaiting,
)
from guanxi.testing import an_employee

if TYPE_CHECKING:
    from services.complaints.tests.integration.conftest import Firm

pytestmark = pytest.mark.asyncio


async def test_a_complaint_goes_from_answer_to_closure(firm: Firm) -> None:
    filed = await firm.filed(unit="logistics")
    await firm.step("logistics", filed, "acceptance")
    answered = await firm.step("logistics", filed, "answers", text="They are on the way.", remedy="apology")
    assert (answered["status"], answered["remedy"]) == ("answered", "apology")
    assert (await firm.step("logistics", filed, "resolution", remedy="exchange"))["status"] == "resolved"
    closed = await firm.step("logistics", filed, "closure", solved=True)
    assert (closed["status"], closed["solved"], closed["remedy"]) == ("closed", True, "exchange")
    shown = await firm.shown(filed)
    assert [period["status"] for period in shown["custody"]] == ["ended"]
    assert {one["kind"]: one["status"] for one in shown["deadlines"]} == {
        "acknowledge": "met",
        "answer": "met",
        "resolve": "met",
    }


async def test_the_facts_of_an_answer_carry_no_word_of_it(firm: Firm) -> None:
    filed = await firm.filed(unit="logistics")
    await firm.step("logistics", filed, "answers", text="They are on the way.", remedy="apology")
    (event,) = await firm.harness.published(ComplaintAnswered)
    assert event.data.in_time is True
    assert event.data.answered_by == firm.leads["logistics"]
    assert event.data.status == "answered"
    assert b"on the way" not in event.to_json()


async def test_whoever_answers_has_accepted(firm: Firm) -> None:
    filed = await firm.filed(unit="logistics")
    answered = await firm.step("logistics", filed, "answers", text="Done.")
    assert answered["holder_id"] == str(firm.leads["logistics"])
    assert answered["acknowledged_at"] == answered["answered_at"]


async def test_the_quality_and_conduct_of_an_answer_are_kept(firm: Firm) -> None:
    filed = await firm.filed(unit="logistics")
    await firm.step("logistics", filed, "answers", text="Your own fault.", quality=1, conduct=["blaming", "rude"])
    (answer,) = (await firm.shown(filed))["answers"]
    assert (answer["quality"], answer["conduct"]) == (1, ["blaming", "rude"])
    assert answer["text"] == "Your own fault."


async def test_a_department_cannot_close_what_it_says_is_not_its_own(firm: Firm) -> None:
    filed = await firm.filed(unit="finance")
    await firm.step("finance", filed, "acceptance")
    for step in ("closure", "resolution"):
        refused = await firm.tried("finance", filed, step)
        assert refused.status_code == 409
        assert "Hand it on with a reason" in refused.json()["detail"]
    assert (await firm.tried("finance", filed, "closure", reason="not ours")).status_code == 422


async def test_closing_twice_is_a_conflict(firm: Firm) -> None:
    filed = await firm.filed(unit="logistics")
    await firm.step("logistics", filed, "answers", text="Done.")
    await firm.step("logistics", filed, "resolution")
    await firm.step("logistics", filed, "closure")
    again = await firm.tried("logistics", filed, "closure")
    assert again.status_code == 409
    assert again.json()["code"] == "already-closed"
    assert len(await firm.harness.published(ComplaintClosed)) == 1


async def test_a_stale_version_is_refused(firm: Firm) -> None:
    filed = await firm.filed(unit="logistics")
    await firm.step("logistics", filed, "acceptance")
    caller = firm.staff("logistics")
    address = f"/v1/complaints/{filed['id']}/answers"
    stale = await caller.post(address, json={"text": "Done."}, headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    fresh = await caller.post(address, json={"text": "Done."}, headers={"If-Match": '"2"'})
    assert fresh.status_code == 201
    assert fresh.headers["etag"] == '"3"'


async def test_reopening_promises_an_answer_anew_and_keeps_the_holder(firm: Firm) -> None:
    filed = await firm.filed(unit="logistics")
    await firm.step("logistics", filed, "answers", text="Done.")
    await firm.step("logistics", filed, "resolution")
    await firm.step("logistics", filed, "closure")
    reopened = await firm.step("logistics", filed, "reopening", reason="still broken")
    assert (reopened["status"], reopened["reopen_count"]) == ("reopened", 1)
    assert reopened["holder_unit"] == "logistics"
    assert reopened["answered_at"] is None
    assert reopened["promised_at"] is not None
    shown = await firm.shown(filed)
    assert [period["status"] for period in shown["custody"]] == ["ended", "held"]
    assert sorted(one["kind"] for one in shown["deadlines"] if one["status"] == "open") == ["answer", "resolve"]
    (event,) = await firm.harness.published(ComplaintReopened)
    assert event.data.by_customer is True
    assert b"still broken" not in event.to_json()
    answered = await firm.step("logistics", filed, "answers", text="Now it is.")
    assert answered["status"] == "answered"


async def test_what_was_never_answered_cannot_be_reopened(firm: Firm) -> None:
    filed = await firm.filed(unit="logistics")
    assert (await firm.tried("logistics", filed, "reopening", reason="hurry")).status_code == 409


async def test_a_reply_lets_what_waited_go_on(firm: Firm) -> None:
    filed = await firm.filed(unit="logistics")
    await firm.step("logistics", filed, "acceptance")
    assert (await firm.step("logistics", filed, "waiting"))["status"] == "waiting_for_customer"
    gone_on = await firm.step("logistics", filed, "customer-replies", text="The red one.", channel="email")
    assert gone_on["status"] == "in_progress"
    waiting, resumed = await firm.harness.published(ComplaintWaiting, ComplaintResumed)
    assert (waiting.data.status, resumed.data.status) == ("waiting_for_customer", "in_progress")
    assert waiting.data.promised_at is not None
    assert resumed.data.promised_at is not None
    assert resumed.data.promised_at >= waiting.data.promised_at
    assert (resumed.sequence, resumed.data.holder_unit) == (gone_on["version"], "logistics")
    assert b"red one" not in resumed.to_json()
    assert [reply["text"] for reply in (await firm.shown(filed))["replies"]] == ["The red one."]


async def test_a_repeat_of_a_step_answers_as_the_first_time(firm: Firm) -> None:
    filed = await firm.filed(unit="logistics")
    caller, key = firm.staff("logistics"), {"Idempotency-Key": "answer-1"}
    address = f"/v1/complaints/{filed['id']}/answers"
    await caller.post(address, json={"text": "Done."}, headers=key)
    again = await caller.post(address, json={"text": "Done."}, headers=key)
    assert again.headers["idempotency-replayed"] == "true"
    assert again.json()["status"] == "answered"
    assert len((await firm.shown(filed))["answers"]) == 1
    assert await firm.harness.published(ComplaintResolved) == []


async def test_only_the_unit_that_holds_it_settles_it(firm: Firm) -> None:
    filed = await firm.filed(unit="logistics")
    await firm.step("logistics", filed, "handovers", to_unit="sales", reason="about a price")
    for unit in ("finance", "sales", "head-office"):
        for step, body in (
            ("answers", {"text": "x"}),
            ("handovers", {"to_unit": unit, "reason": "x"}),
            ("waiting", {}),
            ("resolution", {}),
            ("closure", {}),
        ):
            refused = await firm.tried(unit, filed, step, **body)
            assert (refused.status_code, refused.json()["code"]) == (403, "not-the-holder"), (unit, step)
    assert (await firm.shown(filed))["version"] == 2
    answered = await firm.harness.caller().post(f"/v1/complaints/{filed['id']}/answers", json={"text": "Done."})
    assert answered.status_code == 201


async def test_an_administrators_answer_leaves_it_with_its_holder(firm: Firm) -> None:
    chief = an_employee(subject="chief")
    await firm.harness.know(chief)
    filed = await firm.filed(unit="logistics")
    caller = firm.harness.caller(subject="chief")
    answered = (await caller.post(f"/v1/complaints/{filed['id']}/answers", json={"text": "Done."})).json()
    assert (answered["holder_unit"], answered["holder_id"]) == ("logistics", str(firm.leads["logistics"]))
    (answer,) = (await firm.shown(filed))["answers"]
    assert answer["answered_by"] == str(chief.data.id)
