"""What is promised by when: deadlines from the standards, paused while it is the customer's turn."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from guanxi.directory import WorkingHours, add_working_time, working_time

ACKNOWLEDGE, ANSWER, RESOLVE, CUSTODY = "acknowledge", "answer", "resolve", "custody"
STEPS = (ACKNOWLEDGE, ANSWER, RESOLVE)
ORDINARY = "ordinary"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standards:
    """One numbered set of service standards; `minutes` of working time by (level, step)."""

    number: int
    minutes: Mapping[tuple[str, str], int]
    handover_limit: int
    wrong_hands_minutes: int

    def allowed(self, level: str, step: str) -> int:
        """Minutes of working time that the step may take; a level without a standard of its own has the ordinary."""
        return self.minutes.get((level, step)) or self.minutes[ORDINARY, step]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """A moment by which a step must be done; the columns of its row."""

    id: UUID
    version: int = 1
    created_at: datetime
    recorded_at: datetime
    unit_id: str
    complaint_id: UUID
    kind: str
    round: int = 0
    set_number: int
    due_at: datetime
    paused_at: datetime | None = None
    left_seconds: int | None = None
    met_at: datetime | None = None
    missed_at: datetime | None = None
    status: str = "open"

    @property
    def running(self) -> bool:
        """True while the clock ticks."""
        return self.status == "open" and self.paused_at is None


def due_times(standards: Standards, level: str, hours: WorkingHours, start: datetime) -> dict[str, datetime]:
    """When each step of a complaint filed at `start` is due.

    The clock runs from the moment the customer complained, however long the news was on its way: they have waited since
    then, whoever was slow. What is past when we learn of it is open all the same, so it is missed and told at once.
    """
    return {step: hours.after(start, standards.allowed(level, step)) for step in STEPS}


def paused(deadline: Deadline, hours: WorkingHours, now: datetime) -> Deadline:
    """Stop its clock, noting how much working time is left, in whole seconds; a part of one is given away."""
    left = working_time(hours.calendar, hours.zone, now, deadline.due_at)
    return replace(deadline, paused_at=now, left_seconds=math.ceil(left.total_seconds()))


def resumed(deadline: Deadline, hours: WorkingHours, now: datetime) -> Deadline:
    """Let its clock go on: as much working time is left as there was."""
    left = timedelta(seconds=deadline.left_seconds or 0)
    due_at = add_working_time(hours.calendar, hours.zone, now, left)
    return replace(deadline, paused_at=None, left_seconds=None, due_at=due_at)
