"""Working calendars and the tree of units."""

from __future__ import annotations

import pytest

from customer_profile.organisation.rules import calendar_fault, in_circle, known_time_zone
from guanxi.directory import DEFAULT_CALENDAR
from guanxi.events.organisation import Calendar

MORNING = {"opens": 540, "closes": 720}


def calendar(weekly: list[dict[str, int]], exceptions: list[dict[str, object]] | None = None) -> Calendar:
    return Calendar.model_validate({"weekly": weekly, "exceptions": exceptions or []})


def test_office_hours_are_sound_and_have_a_lunch_hour() -> None:
    assert calendar_fault(DEFAULT_CALENDAR) is None
    assert sum(w.closes - w.opens for w in DEFAULT_CALENDAR.weekly) == 5 * 8 * 60


@pytest.mark.parametrize(
    ("weekly", "exceptions", "fault"),
    [
        ([{"weekday": 1, **MORNING}, {"weekday": 2, **MORNING}], [], None),
        ([{"weekday": 1, **MORNING}, {"weekday": 1, "opens": 720, "closes": 800}], [], None),
        ([{"weekday": 1, "opens": 720, "closes": 720}], [], "weekday 1: a window must open before it closes"),
        (
            [{"weekday": 3, **MORNING}, {"weekday": 3, "opens": 600, "closes": 800}],
            [],
            "weekday 3: two windows overlap",
        ),
        ([], [{"on": "2026-10-01", "windows": [MORNING, MORNING]}], "2026-10-01: two windows overlap"),
        ([], [{"on": "2026-10-01"}, {"on": "2026-10-01", "windows": [MORNING]}], "a date has two exceptions"),
    ],
)
def test_what_is_wrong_with_a_calendar(
    weekly: list[dict[str, int]], exceptions: list[dict[str, object]], fault: str | None
) -> None:
    assert calendar_fault(calendar(weekly, exceptions)) == fault


@pytest.mark.parametrize(
    ("parent", "circle"),
    [(None, False), ("root", False), ("leaf", True), ("me", True), ("nowhere", False), ("loop", False)],
)
def test_no_unit_is_below_itself(parent: str | None, *, circle: bool) -> None:
    parents = {"root": None, "me": "root", "child": "me", "leaf": "child", "loop": "pool", "pool": "loop"}
    assert in_circle("me", parent, parents) is circle


def test_time_zones_are_those_of_the_iana_database() -> None:
    assert known_time_zone("Asia/Shanghai")
    assert not known_time_zone("Asia/Atlantis")
