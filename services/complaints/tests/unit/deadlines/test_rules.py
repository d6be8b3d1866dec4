from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from complaints.deadlines import rules
from complaints.deadlines.rules import Deadline, Standards
from guanxi.directory import WorkingHours

STANDARDS = Standards(
    number=1,
    minutes={
        ("ordinary", "acknowledge"): 60,
        ("ordinary", "answer"): 120,
        ("ordinary", "resolve"): 240,
        ("vip", "answer"): 30,
    },
    handover_limit=3,
    wrong_hands_minutes=480,
)
MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


def a_deadline(due_at: datetime) -> Deadline:
    ids: dict[str, Any] = {"id": uuid4(), "complaint_id": uuid4()}
    return Deadline(
        **ids, created_at=MONDAY, recorded_at=MONDAY, unit_id="head-office", kind="answer", set_number=1, due_at=due_at
    )


def test_a_level_without_its_own_standard_has_the_ordinary_one() -> None:
    assert STANDARDS.allowed("vip", "answer") == 30
    assert STANDARDS.allowed("vip", "resolve") == 240
    assert STANDARDS.allowed("diamond", "answer") == 120


def test_each_step_is_due_in_working_time() -> None:
    times = rules.due_times(STANDARDS, "ordinary", WorkingHours(), MONDAY)
    assert times == {
        "acknowledge": MONDAY + timedelta(hours=1),
        "answer": MONDAY + timedelta(hours=2),
        "resolve": MONDAY + timedelta(hours=5),
    }


@given(st.integers(1, 2_000), st.integers(0, 2_000), st.timedeltas(timedelta(0), timedelta(days=60)))
def test_a_pause_costs_no_working_time(allowed: int, used: int, away: timedelta) -> None:
    hours = WorkingHours()
    deadline = a_deadline(hours.after(MONDAY, allowed))
    left_off = hours.after(MONDAY, min(used, allowed))
    back = left_off + away
    resumed = rules.resumed(rules.paused(deadline, hours, left_off), hours, back)
    assert resumed.running
    assert hours.minutes(back, resumed.due_at) == allowed - min(used, allowed)


def test_a_paused_deadline_does_not_run() -> None:
    deadline = a_deadline(MONDAY)
    assert deadline.running
    assert not rules.paused(deadline, WorkingHours(), MONDAY).running
