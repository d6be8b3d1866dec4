"""A score as a value, the day it holds on, and its place among others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from guanxi.problems import Unprocessable
from scoring.scores.measure import Reason

EARLIEST = date(1970, 1, 1)
YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Moment:
    """The day at whose end a score holds, in the firm's time zone, and up to when we had learned what it rests on."""

    day: date
    zone: ZoneInfo
    known_at: datetime | None = None
    reach: Mapping[str, datetime] = field(default_factory=dict)
    """How far each source had told us by then."""
    facets: Mapping[str, str] = field(default_factory=dict)
    """The facet of each quality indicator, by the version of them that was in force."""


@dataclass(frozen=True, slots=True)
class Score:
    """What the facts of all members mean on a day. `value` is None and the band `unrated` where a rate is missing."""

    kind: str
    as_of: date
    value: int | None
    band: str
    inputs: Mapping[str, int]
    reasons: tuple[Reason, ...]
    version: int
    members: tuple[UUID, ...]


def day_of(at: datetime, zone: ZoneInfo) -> date:
    """The firm's day in which a moment lies."""
    return at.astimezone(zone).date()


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The moment at which a day begins there, in UTC."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """The moment at which a day is over there, in UTC."""
    return midnight(day + timedelta(days=1), zone)


def asked_span(first: date | None, last: date | None, today: date) -> tuple[date, date]:
    """The span that a report is asked for, both days included: without a first day a year, up to today without a last.

    422 for days to come, before there were records, and the wrong way round.
    """
    for name, day in (("from", first), ("to", last)):
        if day is not None and day > today:
            raise Unprocessable.field(name, "in-future", "There are no facts of days to come.")
        if day is not None and day < EARLIEST:
            raise Unprocessable.field(name, "too-early", f"There are no facts before {EARLIEST}.")
    end = last or today
    start = first or max(EARLIEST, end - YEAR)
    if start > end:
        raise Unprocessable.field("from", "after-end", "The first day lies after the last.")
    return start, end


@dataclass(frozen=True, slots=True)
class Stored:
    """A score with the moment at which it was computed."""

    score: Score
    computed_at: datetime


@dataclass(frozen=True, slots=True)
class Valued:
    """A customer with a value."""

    customer_id: UUID
    value: int
    band: str
    as_of: date


@dataclass(frozen=True, slots=True)
class Place:
    """A customer's place in a ranking: `number` counts on, `rank` is shared by those of equal value."""

    rank: int
    number: int
    customer_id: UUID
    value: int


@dataclass(frozen=True, slots=True)
class Ranked(Place):
    """The same with what it rests on."""

    band: str
    as_of: date


def ranked(found: Iterable[Valued], after: Place | None = None) -> list[Ranked]:
    """Places of customers who come best first, going on after the last place of the page before."""
    out: list[Ranked] = []
    last = after
    for one in found:
        number = last.number + 1 if last else 1
        rank = last.rank if last and last.value == one.value else number
        last = Ranked(rank, number, one.customer_id, one.value, one.band, one.as_of)
        out.append(last)
    return out
