from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from guanxi import directory
from guanxi.events import Event
from guanxi.events.complaints import ComplaintEscalated, ComplaintHandedOver
from guanxi.events.organisation import EmployeeState
from guanxi.ports import SystemIds
from guanxi.testing import a_unit, an_employee

if TYPE_CHECKING:
    from services.complaints.tests.integration.conftest import Firm

pytestmark = pytest.mark.asyncio
_SHANGHAI = ZoneInfo("Asia/Shanghai")
_DAY = 24 * 3600


def leaving(firm: Firm, employee_id: UUID, *, days: int = 0, sequence: int = 2, **values: Any) -> Event[EmployeeState]:
    """The state of an employee of finance who leaves in so many days of Shanghai."""
    on = (firm.harness.clock.now().astimezone(_SHANGHAI) + timedelta(days=days)).date()
    return an_employee(employee_id, unit="finance", sequence=sequence, left_on=str(on), **values)


async def clerk_of_finance(firm: Firm) -> tuple[UUID, dict[str, Any]]:
    """A clerk of finance, and a complaint that they took up."""
    clerk = an_employee(unit="finance", subject="clerk")
    await firm.harness.know(clerk)
    filed = await firm.filed(unit="finance")
    answer = await taken_up(firm, filed)
    assert answer["holder_id"] == str(clerk.data.id)
    return clerk.data.id, filed


async def taken_up(firm: Firm, complaint: dict[str, Any]) -> dict[str, Any]:
    clerk = firm.harness.caller(unit="finance", subject="clerk", scope="complaints:read complaints:write")
    found: dict[str, Any] = (await clerk.post(f"/v1/complaints/{complaint['id']}/acceptance")).json()
    return found


async def holder(firm: Firm, complaint: dict[str, Any]) -> tuple[str, str | None]:
    shown = await firm.shown(complaint)
    return shown["holder_unit"], shown["holder_id"]


async def test_the_tickets_of_a_leaver_fall_to_the_units_lead(firm: Firm) -> None:
    clerk, filed = await clerk_of_finance(firm)
    gone = leaving(firm, clerk)
    await firm.harness.apply(gone)
    await firm.harness.apply(gone)
    shown = await firm.shown(filed)
    assert shown["holder_id"] == str(firm.leads["finance"])
    (fell,) = [e for e in await firm.harness.published(ComplaintHandedOver) if e.data.reason == "holder_left"]
    assert fell.sequence == shown["version"]


async def test_whoever_leaves_later_keeps_theirs_until_that_day_begins_at_their_unit(firm: Firm) -> None:
    clerk, filed = await clerk_of_finance(firm)
    gone = leaving(firm, clerk, days=3)
    await firm.harness.apply(gone)
    assert gone.data.left_on is not None
    begins = datetime.combine(gone.data.left_on, datetime.min.time(), _SHANGHAI).astimezone(UTC)
    firm.harness.clock.move((begins - firm.harness.clock.now()).total_seconds() - 600)
    await firm.harness.work_off_due()
    assert await holder(firm, filed) == ("finance", str(clerk))
    firm.harness.clock.move(600)
    await firm.harness.work_off_due()
    assert await holder(firm, filed) == ("finance", str(firm.leads["finance"]))


async def test_whoever_stays_after_all_keeps_theirs(firm: Firm) -> None:
    clerk, filed = await clerk_of_finance(firm)
    await firm.harness.apply(leaving(firm, clerk, days=3))
    await firm.harness.apply(an_employee(clerk, unit="finance", subject="clerk", sequence=3))
    firm.harness.clock.move(7 * _DAY)
    await firm.harness.work_off_due()
    assert await holder(firm, filed) == ("finance", str(clerk))


async def test_older_news_read_again_does_nothing(firm: Firm) -> None:
    clerk, filed = await clerk_of_finance(firm)
    back = an_employee(clerk, unit="finance", subject="clerk", sequence=3)
    await firm.harness.apply(back)
    await firm.harness.apply(leaving(firm, clerk, sequence=2))
    assert await holder(firm, filed) == ("finance", str(clerk))


