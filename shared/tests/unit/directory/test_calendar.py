"""How working time is added and measured, in every zone and through every change of the clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from guanxi.directory import (
    DEFAULT_CALENDAR,
    DEFAULT_ZONE,
    HORIZON,
    Unit,
    WorkingHours,
    add_working_minutes,
    add_working_time,
    calendar_of,
    hours_of,
    working_time,
    zone_of,
)
from guanxi.events.organisation import Calendar, CalendarException, WeeklyWindow, Window

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = DEFAULT_CALENDAR
ROUND_THE_CLOCK = Calendar(weekly=tuple(WeeklyWindow(weekday=day, opens=0, closes=1440) for day in range(1, 8)))

minutes_of_day = st.integers(0, 1440)
windows = st.builds(Window, opens=minutes_of_day, closes=minutes_of_day)
weekly = st.builds(WeeklyWindow, weekday=st.integers(1, 7), opens=minutes_of_day, closes=minutes_of_day)
exceptions = st.builds(
    CalendarException,
    on=st.dates(date(2026, 1, 1), date(2026, 12, 31)),
    windows=st.lists(windows, max_size=2).map(tuple),
)
calendars = st.builds(
    Calendar,
    weekly=st.lists(weekly, min_size=1, max_size=12).map(tuple),
    exceptions=st.lists(exceptions, max_size=5).map(tuple),
).filter(lambda calendar: any(window.closes - window.opens >= 120 for window in calendar.weekly))
zones = st.sampled_from(
    ["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]
).map(ZoneInfo)
moments = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
spans = st.integers(1, 5_000)


def at(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@given(calendars, zones, moments, spans)
def test_exactly_so_much_working_time_lies_before_the_moment_added(
    calendar: Calendar, zone: ZoneInfo, start: datetime, minutes: int
) -> None:
    end = add_working_minutes(calendar, zone, start, minutes)
    assume(end < start + HORIZON)
    assert working_time(calendar, zone, start, end) == timedelta(minutes=minutes)


@given(calendars, zones, moments, spans)
def test_no_earlier_moment_would_do(calendar: Calendar, zone: ZoneInfo, start: datetime, minutes: int) -> None:
    end = add_working_minutes(calendar, zone, start, minutes)
    assume(end < start + HORIZON)
    assert working_time(calendar, zone, start, end - timedelta(seconds=1)) < timedelta(minutes=minutes)


@given(calendars, zones, moments, spans, spans)
def test_adding_in_two_parts_is_adding_at_once(
    calendar: Calendar, zone: ZoneInfo, start: datetime, first: int, second: int
) -> None:
    once = add_working_minutes(calendar, zone, start, first + second)
    assume(once < start + timedelta(days=3000))
    middle = add_working_minutes(calendar, zone, start, first)
    assert add_working_minutes(calendar, zone, middle, second) == once


@given(calendars, zones, moments, moments, moments)
def test_working_time_adds_up_and_is_never_longer_than_time(
    calendar: Calendar, zone: ZoneInfo, one: datetime, two: datetime, three: datetime
) -> None:
    start, middle, end = sorted((one, two, three))
    parts = working_time(calendar, zone, start, middle) + working_time(calendar, zone, middle, end)
    assert parts == working_time(calendar, zone, start, end)
    assert timedelta(0) <= parts <= end - start


@given(zones, moments, spans)
def test_who_always_works_works_all_the_time(zone: ZoneInfo, start: datetime, minutes: int) -> None:
    assert add_working_minutes(ROUND_THE_CLOCK, zone, start, minutes) == start + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("start", "minutes", "end"),
    [
        ("2026-11-23T09:00", 60, "2026-11-23T10:00"),  # a Monday
        ("2026-11-23T08:00", 60, "2026-11-23T10:00"),
        ("2026-11-23T11:30", 60, "2026-11-23T13:30"),
        ("2026-11-23T17:30", 60, "2026-11-24T09:30"),
        ("2026-11-27T17:30", 60, "2026-11-30T09:30"),
        ("2026-11-28T12:00", 480, "2026-11-30T18:00"),
        ("2026-11-23T09:00", 180, "2026-11-23T12:00"),
        ("2026-11-23T09:00", 480, "2026-11-23T18:00"),
        ("2026-11-23T09:00", 481, "2026-11-24T09:01"),
    ],
)
def test_office_hours(start: str, minutes: int, end: str) -> None:
    assert add_working_minutes(OFFICE, SHANGHAI, at(start), minutes) == at(end)


def test_the_answer_is_in_utc() -> None:
    end = add_working_minutes(OFFICE, SHANGHAI, at("2026-11-23T09:00"), 60)
    assert end == datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
    assert end.tzinfo is UTC


def test_no_time_at_all_is_the_start_itself_even_at_night() -> None:
    start = at("2026-11-23T03:00")
    assert add_working_minutes(OFFICE, SHANGHAI, start, 0) == start


def test_a_holiday_has_no_hours_and_a_made_up_day_has_its_own() -> None:
    # 2026-10-01 is a Thursday; Saturday 2026-10-10 makes up for it.
    holiday = CalendarException(on=date(2026, 10, 1), windows=())
    made_up = CalendarException(on=date(2026, 10, 10), windows=(Window(opens=540, closes=600),))
    calendar = OFFICE.model_copy(update={"exceptions": (holiday, made_up)})
    assert add_working_minutes(calendar, SHANGHAI, at("2026-09-30T17:30"), 60) == at("2026-10-02T09:30")
    assert add_working_minutes(calendar, SHANGHAI, at("2026-10-09T17:30"), 60) == at("2026-10-10T09:30")


def test_the_hour_that_the_clock_skips_is_nobodys_working_time() -> None:
    # In Berlin 2026-03-29, 02:00 becomes 03:00.
    start, end = at("2026-03-29T01:00", BERLIN), at("2026-03-29T04:00", BERLIN)
    assert working_time(ROUND_THE_CLOCK, BERLIN, start, end) == timedelta(hours=2)
    skipped = Calendar(weekly=(WeeklyWindow(weekday=7, opens=120, closes=180),))
    assert working_time(skipped, BERLIN, start, end) == timedelta(0)


def test_the_hour_that_the_clock_repeats_counts_as_it_passes() -> None:
    # In Berlin 2026-10-25, 03:00 becomes 02:00.
    start, end = at("2026-10-25T01:00", BERLIN), at("2026-10-25T04:00", BERLIN)
    assert working_time(ROUND_THE_CLOCK, BERLIN, start, end) == timedelta(hours=4)


def test_opening_hours_follow_the_clock_on_the_wall_through_the_change() -> None:
    friday = at("2026-03-27T18:00", BERLIN)
    assert add_working_minutes(OFFICE, BERLIN, friday, 60) == at("2026-03-30T10:00", BERLIN)


def test_windows_that_overlap_count_once() -> None:
    doubled = Calendar(
        weekly=(WeeklyWindow(weekday=1, opens=540, closes=660), WeeklyWindow(weekday=1, opens=600, closes=720))
    )
    assert working_time(doubled, SHANGHAI, at("2026-11-23T00:00"), at("2026-11-24T00:00")) == timedelta(hours=3)


def test_a_calendar_too_thin_ends_at_the_horizon() -> None:
    thin = Calendar(weekly=(WeeklyWindow(weekday=1, opens=0, closes=1),))
    start = at("2026-11-23T12:00")
    assert add_working_time(thin, SHANGHAI, start, timedelta(days=7)) == start + HORIZON


@pytest.mark.parametrize(
    "raw", [{}, {"weekly": []}, {"weekly": [{"weekday": 1, "opens": 600, "closes": 600}]}, {"weekly": 3}]
)
def test_a_unit_without_working_time_has_the_default_hours(raw: dict[str, object]) -> None:
    assert calendar_of(raw) == DEFAULT_CALENDAR


def test_an_unknown_time_zone_is_the_default_one() -> None:
    assert zone_of("Mars/Olympus") is DEFAULT_ZONE
    assert zone_of("Europe/Berlin") == BERLIN


def test_the_hours_of_a_unit_are_those_of_its_calendar_in_its_zone() -> None:
    mondays = {"weekly": [{"weekday": 1, "opens": 600, "closes": 660}]}
    repair = Unit("repair", "Repair", "repair_point", True, None, "Europe/Berlin", None, mondays)
    end = hours_of(repair).after(at("2026-11-24T12:00", BERLIN), 30)
    assert end == at("2026-11-30T10:30", BERLIN)
    assert hours_of(repair).minutes(at("2026-11-23T00:00", BERLIN), end) == 90


def test_a_unit_still_unknown_works_the_default_hours() -> None:
    assert hours_of(None) == WorkingHours()
    assert hours_of(None).minutes(at("2026-11-23T09:00"), at("2026-11-24T09:00")) == 480
