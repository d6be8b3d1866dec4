"""What callers send and get about units and employees."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool

from customer_profile.organisation import rules
from guanxi.events import Personal
from guanxi.events.fields import Code, Country, Email, IsoDate, Language, PersonName, ShortText, TimeZone
from guanxi.events.organisation import Calendar, Minute, Weekday


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class WindowBody(_Strict):
    """A stretch of working time within a day, from `opens` up to but without `closes`."""

    opens: Minute
    closes: Minute


class WeeklyWindowBody(WindowBody):
    """One that comes back each week."""

    weekday: Weekday


class ExceptionBody(_Strict):
    """A date with other hours than its weekday; a holiday has no windows."""

    on: IsoDate
    windows: Annotated[tuple[WindowBody, ...], Field(max_length=10)] = ()


class CalendarBody(_Strict):
    """When a unit works, in its own time zone."""

    weekly: Annotated[tuple[WeeklyWindowBody, ...], Field(max_length=70)] = ()
    exceptions: Annotated[tuple[ExceptionBody, ...], Field(max_length=1000)] = ()

    def calendar(self) -> Calendar:
        """As it is published."""
        return Calendar.model_validate(self.model_dump())


def _sound(body: CalendarBody) -> CalendarBody:
    fault = rules.calendar_fault(body.calendar())
    if fault:
        raise ValueError(fault)
    return body


def _known_zone(name: str) -> str:
    if not rules.known_time_zone(name):
        message = "must be a time zone of the IANA database, like Asia/Shanghai"
        raise ValueError(message)
    return name


SoundCalendar = Annotated[CalendarBody, AfterValidator(_sound)]
KnownZone = Annotated[TimeZone, AfterValidator(_known_zone)]
Subject = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00]*$", examples=["li.ming"])]


class NewUnit(_Strict):
    """A unit to be made. Without a calendar it works in office hours."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"code": "logistics", "name": "物流部", "kind": "department", "internal": True}]
        }
    )

    code: Code
    name: ShortText
    kind: Code = "department"
    internal: StrictBool = False
    """External units see only their own records."""
    parent: Code | None = None
    time_zone: KnownZone = rules.DEFAULT_TIME_ZONE
    region: Country = rules.DEFAULT_REGION
    """Where its telephone numbers are read when they come without a country."""
    lead_id: UUID | None = None
    calendar: SoundCalendar | None = None


class UnitPatch(_Strict):
    """What may be changed; a field left out stays as it is."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "物流部", "time_zone": "Asia/Shanghai"}]})

    name: ShortText = ""
    kind: Code = ""
    parent: Code | None = None
    time_zone: KnownZone = ""
    region: Country = ""
    lead_id: UUID | None = None
    calendar: SoundCalendar = CalendarBody()
    active: StrictBool = True


class UnitRead(BaseModel):
    """A unit."""

    model_config = ConfigDict(from_attributes=True)

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
    active: bool


class NewEmployee(_Strict):
    """An employee to be entered."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"name": "李明", "unit": "head-office", "subject": "li.ming", "level": "staff"}]
        }
    )

    name: PersonName
    unit: Code
    subject: Subject | None = None
    """The `sub` claim of their tokens."""
    level: Code = "staff"
    email: Email | None = None
    language: Language | None = None
    joined_on: IsoDate | None = None


class EmployeePatch(_Strict):
    """What may be changed; a field left out stays as it is."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"unit": "logistics", "level": "lead"}]})

    name: PersonName = ""
    unit: Code = ""
    subject: Subject | None = None
    level: Code = ""
    email: Email | None = None
    language: Language | None = None
    joined_on: IsoDate | None = None


class Departure(_Strict):
    """When an employee left or will leave."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"left_on": "2026-03-31"}]})

    left_on: IsoDate


class EmployeeRead(BaseModel):
    """An employee."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    created_at: datetime
    name: str
    unit: str = Field(validation_alias="unit_id")
    subject: str | None
    level: str
    email: Annotated[str | None, Personal("email")]
    language: str | None
    joined_on: date | None
    left_on: date | None
