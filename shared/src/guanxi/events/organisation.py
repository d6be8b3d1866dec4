"""State of units, employees and territories, whole, on a compacted topic."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field, Strict

from guanxi.events._envelope import Fact
from guanxi.events.fields import Code, Email, IsoDate, Language, Part, PersonName, ShortText, TimeZone, Vocabulary

LEVELS = ("staff", "lead", "director")
UNIT_KINDS = ("head_office", "department", "branch", "dealer", "repair_point", "web_shop")

Minute = Annotated[
    int, Strict(), Field(ge=0, le=1440, examples=[540], json_schema_extra={"x-unit": "minutes of the day"})
]
"""Minutes since midnight of the unit's own day; 1440 is its end."""
Weekday = Annotated[int, Strict(), Field(ge=1, le=7, examples=[1], json_schema_extra={"x-unit": "ISO 8601 weekday"})]
"""1 is Monday, 7 is Sunday."""


class Window(Part):
    """A stretch of working time within one day, from `opens` up to but without `closes`."""

    opens: Minute
    closes: Minute


class WeeklyWindow(Window):
    """A stretch of working time that comes back each week."""

    weekday: Weekday


class CalendarException(Part):
    """A date with other hours than its weekday: a holiday has no windows, a made-up working day has some."""

    on: IsoDate
    windows: tuple[Window, ...] = ()


class Calendar(Part):
    """When a unit works, in its own time zone."""

    weekly: tuple[WeeklyWindow, ...] = ()
    exceptions: tuple[CalendarException, ...] = ()


class UnitState(Fact, type="guanxi.organisation.UnitState.v1"):
    """A unit of the firm, or of a dealer; other records name it by its code."""

    id: UUID
    code: Code
    name: ShortText
    kind: Annotated[Code, Vocabulary(UNIT_KINDS)]
    internal: bool
    """External units see only their own records."""
    parent: Code | None = None
    time_zone: TimeZone
    lead_id: UUID | None = None
    """The employee who leads it, and holds what nobody else in it holds."""
    calendar: Calendar
    active: bool = True


class EmployeeState(Fact, type="guanxi.organisation.EmployeeState.v1"):
    """Somebody who works for a unit."""

    id: UUID
    subject: Annotated[str | None, Field(max_length=200)] = None
    """The `sub` claim of their tokens."""
    name: PersonName
    unit: Code
    level: Annotated[Code, Vocabulary(LEVELS)]
    email: Email | None = None
    language: Language | None = None
    joined_on: IsoDate | None = None
    left_on: IsoDate | None = None
    """Set once they have left."""


class TerritoryState(Fact, type="guanxi.organisation.TerritoryState.v1"):
    """A territory that a unit looks after."""

    id: UUID
    code: Code
    name: ShortText
    unit: Code
    parent: Code | None = None
