"""Rates of participation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

WHOLE = 10_000
"""A rate is in hundredths of a percent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """What the report is about."""

    since: datetime | None = None
    until: datetime | None = None
    questionnaire: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Invitations of one channel, or of one employee (None: sent, not handed over)."""

    channel: str | None = None
    handed_by: UUID | None = None
    invited: int
    answered: int
    lapsed: int

    @property
    def rate(self) -> int | None:
        """How many of those who were asked answered; None when nobody was asked."""
        return rate(self.answered, self.invited)


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """Cards of one questionnaire that were printed for nobody in particular."""

    questionnaire: str
    printed: int
    answered: int

    @property
    def rate(self) -> int | None:
        """How many of them came back."""
        return rate(self.answered, self.printed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Interviewer:
    """What an employee brings home from interviews."""

    employee_id: UUID | None
    interviews: int
    questions: int
    answered: int
    needs: int
    opportunities: int

    @property
    def answer_rate(self) -> int | None:
        """How many of their guides' questions were answered."""
        return rate(self.answered, self.questions)

    @property
    def needs_per_hundred(self) -> int:
        """Needs found in a hundred interviews, rounded down."""
        return 100 * self.needs // self.interviews if self.interviews else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Participation:
    """All of it."""

    by_channel: Sequence[Asked]
    by_giver: Sequence[Asked]
    printed: Sequence[Printed]
    interviewers: Sequence[Interviewer]

    @property
    def total(self) -> Asked:
        """Over all channels."""
        return Asked(
            invited=sum(one.invited for one in self.by_channel),
            answered=sum(one.answered for one in self.by_channel),
            lapsed=sum(one.lapsed for one in self.by_channel),
        )


def rate(part: int, whole: int) -> int | None:
    """A share in hundredths of a percent, halves upwards; None of nothing."""
    return None if whole == 0 else (2 * WHOLE * part + whole) // (2 * whole)
