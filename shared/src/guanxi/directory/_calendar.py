"""Working time: when a unit works, how much of it lies between two moments, and when so much of it is over.

Windows are minutes of the unit's own day; lengths are counted in time that really passes, so the hour that a change of
the clock skips is nobody's working time, and the hour it repeats counts as often as it passes within the window.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import ValidationError

from guanxi.directory._models import Unit
from guanxi.events.organisation import Calendar, WeeklyWindow

DEFAULT_ZONE = ZoneInfo("Asia/Shanghai")
DEFAULT_CALENDAR = Calendar(
    weekly=tuple(
        WeeklyWindow(weekday=day, opens=opens, closes=closes)
        for day in range(1, 6)
        for opens, closes in ((540, 720), (780, 1080))
    )
)
"""Monday to Friday, 9 to 12 and 13 to 18: for a new unit, and one whose calendar is unknown or has no working time."""

HORIZON = timedelta(days=3660)
"""No moment found lies further ahead: a calendar so thin that it does not get there ends here."""
_DAY = timedelta(days=1)
_LAST_MINUTE = 1440


@dataclass(frozen=True, slots=True)
class WorkingHours:
    """When a unit works."""

    calendar: Calendar = field(default=DEFAULT_CALENDAR)
    zone: ZoneInfo = field(default=DEFAULT_ZONE)

    def after(self, start: datetime, minutes: int) -> datetime:
        """When so many minutes of working time have passed."""
        return add_working_minutes(self.calendar, self.zone, start, minutes)

    def minutes(self, start: datetime, end: datetime) -> int:
        """Whole minutes of working time between two moments."""
        return int(working_time(self.calendar, self.zone, start, end).total_seconds() // 60)


def hours_of(unit: Unit | None) -> WorkingHours:
    """The working hours of a unit; the default ones while it is unknown."""
    return WorkingHours(calendar_of(unit.calendar), zone_of(unit.time_zone)) if unit else WorkingHours()


def add_working_minutes(calendar: Calendar, zone: ZoneInfo, start: datetime, minutes: int) -> datetime:
    """The moment by which `minutes` of working time have passed since `start` (aware); in UTC."""
    return add_working_time(calendar, zone, start, timedelta(minutes=minutes))


def add_working_time(calendar: Calendar, zone: ZoneInfo, start: datetime, span: timedelta) -> datetime:
    """The earliest moment by which this much working time has passed since `start`; `start` itself for none."""
    start = start.astimezone(UTC)
    if span <= timedelta(0):
        return start
    for opens, closes in _windows(calendar, zone, start, start + HORIZON):
        if closes - opens >= span:
            return opens + span
        span -= closes - opens
    return start + HORIZON


def working_time(calendar: Calendar, zone: ZoneInfo, start: datetime, end: datetime) -> timedelta:
    """How much working time lies between two moments; none when `end` is not after `start`."""
    windows = _windows(calendar, zone, start.astimezone(UTC), min(end.astimezone(UTC), start + HORIZON))
    return sum((closes - opens for opens, closes in windows), timedelta(0))


def calendar_of(raw: Mapping[str, Any]) -> Calendar:
    """The calendar in a unit's state; the default one where it holds no working time."""
    try:
        found = Calendar.model_validate(raw)
    except ValidationError:
        return DEFAULT_CALENDAR
    return found if any(window.closes > window.opens for window in found.weekly) else DEFAULT_CALENDAR


@lru_cache(maxsize=64)
def zone_of(name: str) -> ZoneInfo:
    """The time zone of that name; the default one where there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return DEFAULT_ZONE


def _windows(calendar: Calendar, zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The stretches of working time between two moments in UTC, in order and apart."""
    exceptions = {exception.on: exception.windows for exception in calendar.exceptions}
    # A day of the zone may begin before the day of its first moment in UTC.
    day, reached = start.astimezone(zone).date() - _DAY, start
    while reached < end:
        listed = exceptions.get(day)
        windows = listed if listed is not None else [w for w in calendar.weekly if w.weekday == day.isoweekday()]
        for opens, closes in sorted((_moment(day, w.opens, zone), _moment(day, w.closes, zone)) for w in windows):
            begin, finish = max(opens, reached), min(closes, end)
            if begin < finish:
                yield begin, finish
                reached = finish
        day += _DAY
        if _moment(day, 0, zone) >= end:
            return


def _moment(day: date, minute: int, zone: ZoneInfo) -> datetime:
    if minute >= _LAST_MINUTE:
        day, minute = day + _DAY, 0
    return datetime.combine(day, time(minute // 60, minute % 60), zone).astimezone(UTC)
