from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from guanxi.directory import WorkingHours
from guanxi.events.complaints import ComplaintEscalated, ComplaintHandedOver
from guanxi.testing import an_employee

if TYPE_CHECKING:
    from services.complaints.tests.integration.conftest import Firm

pytestmark = pytest.mark.asyncio


async def test_the_old_holder_keeps_it_until_the_new_one_accepts(firm: Firm) -> None:
    filed = await firm.filed(unit="finance")
    offered = await firm.step("finance", filed, "handovers", to_unit="logistics", reason="about a delivery")
    assert offered["holder_unit"] == "finance"
    assert offered["offered_to"] == "logistics"
    taken = await firm.step("logistics", filed, "acceptance")
    assert taken["holder_unit"] == "logistics"
    assert taken["holder_id"] == str(firm.leads["logistics"])
    assert taken["status"] == "in_progress"
    assert taken["handovers"] == 1


async def test_each_hand_over_is_told_when_asked_and_when_accepted(firm: Firm) -> None:
    filed = await firm.filed(unit="finance")
    await firm.step("finance", filed, "handovers", to_unit="logistics", reason="private words", wrong_door=True)
    await firm.step("logistics", filed, "acceptance")
    asked, accepted = await firm.harness.published(ComplaintHandedOver)
    assert (asked.data.accepted, accepted.data.accepted) == (False, True)
    assert (asked.data.from_unit, asked.data.to_unit) == ("finance", "logistics")
    assert (asked.data.holder_unit, accepted.data.holder_unit) == ("finance", "logistics")
    assert accepted.data.to_holder_id == firm.leads["logistics"]
    assert accepted.data.reason == "wrong_door"
    assert accepted.sequence > asked.sequence
    assert b"private words" not in asked.to_json()


async def test_a_hand_over_needs_a_reason(firm: Firm) -> None:
    filed = await firm.filed(unit="finance")
    refused = await firm.tried("finance", filed, "handovers", to_unit="logistics")
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "reason"


async def test_an_unknown_unit_cannot_be_asked(firm: Firm) -> None:
    filed = await firm.filed(unit="finance")
    refused = await firm.tried("finance", filed, "handovers", to_unit="nowhere", reason="no")
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["code"] == "unknown-unit"


async def test_only_the_unit_that_is_asked_accepts(firm: Firm) -> None:
    filed = await firm.filed(unit="finance")
    await firm.step("finance", filed, "handovers", to_unit="logistics", reason="about a delivery")
    assert (await firm.tried("sales", filed, "acceptance")).status_code == 403


async def test_a_hand_over_is_accepted_by_its_number(firm: Firm) -> None:
    filed = await firm.filed(unit="finance")
    await firm.step("finance", filed, "handovers", to_unit="logistics", reason="about a delivery")
    assert (await firm.tried("logistics", filed, "handovers/1/acceptance")).status_code == 409
    assert (await firm.step("logistics", filed, "handovers/2/acceptance"))["holder_unit"] == "logistics"
    assert (await firm.tried("logistics", filed, "handovers/2/acceptance")).status_code == 409


async def test_a_new_offer_replaces_the_one_that_waits(firm: Firm) -> None:
    filed = await firm.filed(unit="finance")
    await firm.step("finance", filed, "handovers", to_unit="logistics", reason="about a delivery")
    await firm.step("finance", filed, "handovers", to_unit="sales", reason="no, about a price")
    shown = await firm.shown(filed)
    assert [period["status"] for period in shown["custody"]] == ["held", "withdrawn", "asked"]
    assert (await firm.step("sales", filed, "acceptance"))["holder_unit"] == "sales"


async def test_the_third_hand_over_escalates_by_itself(firm: Firm) -> None:
    filed = await firm.filed(unit="finance")
    for here, there in (("finance", "sales"), ("sales", "finance")):
        await firm.step(here, filed, "handovers", to_unit=there, reason="not ours")
        assert (await firm.step(there, filed, "acceptance"))["escalation_level"] == 0
    await firm.step("finance", filed, "handovers", to_unit="logistics", reason="not ours")
    assert (await firm.step("logistics", filed, "acceptance"))["escalation_level"] == 1
    (event,) = await firm.harness.published(ComplaintEscalated)
    assert event.data.reason == "handovers"
    assert event.data.holder_unit == "logistics"


