"""What is true of units, employees and working calendars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from uuid import UUID
from zoneinfo import available_timezones

from guanxi.directory import DEFAULT_ZONE
from guanxi.events.organisation import Calendar, EmployeeState, UnitState, Window

DEFAULT_REGION = "CN"
DEFAULT_TIME_ZONE = DEFAULT_ZONE.key
_TIME_ZONES = available_timezones()


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A department, dealer, branch or desk; `region` (ISO 3166-1) is where its telephone numbers are read."""

    id: UUID
    version: int
    created_at: datetime
    code: str
    name: str
    kind: str
    internal: bool
    parent: str | None
    time_zone: str
    region: str
    lead_id: UUID | None
    calendar: Calendar
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Employee:
    """Somebody who works for a unit; `subject` is the `sub` of their tokens."""

    id: UUID
    version: int
    created_at: datetime
    unit_id: str
    subject: str | None
    name: str
    level: str
    email: str | None
    language: str | None
    joined_on: date | None
    left_on: date | None


def has_left(employee: Employee, today: date) -> bool:
    """Whether an employee is gone: from the beginning of the day of leaving on, where their unit is."""
    return employee.left_on is not None and employee.left_on <= today


def unit_state(unit: Unit) -> UnitState:
    """What everybody may know of a unit."""
    return UnitState(
        id=unit.id,
        code=unit.code,
        name=unit.name,
        kind=unit.kind,
        internal=unit.internal,
        parent=unit.parent,
        time_zone=unit.time_zone,
        lead_id=unit.lead_id,
        calendar=unit.calendar,
        active=unit.active,
    )


def employee_state(employee: Employee) -> EmployeeState:
    """What every service may know of an employee."""
    return EmployeeState(
        id=employee.id,
        subject=employee.subject,
        name=employee.name,
        unit=employee.unit_id,
        level=employee.level,
        email=employee.email,
        language=employee.language,
        joined_on=employee.joined_on,
        left_on=employee.left_on,
    )


def calendar_fault(calendar: Calendar) -> str | None:
    """What is wrong with a working calendar, in a sentence; None when nothing is."""
    days: list[tuple[str, list[Window]]] = [
        (f"weekday {day}", [w for w in calendar.weekly if w.weekday == day]) for day in range(1, 8)
    ]
    days += [(str(e.on), list(e.windows)) for e in calendar.exceptions]
    for name, windows in days:
        if any(w.opens >= w.closes for w in windows):
            return f"{name}: a window must open before it closes"
        if _overlap(windows):
            return f"{name}: two windows overlap"
    dates = [e.on for e in calendar.exceptions]
    return "a date has two exceptions" if len(set(dates)) != len(dates) else None


def known_time_zone(name: str) -> bool:
    """Whether the IANA database has it."""
    return name in _TIME_ZONES


def in_circle(code: str, parent: str | None, parents: Mapping[str, str | None]) -> bool:
    """Whether a unit would be its own ancestor under this parent."""
    seen: set[str] = set()
    while parent is not None and parent not in seen:
        if parent == code:
            return True
        seen.add(parent)
        parent = parents.get(parent)
    return False


def _overlap(windows: Sequence[Window]) -> bool:
    return any(one.closes > two.opens for one, two in pairwise(sorted(windows, key=lambda w: w.opens)))