async def test_when_the_lead_leaves_too_the_parent_holds_it(firm: Firm) -> None:
    filed = await firm.filed(unit="finance")
    await firm.harness.apply(leaving(firm, firm.leads["finance"]))
    shown = await firm.shown(filed)
    assert shown["holder_unit"] == "head-office"
    assert [period["status"] for period in shown["custody"]] == ["ended", "held"]


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_the_directors_hold_it_whichever_is_told_first(firm: Firm, order: tuple[int, ...]) -> None:
    """A lead's departure is told as two states to two consumers: the unit without a lead, and the one who left."""
    service, director = firm.harness, an_employee(SystemIds().new())
    await service.know(director, a_unit("head-office", sequence=9, kind="head_office", lead_id=director.data.id))
    filed = await firm.filed(unit="finance")
    unit = a_unit("finance", sequence=9, parent="head-office")
    gone = leaving(firm, firm.leads["finance"], subject="lead-finance")
    steps = [
        lambda: service.apply(unit, consumer=directory.CONSUMER.name),
        lambda: service.apply(gone, consumer=directory.CONSUMER.name),
        lambda: service.apply(gone, consumer="leavers"),
    ]
    for position in order:
        await steps[position]()
    assert await holder(firm, filed) == ("head-office", str(director.data.id))


async def test_who_has_left_takes_nothing_up(firm: Firm) -> None:
    clerk = an_employee(unit="finance", subject="clerk")
    await firm.harness.know(clerk, leaving(firm, clerk.data.id, subject="clerk"))
    filed = await firm.filed(unit="finance")
    assert (await taken_up(firm, filed))["code"] == "has-left"
    assert await holder(firm, filed) == ("finance", str(firm.leads["finance"]))


async def test_an_offer_to_the_one_it_falls_to_is_off(firm: Firm) -> None:
    filed = await firm.filed(unit="finance")
    await firm.step("finance", filed, "handovers", to_unit="head-office", reason="above us", wrong_door=True)
    await firm.harness.apply(leaving(firm, firm.leads["finance"]))
    shown = await firm.shown(filed)
    assert (shown["holder_unit"], shown["offered_to"]) == ("head-office", None)
    assert [period["status"] for period in shown["custody"]] == ["ended", "withdrawn", "held"]
    assert [due["status"] for due in shown["deadlines"] if due["kind"] == "custody"] == ["met"]
    firm.harness.clock.move(14 * _DAY)
    await firm.harness.work_off_due()
    assert "wrong_hands" not in {event.data.reason for event in await firm.harness.published(ComplaintEscalated)}


async def test_an_offer_to_somebody_else_stands_with_its_clock(firm: Firm) -> None:
    filed = await firm.filed(unit="finance")
    await firm.step("finance", filed, "handovers", to_unit="logistics", reason="not ours", wrong_door=True)
    await firm.harness.apply(leaving(firm, firm.leads["finance"]))
    shown = await firm.shown(filed)
    assert (shown["holder_unit"], shown["offered_to"]) == ("head-office", "logistics")
    assert [due["status"] for due in shown["deadlines"] if due["kind"] == "custody"] == ["open"]


async def test_what_was_overdue_when_it_fell_to_another_was_missed_before_that(firm: Firm) -> None:
    filed = await firm.filed(unit="finance")
    await firm.step("finance", filed, "handovers", to_unit="head-office", reason="above us", wrong_door=True)
    firm.harness.clock.move(14 * _DAY)
    await firm.harness.apply(leaving(firm, firm.leads["finance"]))
    (custody,) = [due for due in (await firm.shown(filed))["deadlines"] if due["kind"] == "custody"]
    assert (custody["status"], bool(custody["met_at"])) == ("missed", True)
    assert "wrong_hands" in {event.data.reason for event in await firm.harness.published(ComplaintEscalated)}


async def test_a_reopened_ticket_of_a_leaver_goes_to_the_lead(firm: Firm) -> None:
    clerk, filed = await clerk_of_finance(firm)
    for step, body in (("answers", {"text": "Done."}), ("resolution", {}), ("closure", {})):
        await firm.step("finance", filed, step, **body)
    await firm.harness.apply(leaving(firm, clerk))
    await firm.step("finance", filed, "reopening", reason="still broken")
    assert await holder(firm, filed) == ("finance", str(firm.leads["finance"]))
