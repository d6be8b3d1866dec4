"""Who has to answer a need by when, and what may become of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from guanxi.directory import DEFAULT_CALENDAR, WorkingHours
from guanxi.events.organisation import Calendar, CalendarException, Window
from guanxi.problems import Conflict, Unprocessable
from interactions.needs import rules
from interactions.needs.rules import Holder, Need, Origin, Raised

SHANGHAI = ZoneInfo("Asia/Shanghai")
HOURS = WorkingHours(DEFAULT_CALENDAR, SHANGHAI)
MONDAY = datetime(2026, 3, 2, 10, 0, tzinfo=SHANGHAI)
CUSTOMER, SOMEBODY = UUID(int=1), UUID(int=2)


def need(**raised: Any) -> Need:
    at = raised.pop("raised_at", MONDAY)
    now = raised.pop("now", at)
    origin = Origin(customer_id=CUSTOMER, unit_id="head-office", raised_at=at, raised_by=SOMEBODY)
    holder = Holder(employee_id=SOMEBODY, unit="logistics", hours=HOURS)
    return rules.new_need(origin, Raised(what="stands", **raised), holder, UUID(int=3), now)


@pytest.mark.parametrize(
    ("moment", "ends"),
    [
        (MONDAY, datetime(2026, 3, 3, 18, 0, tzinfo=SHANGHAI)),
        (datetime(2026, 3, 6, 9, 0, tzinfo=SHANGHAI), datetime(2026, 3, 9, 18, 0, tzinfo=SHANGHAI)),
        (datetime(2026, 3, 7, 9, 0, tzinfo=SHANGHAI), datetime(2026, 3, 9, 18, 0, tzinfo=SHANGHAI)),
        (datetime(2026, 3, 8, 23, 59, tzinfo=SHANGHAI), datetime(2026, 3, 9, 18, 0, tzinfo=SHANGHAI)),
        # Monday's first minute in Shanghai, while it is still Sunday in UTC.
        (datetime(2026, 3, 8, 16, 1, tzinfo=UTC), datetime(2026, 3, 10, 18, 0, tzinfo=SHANGHAI)),
    ],
)
def test_the_next_working_day_ends_with_its_working_time(moment: datetime, ends: datetime) -> None:
    assert rules.end_of_next_working_day(HOURS, moment) == ends


def test_a_holiday_is_passed_over_and_a_made_up_day_counts() -> None:
    half_day = CalendarException(on=date(2026, 3, 4), windows=(Window(opens=540, closes=720),))
    calendar = Calendar(weekly=DEFAULT_CALENDAR.weekly, exceptions=(CalendarException(on=date(2026, 3, 3)), half_day))
    assert rules.end_of_next_working_day(WorkingHours(calendar, SHANGHAI), MONDAY) == datetime(
        2026, 3, 4, 12, 0, tzinfo=SHANGHAI
    )


def test_a_pressing_need_has_a_moment_and_another_only_when_given() -> None:
    given = MONDAY + timedelta(days=9)
    assert need(pressing=True).due_at == datetime(2026, 3, 3, 18, 0, tzinfo=SHANGHAI)
    assert need().due_at is None
    assert (need(due_at=given).due_at, need(pressing=True, due_at=given).due_at) == (given, given)


def test_a_moment_before_the_need_is_refused_where_it_stands() -> None:
    with pytest.raises(Unprocessable) as refused:
        need(due_at=MONDAY, field="needs[2].")
    assert [error.field for error in refused.value.errors] == ["needs[2].due_at"]


def test_what_is_past_is_watched_unless_we_learned_of_it_late() -> None:
    raised = MONDAY - timedelta(days=30)
    old = need(pressing=True, raised_at=raised, now=MONDAY)
    fresh = need(pressing=True, raised_at=MONDAY - timedelta(hours=40), due_at=MONDAY - timedelta(hours=1), now=MONDAY)
    ahead = need(pressing=True, raised_at=raised, due_at=MONDAY + timedelta(days=1), now=MONDAY)
    assert rules.to_watch(old, MONDAY) is None
    assert rules.to_watch(fresh, MONDAY) == fresh.due_at
    assert rules.to_watch(ahead, MONDAY) == ahead.due_at
    assert rules.to_watch(need(), MONDAY) is None


@pytest.mark.parametrize(("late", "in_time"), [(timedelta(0), True), (timedelta(seconds=1), False)])
def test_an_answer_is_in_time_up_to_the_moment(late: timedelta, in_time: bool) -> None:  # noqa: FBT001 - a parameter
    asked = need(pressing=True)
    assert asked.due_at
    assert asked.in_time is None
    after = rules.answered(asked, "on Thursday", asked.due_at + late, SOMEBODY)
    assert (after.status, after.in_time, after.version) == ("answered", in_time, 2)


def test_an_overdue_need_is_told_once_and_may_still_prove_to_have_been_in_time() -> None:
    asked = need(pressing=True)
    assert asked.due_at
    assert rules.overdue(asked, asked.due_at - timedelta(seconds=1)) is None
    late = rules.overdue(asked, asked.due_at)
    assert late is not None
    assert (late.in_time, late.overdue_at) == (False, asked.due_at)
    assert rules.overdue(late, asked.due_at) is None
    entered_later = rules.answered(late, None, asked.due_at - timedelta(hours=1), SOMEBODY)
    assert entered_later.in_time is True


def test_the_way_of_a_need() -> None:
    asked = need(pressing=True)
    answered = rules.answered(asked, "on Thursday", MONDAY, SOMEBODY)
    with pytest.raises(Conflict):
        rules.answered(answered, "again", MONDAY, SOMEBODY)
    confirmed = rules.confirmed(answered)
    again = rules.reopened(confirmed, HOURS, MONDAY + timedelta(days=1))
    assert (again.status, again.answer, again.answered_at, again.reopened, again.version) == (
        "reopened",
        None,
        None,
        1,
        4,
    )
    assert again.due_at == datetime(2026, 3, 4, 18, 0, tzinfo=SHANGHAI)
    with pytest.raises(Conflict):
        rules.reopened(again, HOURS, MONDAY)
    with pytest.raises(Conflict):
        rules.confirmed(again)
    with pytest.raises(Unprocessable):
        rules.answered(asked, None, MONDAY - timedelta(seconds=1), None)


def test_a_void_is_final() -> None:
    gone = rules.void(need(), MONDAY)
    steps: list[Callable[[], object]] = [
        lambda: rules.answered(gone, None, MONDAY, None),
        lambda: rules.confirmed(gone),
        lambda: rules.reopened(gone, HOURS, MONDAY),
        lambda: rules.void(gone, MONDAY),
    ]
    for step in steps:
        with pytest.raises(Conflict):
            step()
    assert (gone.open, rules.overdue(gone, MONDAY)) == (False, None)