async def test_eight_working_hours_in_wrong_hands_escalate_by_themselves(firm: Firm) -> None:
    filed = await firm.filed(unit="finance")
    await firm.step("finance", filed, "handovers", to_unit="logistics", reason="not ours", wrong_door=True)
    due = [one for one in (await firm.shown(filed))["deadlines"] if one["kind"] == "custody"]
    assert [one["status"] for one in due] == ["open"]
    over = WorkingHours().after(firm.harness.clock.now(), 8 * 60)
    for minutes, told in ((-5, 0), (5, 1)):
        moment = over + timedelta(minutes=minutes)
        firm.harness.clock.move((moment - firm.harness.clock.now()).total_seconds())
        await firm.harness.work_off_due()
        reasons = [event.data.reason for event in await firm.harness.published(ComplaintEscalated)]
        assert reasons.count("wrong_hands") == told


async def test_wrong_doors_are_counted_by_unit_and_cause(firm: Firm) -> None:
    for cause in ("neglect", "neglect", "price"):
        filed = await firm.filed(unit="finance", cause=cause)
        await firm.step("finance", filed, "handovers", to_unit="logistics", reason="not ours", wrong_door=True)
    right = await firm.filed(unit="finance", cause="price")
    await firm.step("finance", right, "handovers", to_unit="logistics", reason="both of us", wrong_door=False)
    cells = (await firm.staff("sales").get("/v1/reports/wrong-doors")).json()["cells"]
    assert cells == [
        {"unit": "finance", "cause": "neglect", "count": 2, "complaints": 2},
        {"unit": "finance", "cause": "price", "count": 1, "complaints": 1},
    ]


async def _sent_wrongly(firm: Firm, to: str, **values: Any) -> None:
    """A complaint that the router sends to the desk, which hands it on as none of its own."""
    filed = await firm.filed(**values)
    assert filed["holder_unit"] == "complaint-desk"
    await firm.step("complaint-desk", filed, "handovers", to_unit=to, reason="not ours", wrong_door=True)
    await firm.step(to, filed, "acceptance")


async def test_wrong_doors_teach_the_router_a_rule_that_can_be_put_in_force(firm: Firm) -> None:
    for _ in range(3):
        await _sent_wrongly(firm, "logistics", cause="neglect")
        # Waits to be accepted; came to a door that the customer chose; stays where it is after all.
        waiting = await firm.filed(cause="price")
        await firm.step("complaint-desk", waiting, "handovers", to_unit="sales", reason="not ours", wrong_door=True)
        chosen = await firm.filed(unit="finance", cause="image")
        await firm.step("finance", chosen, "handovers", to_unit="sales", reason="not ours", wrong_door=True)
        await firm.step("sales", chosen, "acceptance")
    await _sent_wrongly(firm, "sales", cause="neglect")
    staff = firm.staff("complaint-desk")
    (proposed,) = (await staff.get("/v1/reports/wrong-doors")).json()["proposals"]
    rule = {"cause": "neglect", "to_unit": "logistics", "priority": 0}
    assert proposed == {**rule, "complaints": 3, "of": 4, "replaces": None}
    assert (await staff.post("/v1/routing-rules", json=rule)).status_code == 201
    assert (await staff.get("/v1/reports/wrong-doors")).json()["proposals"] == []
    assert (await firm.filed(cause="neglect"))["holder_unit"] == "logistics"


async def test_a_second_offer_does_not_begin_the_clock_of_wrong_hands_anew(firm: Firm) -> None:
    filed = await firm.filed(unit="finance")
    for unit in ("logistics", "sales", "logistics"):
        await firm.step("finance", filed, "handovers", to_unit=unit, reason="not ours", wrong_door=True)
    assert [due["kind"] for due in (await firm.shown(filed))["deadlines"]].count("custody") == 1
    firm.harness.clock.move(seconds=10 * 24 * 3600)
    await firm.harness.work_off_due()
    reasons = [event.data.reason for event in await firm.harness.published(ComplaintEscalated)]
    assert reasons.count("wrong_hands") == 1


async def test_accepting_stops_the_clock_of_wrong_hands(firm: Firm) -> None:
    filed = await firm.filed(unit="finance")
    await firm.step("finance", filed, "handovers", to_unit="logistics", reason="not ours", wrong_door=True)
    await firm.step("logistics", filed, "acceptance")
    firm.harness.clock.move(seconds=10 * 24 * 3600)
    await firm.harness.work_off_due()
    reasons = [event.data.reason for event in await firm.harness.published(ComplaintEscalated)]
    assert "wrong_hands" not in reasons


