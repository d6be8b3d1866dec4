"""Deadlines by the calendar of the unit that holds the complaint, in its own time zone, over a change of the clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from guanxi.events.complaints import DeadlineMissed
from guanxi.events.organisation import Calendar, CalendarException, WeeklyWindow, Window
from guanxi.testing import a_unit, an_employee

if TYPE_CHECKING:
    from services.complaints.tests.integration.conftest import Firm

pytestmark = pytest.mark.asyncio

# Monday to Friday, 9 to 17 in Berlin. The clock goes forward on Sunday the 28th of March 2027, from 2 to 3: on that day
# they work from 1 to 5 by the clock, which are three hours, and have Monday off for it.
_CALENDAR = Calendar(
    weekly=tuple(WeeklyWindow(weekday=day, opens=540, closes=1020) for day in range(1, 6)),
    exceptions=(
        CalendarException(on=date(2027, 3, 28), windows=(Window(opens=60, closes=300),)),
        CalendarException(on=date(2027, 3, 29)),
    ),
)
_FRIDAY_15 = datetime(2027, 3, 26, 14, tzinfo=UTC)
_TUESDAY_11 = datetime(2027, 3, 30, 9, tzinfo=UTC)
_WEDNESDAY_12 = datetime(2027, 3, 31, 10, tzinfo=UTC)
_THURSDAY_10 = datetime(2027, 4, 1, 8, tzinfo=UTC)


def go_to(firm: Firm, moment: datetime) -> None:
    firm.harness.clock.move((moment - firm.harness.clock.now()).total_seconds())


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


async def filed_in_berlin(firm: Firm) -> dict[str, Any]:
    lead = an_employee(unit="berlin", subject="lead-berlin")
    unit = a_unit("berlin", parent="head-office", time_zone="Europe/Berlin", calendar=_CALENDAR, lead_id=lead.data.id)
    await firm.harness.know(lead, unit)
    go_to(firm, _FRIDAY_15)
    return await firm.filed(unit="berlin")


async def test_sixteen_working_hours_go_over_a_change_of_the_clock_and_a_day_off(firm: Firm) -> None:
    filed = await filed_in_berlin(firm)
    # Two hours on Friday, three on Sunday, none on Monday, eight on Tuesday: three are left for Wednesday.
    assert at(filed["promised_at"]) == _WEDNESDAY_12 + (at(filed["filed_at"]) - _FRIDAY_15)
    go_to(firm, at(filed["promised_at"]) - timedelta(minutes=5))
    await firm.harness.work_off_due()
    assert [event.data.kind for event in await firm.harness.published(DeadlineMissed)] == ["acknowledge"]
    go_to(firm, at(filed["promised_at"]))
    await firm.harness.work_off_due()
    assert [event.data.kind for event in await firm.harness.published(DeadlineMissed)] == ["acknowledge", "answer"]


async def test_what_waits_over_the_change_of_the_clock_keeps_its_working_time(firm: Firm) -> None:
    filed = await filed_in_berlin(firm)
    await firm.step("berlin", filed, "acceptance")
    go_to(firm, _FRIDAY_15 + timedelta(hours=1))
    await firm.step("berlin", filed, "waiting")
    (paused,) = [due for due in (await firm.shown(filed))["deadlines"] if due["kind"] == "answer"]
    go_to(firm, _TUESDAY_11)
    gone_on = await firm.step("berlin", filed, "customer-replies", text="The red one.")
    # One of sixteen hours was used on Friday; of the others six lie on Tuesday, eight on Wednesday, one on Thursday.
    (reply,) = (await firm.shown(filed))["replies"]
    used = at(paused["paused_at"]) - at(filed["filed_at"]) - timedelta(hours=1)
    expected = _THURSDAY_10 - used + (at(reply["created_at"]) - _TUESDAY_11)
    assert timedelta(0) <= at(gone_on["promised_at"]) - expected <= timedelta(seconds=1)
    go_to(firm, _THURSDAY_10 - timedelta(minutes=5))
    await firm.harness.work_off_due()
    assert await firm.harness.published(DeadlineMissed) == []
