"""What a need is, who has to answer it by when, and what may become of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Literal
from uuid import UUID

from guanxi.directory import WorkingHours
from guanxi.events import HISTORIC_AFTER
from guanxi.problems import Conflict, Unprocessable
from interactions.record import Kept
from interactions.timeline.rules import Entry, Summary

DUE_KIND = "need"
Status = Literal["assigned", "answered", "confirmed", "reopened"]
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """A need as somebody tells it; `field` is where it stands in the request, for what is wrong with it."""

    what: str
    pressing: bool = False
    indicator: str | None = None
    assignee: UUID | None = None
    assignee_unit: str | None = None
    due_at: datetime | None = None
    field: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who has to answer: somebody, or whoever leads the unit."""

    employee_id: UUID | None
    unit: str
    hours: WorkingHours


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where, when and by whom needs were raised."""

    customer_id: UUID
    unit_id: str
    raised_at: datetime
    raised_by: UUID | None
    interview_id: UUID | None = None
    contact_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Need(Kept):
    """A need as it stands."""

    interview_id: UUID | None
    contact_id: UUID | None
    what: str | None
    indicator: str | None
    pressing: bool
    assignee_id: UUID | None
    assignee_unit: str
    raised_by: UUID | None
    raised_at: datetime
    due_at: datetime | None
    status: Status = "assigned"
    answer: str | None = None
    answered_at: datetime | None = None
    answered_by: UUID | None = None
    overdue_at: datetime | None = None
    reopened: int = 0

    @property
    def open(self) -> bool:
        """Whether somebody still has to answer."""
        return self.status in ("assigned", "reopened") and self.voided_at is None

    @property
    def in_time(self) -> bool | None:
        """Whether it was answered by its moment: None without a moment, and while there is still time."""
        if self.due_at is None:
            return None
        if self.answered_at is not None:
            return self.answered_at <= self.due_at
        return False if self.overdue_at is not None else None


def end_of_next_working_day(hours: WorkingHours, moment: datetime) -> datetime:
    """When the working time of the unit's next working day ends: the first after the day of this moment, on its clock.

    Of a Friday morning, Monday's closing; a holiday in between is passed over.
    """
    tomorrow = datetime.combine(moment.astimezone(hours.zone).date() + _DAY, time(), hours.zone)
    opens = hours.after(tomorrow, 1).astimezone(hours.zone)
    begins = datetime.combine(opens.date(), time(), hours.zone)
    ends = datetime.combine(opens.date() + _DAY, time(), hours.zone)
    return hours.after(begins, hours.minutes(begins, ends))


def new_need(origin: Origin, raised: Raised, holder: Holder, need_id: UUID, now: datetime) -> Need:
    """The need, with its moment: as given; a pressing one else by the end of the holder's next working day."""
    if raised.due_at is not None and raised.due_at <= origin.raised_at:
        raise Unprocessable.field(f"{raised.field}due_at", "not-after", "It must come after the need was raised.")
    due_at = raised.due_at
    if due_at is None and raised.pressing:
        due_at = end_of_next_working_day(holder.hours, origin.raised_at)
    return Need(
        id=need_id,
        customer_id=origin.customer_id,
        unit_id=origin.unit_id,
        recorded_at=now,
        interview_id=origin.interview_id,
        contact_id=origin.contact_id,
        what=raised.what,
        indicator=raised.indicator,
        pressing=raised.pressing,
        assignee_id=holder.employee_id,
        assignee_unit=holder.unit,
        raised_by=origin.raised_by,
        raised_at=origin.raised_at,
        due_at=due_at,
    )


def to_watch(need: Need, now: datetime) -> datetime | None:
    """The moment at which to look whether it was answered; none for one that is past and of which we learned late."""
    if need.due_at is None or not need.open:
        return None
    late = now - max(need.due_at, need.raised_at) > HISTORIC_AFTER
    return None if late and need.due_at <= now else need.due_at


def answered(need: Need, words: str | None, at: datetime, by: UUID | None) -> Need:
    """The need with its answer; 409 when it has one, 422 for an answer before the question."""
    refuse_voided(need)
    if not need.open:
        raise Conflict("need-answered", f"This need is {need.status}. If the answer did not help, reopen it first.")
    if at < need.raised_at:
        raise Unprocessable.field("at", "before-raised", "It cannot have been answered before it was raised.")
    return replace(need, status="answered", answer=words, answered_at=at, answered_by=by, version=need.version + 1)


def confirmed(need: Need) -> Need:
    """The need whose answer helped, as the customer says; 409 unless it was answered."""
    refuse_voided(need)
    if need.status != "answered":
        raise Conflict("need-not-answered", f"This need is {need.status}: only an answer can be confirmed.")
    return replace(need, status="confirmed", version=need.version + 1)


def reopened(need: Need, hours: WorkingHours, now: datetime) -> Need:
    """The need whose answer did not help: a pressing one, or one with a moment, gets the next working day."""
    refuse_voided(need)
    if need.open:
        raise Conflict("need-open", "This need is open: it waits for an answer.")
    due_at = end_of_next_working_day(hours, now) if need.pressing or need.due_at else None
    return replace(
        need,
        status="reopened",
        answer=None,
        answered_at=None,
        answered_by=None,
        overdue_at=None,
        due_at=due_at,
        reopened=need.reopened + 1,
        version=need.version + 1,
    )


def overdue(need: Need, now: datetime) -> Need | None:
    """The need whose moment has come without an answer; None when there is nothing to tell."""
    if not need.open or need.due_at is None or need.due_at > now or need.overdue_at is not None:
        return None
    return replace(need, overdue_at=need.due_at, version=need.version + 1)


def void(need: Need, now: datetime) -> Need:
    """The need that there never was."""
    refuse_voided(need)
    return replace(need, voided_at=now, version=need.version + 1)


def refuse_voided(need: Need) -> None:
    """Raise 409 for a need that has been voided: that is final."""
    if need.voided_at is not None:
        raise Conflict("need-voided", "This need has been voided: there was none. That is final.")


def entry(need: Need) -> Entry:
    """Its row on the timeline."""
    assert need.customer_id  # noqa: S101 - somebody has it
    return Entry(
        id=need.id,
        customer_id=need.customer_id,
        at=need.raised_at,
        kind="need",
        unit_id=need.unit_id,
        sequence=need.version,
        summary=Summary(status=need.status, code=need.indicator, due_at=need.due_at, contact_id=need.contact_id),
    )