async def test_the_clock_of_wrong_hands_stands_still_while_it_is_the_customers_turn(firm: Firm) -> None:
    filed = await firm.filed(unit="finance")
    await firm.step("finance", filed, "acceptance")
    await firm.step("finance", filed, "waiting")
    await firm.step("finance", filed, "handovers", to_unit="logistics", reason="not ours", wrong_door=True)
    (custody,) = [due for due in (await firm.shown(filed))["deadlines"] if due["kind"] == "custody"]
    assert (custody["status"], bool(custody["paused_at"])) == ("open", True)
    firm.harness.clock.move(seconds=10 * 24 * 3600)
    await firm.harness.work_off_due()
    assert await firm.harness.published(ComplaintEscalated) == []
    await firm.step("finance", filed, "customer-replies", text="The red one.")
    firm.harness.clock.move(seconds=10 * 24 * 3600)
    await firm.harness.work_off_due()
    reasons = [event.data.reason for event in await firm.harness.published(ComplaintEscalated)]
    assert reasons.count("wrong_hands") == 1


async def test_working_time_in_wrong_hands_adds_up_over_units(firm: Firm) -> None:
    filed = await firm.filed(unit="finance")
    hours = 0
    for here, there in (("finance", "sales"), ("sales", "logistics")):
        firm.harness.clock.move(seconds=7 * 24 * 3600)
        hours += 40
        await firm.step(here, filed, "handovers", to_unit=there, reason="not ours", wrong_door=True)
        await firm.step(there, filed, "acceptance")
    async with firm.harness.database.api.read() as reader:
        minutes = await reader.fetchval("SELECT wrong_minutes FROM complaint WHERE id = $1", filed["id"])
    assert hours * 60 - 2 <= minutes <= hours * 60 + 2
    reasons = [event.data.reason for event in await firm.harness.published(ComplaintEscalated)]
    assert reasons.count("wrong_hands") == 1


async def test_what_is_answered_is_not_handed_on(firm: Firm) -> None:
    filed = await firm.filed(unit="finance")
    await firm.step("finance", filed, "answers", text="Done.")
    refused = await firm.tried("finance", filed, "handovers", to_unit="sales", reason="not ours")
    assert refused.json()["code"] == "already-answered"


async def test_a_unit_is_not_asked_for_what_it_holds(firm: Firm) -> None:
    filed = await firm.filed(unit="finance")
    refused = await firm.tried("finance", filed, "handovers", to_unit="finance", reason="again")
    assert refused.json()["code"] == "same-unit"


async def test_a_colleague_may_take_over(firm: Firm) -> None:
    colleague = an_employee(unit="finance", subject="colleague")
    await firm.harness.know(colleague)
    filed = await firm.filed(unit="finance")
    await firm.step("finance", filed, "acceptance")
    assert (await firm.tried("finance", filed, "acceptance")).json()["code"] == "already-accepted"
    caller = firm.harness.caller(unit="finance", subject="colleague", scope="complaints:write")
    taken = await caller.post(f"/v1/complaints/{filed['id']}/acceptance")
    assert taken.json()["holder_id"] == str(colleague.data.id)
    assert taken.json()["handovers"] == 0


async def test_an_administrator_accepts_in_the_name_of_the_units_lead(firm: Firm) -> None:
    filed = await firm.filed(unit="finance")
    taken = await firm.harness.caller().post(f"/v1/complaints/{filed['id']}/acceptance")
    assert taken.json()["holder_id"] == str(firm.leads["finance"])


async def test_a_dealer_is_not_asked_for_what_it_may_not_see(firm: Firm) -> None:
    filed = await firm.filed(unit="finance")
    refused = await firm.tried("finance", filed, "handovers", to_unit="dealer-17", reason="sold there")
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "external-unit")
    own = (await firm.staff("dealer-17").post("/v1/complaints", json={"channel": "dealer", "cause": "price"})).json()
    await firm.step("complaint-desk", own, "handovers", to_unit="dealer-17", reason="sold there")
    assert (await firm.step("dealer-17", own, "acceptance"))["holder_unit"] == "dealer-17"
    await firm.step("dealer-17", own, "handovers", to_unit="complaint-desk", reason="beyond us")
    assert (await firm.step("complaint-desk", own, "acceptance"))["holder_unit"] == "complaint-desk"
