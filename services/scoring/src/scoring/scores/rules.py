"""A score as a value, and the one function that computes it from facts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from scoring.facts.rules import FactRow, current
from scoring.scorecards.rules import Scorecard, ValueCard
from scoring.scores import trust, value
from scoring.scores.measure import Measured, Reason


@dataclass(frozen=True, slots=True)
class Moment:
    """The day at whose end a score holds, in the firm's time zone, and up to when we had learned what it rests on."""

    day: date
    zone: ZoneInfo
    known_at: datetime | None = None


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


def score(facts: Iterable[FactRow], card: Scorecard, moment: Moment, members: Iterable[UUID] = ()) -> Score:
    """The score on a day, as far as was known at a moment; the same facts, in any order, on any day, the same."""
    return rated(current(facts, moment.known_at), card, moment, members)


def rated(facts: list[FactRow], card: Scorecard, moment: Moment, members: Iterable[UUID] = ()) -> Score:
    """The same for facts that have been through `current`."""
    measured = measure(facts, card, moment)
    return Score(
        kind=card.kind,
        as_of=moment.day,
        value=measured.value,
        band=measured.band,
        inputs=measured.inputs,
        reasons=measured.reasons,
        version=card.version,
        members=tuple(sorted(members)),
    )


def measure(facts: list[FactRow], card: Scorecard, moment: Moment) -> Measured:
    """Value, band, inputs and reasons by the card's own method."""
    if isinstance(card, ValueCard):
        return value.measure(value.ledger(facts, card, moment.zone), card, moment.day)
    return trust.measure(facts, card, moment.day, moment.zone)


def day_of(at: datetime, zone: ZoneInfo) -> date:
    """The firm's day in which a moment lies."""
    return at.astimezone(zone).date()


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The moment at which a day begins there, in UTC."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """The moment at which a day is over there, in UTC."""
    return midnight(day + timedelta(days=1), zone)


@dataclass(frozen=True, slots=True)
class Stored:
    """A score with the moment at which it was computed."""

    score: Score
    computed_at: datetime
