"""What a day on the road is, and when on it a visit took place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from guanxi.events.interactions import VisitReported
from guanxi.problems import FieldError, Unprocessable

CUES = (
    *("said-fine-was-not", "hesitated", "avoided-the-question", "cooler-than-usual", "warmer-than-usual"),
    *("in-a-hurry", "praised-a-rival", "spoke-of-leaving", "asked-for-the-boss", "new-faces", "price-before-all"),
)
"""Marks of what was not said; firms add their own."""
NOON = time(12)
ROLES = ("decision_maker", "influencer", "executor")


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitReport:
    """An employee's day; its visits are contacts."""

    id: UUID
    unit_id: str
    recorded_at: datetime
    employee_id: UUID
    day: date
    visits: int
    customers: int
    minutes: int
    cue_count: int
    promise_count: int
    need_count: int
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitLine:
    """One visit of a report: what its contact does not say."""

    id: UUID
    report_id: UUID
    n: int
    customer_id: UUID
    contact_id: UUID
    role: str | None
    plan_item_id: UUID | None
    next_item_id: UUID | None


def cue(mark: str, words: str | None) -> str:
    """A cue as a contact keeps it: the mark, then the words if there are any."""
    return f"{mark}: {words}" if words else mark


def moment(day: date, at: datetime | None, zone: ZoneInfo, now: datetime, field: str) -> datetime:
    """When on its day a visit took place: as given, else at noon, or now while it is morning; 422 for another day."""
    if at is None:
        return min(datetime.combine(day, NOON, zone).astimezone(UTC), now)
    if at.astimezone(zone).date() != day:
        raise Unprocessable.field(field, "another-day", f"This is not on {day} on the clock of the employee's unit.")
    return at


def check_day(day: date, zone: ZoneInfo, now: datetime) -> None:
    """Raise 422 for a day that has not come."""
    if day > now.astimezone(zone).date():
        raise Unprocessable.field("on", "in-the-future", "This day has not come yet.")


def under(prefix: str, names: dict[str, str], problem: Unprocessable) -> Unprocessable:
    """The same problem, each field named by where it stands in the report."""
    errors = [FieldError(f"{prefix}.{names.get(one.field, one.field)}", one.code, one.detail) for one in problem.errors]
    return Unprocessable(problem.detail, errors, problem.code)


def reported(report: VisitReport) -> VisitReported:
    """The fact that the day was reported."""
    return VisitReported(
        unit=report.unit_id,
        report_id=report.id,
        employee_id=report.employee_id,
        on=report.day,
        visits=report.visits,
        customers=report.customers,
        minutes=report.minutes,
        cue_count=report.cue_count,
        promise_count=report.promise_count,
        need_count=report.need_count,
    )
