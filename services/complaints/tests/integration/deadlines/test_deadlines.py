from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from guanxi.events.complaints import ComplaintAnswered, ComplaintEscalated, DeadlineMissed

if TYPE_CHECKING:
    from services.complaints.tests.integration.conftest import Firm

pytestmark = pytest.mark.asyncio
_WEEK = 7 * 24 * 3600


def by_kind(shown: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {due["kind"]: due for due in shown["deadlines"]}


async def somebody_waits(firm: Firm) -> bool:
    async with firm.harness.database.api.read() as reader:
        waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        return await reader.fetchval(waiting) is not None


async def test_a_deadline_that_goes_by_is_missed_told_and_escalated_once(firm: Firm) -> None:
    filed = await firm.filed(unit="finance")
    firm.harness.clock.move(seconds=4 * _WEEK)
    await firm.harness.work_off_due()
    await firm.harness.work_off_due()
    missed = await firm.harness.published(DeadlineMissed)
    assert [event.data.kind for event in missed] == ["acknowledge", "answer", "resolve"]
    assert all(event.time == event.data.due_at for event in missed)
    assert len({event.aggregateid for event in missed}) == 3
    shown = await firm.shown(filed)
    assert shown["escalation_level"] == 3
    assert {due["status"] for due in shown["deadlines"]} == {"missed"}
    escalated = await firm.harness.published(ComplaintEscalated)
    assert [event.data.reason for event in escalated] == ["deadline"] * 3
    assert [event.sequence for event in escalated] == [2, 3, 4]


async def test_what_is_met_in_time_is_never_missed(firm: Firm) -> None:
    filed = await firm.filed(unit="finance")
    await firm.step("finance", filed, "answers", text="Done.")
    await firm.step("finance", filed, "resolution")
    firm.harness.clock.move(seconds=4 * _WEEK)
    await firm.harness.work_off_due()
    assert await firm.harness.published(DeadlineMissed) == []


async def test_an_answer_after_the_promised_time_is_late_even_before_anybody_noticed(firm: Firm) -> None:
    filed = await firm.filed(unit="finance")
    firm.harness.clock.move(seconds=4 * _WEEK)
    await firm.step("finance", filed, "answers", text="Sorry.")
    (answered,) = await firm.harness.published(ComplaintAnswered)
    assert answered.data.in_time is False
    kinds = [event.data.kind for event in await firm.harness.published(DeadlineMissed)]
    assert "answer" in kinds
    answer = by_kind(await firm.shown(filed))["answer"]
    assert answer["status"] == "missed"
    assert answer["met_at"] is not None


@pytest.mark.parametrize("step", ["answers", "acceptance"])
async def test_a_step_at_the_very_moment_of_a_deadline_misses_it_once(firm: Firm, step: str) -> None:
    body: dict[str, Any] = {"text": "Done."} if step == "answers" else {}
    filed = [await firm.filed(unit="finance") for _ in range(12)]
    firm.harness.clock.move(seconds=4 * _WEEK)
    taken, *_ = await asyncio.gather(
        asyncio.gather(*(firm.step("finance", one, step, **body) for one in filed)),
        firm.harness.work_off_due(),
        firm.harness.work_off_due(),
    )
    assert {one["escalation_level"] for one in taken} == {3}
    missed = await firm.harness.published(DeadlineMissed)
    assert len(missed) == len({event.aggregateid for event in missed}) == 3 * len(filed)


async def test_a_step_that_waits_for_the_moment_itself_has_locked_nothing_that_this_needs(firm: Firm) -> None:
    filed, pool = await firm.filed(unit="finance"), firm.harness.database.consumers
    async with pool.begin() as tx:
        await tx.execute("DELETE FROM due WHERE id = $1", filed["id"])
        step = asyncio.create_task(firm.step("finance", filed, "answers", text="Done."))
        while not await somebody_waits(firm):
            pass
        await tx.execute("SELECT 1 FROM complaint WHERE id = $1 FOR UPDATE NOWAIT", filed["id"])
    assert (await step)["status"] == "answered"


async def test_reopening_what_was_only_answered_ends_the_deadline_of_the_round_before(firm: Firm) -> None:
    filed = await firm.filed(unit="finance")
    await firm.step("finance", filed, "answers", text="Done.")
    reopened = await firm.step("finance", filed, "reopening", reason="still broken")
    statuses = sorted((due["kind"], due["status"]) for due in (await firm.shown(filed))["deadlines"])
    assert statuses == [
        ("acknowledge", "met"),
        ("answer", "met"),
        ("answer", "open"),
        ("resolve", "open"),
        ("resolve", "void"),
    ]
    firm.harness.clock.move(seconds=4 * _WEEK)
    await firm.harness.work_off_due()
    assert [event.data.kind for event in await firm.harness.published(DeadlineMissed)] == ["answer", "resolve"]
    assert (await firm.shown(filed))["escalation_level"] == reopened["escalation_level"] + 2


async def test_what_is_done_in_a_second_round_was_not_done_in_the_first(firm: Firm) -> None:
    filed = await firm.filed(unit="finance")
    firm.harness.clock.move(seconds=4 * _WEEK)
    for step, body in (("answers", {"text": "Done."}), ("reopening", {"reason": "broken"}), ("answers", {"text": "x"})):
        await firm.step("finance", filed, step, **body)
    await firm.step("finance", filed, "resolution")
    resolve = [due for due in (await firm.shown(filed))["deadlines"] if due["kind"] == "resolve"]
    assert [(due["status"], bool(due["met_at"])) for due in resolve] == [("missed", False), ("met", True)]


async def test_the_clocks_stand_still_while_it_is_the_customers_turn(firm: Firm) -> None:
    filed = await firm.filed(unit="finance")
    await firm.step("finance", filed, "acceptance")
    await firm.step("finance", filed, "waiting")
    firm.harness.clock.move(seconds=4 * _WEEK)
    await firm.harness.work_off_due()
    assert await firm.harness.published(DeadlineMissed) == []
    gone_on = await firm.step("finance", filed, "customer-replies", text="The red one.")
    assert gone_on["promised_at"] > filed["promised_at"]
    firm.harness.clock.move(seconds=4 * _WEEK)
    await firm.harness.work_off_due()
    assert [event.data.kind for event in await firm.harness.published(DeadlineMissed)] == ["answer", "resolve"]


async def test_the_standards_in_force_are_read_and_replaced_whole(firm: Firm) -> None:
    caller = firm.harness.caller()
    answer = await caller.get("/v1/service-standards")
    assert answer.headers["etag"] == '"1"'
    body = {
        "standards": [
            {"level": level, "step": step, "business_minutes": 30}
            for level in ("vip", "ordinary")
            for step in ("acknowledge", "answer", "resolve")
        ],
        "handover_limit": 1,
    }
    assert (await caller.put("/v1/service-standards", json=body)).status_code == 428
    changed = await caller.put("/v1/service-standards", json=body, headers={"If-Match": '"1"'})
    assert changed.status_code == 200, changed.text
    assert changed.json()["number"] == 2
    assert (await caller.put("/v1/service-standards", json=body, headers={"If-Match": '"1"'})).status_code == 412
    filed = await firm.filed(unit="finance")
    await firm.step("finance", filed, "handovers", to_unit="logistics", reason="not ours")
    assert (await firm.step("logistics", filed, "acceptance"))["escalation_level"] == 1


async def test_a_set_with_a_hole_is_refused(firm: Firm) -> None:
    body = {"standards": [{"level": "vip", "step": "answer", "business_minutes": 30}]}
    refused = await firm.harness.caller().put("/v1/service-standards", json=body, headers={"If-Match": '"1"'})
    assert refused.status_code == 422
