"""From signals to a risk: a fold over the days on which anything changed, in the time of the facts.

Pure: the same facts give the same reading of a day, whenever and in whatever order they came.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID

from scoring.facts.rules import FactRow
from scoring.radar import tracks
from scoring.radar.tracks import Rhythm, Watched
from scoring.scorecards.risk import AT_RISK, CALM, LOST, RECOVERED, WATCH, ChurnCause, RadarCard
from scoring.scores.days import Days
from scoring.scores.rules import Moment, day_of, end_of

EPISODE = (AT_RISK, LOST)
"""Risks that belong to one episode: whoever goes from one to the other is still leaving."""


@dataclass(frozen=True, slots=True)
class Signal:
    """What was seen, beside what is usual for this customer; a rhythm's are days, others' are times in the window."""

    code: str
    points: int
    seen: int
    usual: int | None = None
    limit: int | None = None
    """The longest silence, in days, that would not yet have counted."""
    fact_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """A risk, since which day, and since when the episode lasts that it belongs to."""

    risk: str = CALM
    since: date | None = None
    episode: date | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What the radar says of a customer at the end of a day."""

    as_of: date
    standing: Standing
    points: int
    signals: tuple[Signal, ...]
    """The heaviest first."""
    cause: str | None
    countermeasures: tuple[str, ...]
    rhythm: bool
    """Whether there were enough orders for a rhythm of the customer's own."""
    told_until: date
    """The day up to which its sources have told: silence counts up to here."""


def read(facts: Iterable[FactRow], card: RadarCard, moment: Moment) -> Reading:
    """Read a customer's facts (as `current` gives them) as they stood at the end of a day."""
    found, day = _watched(facts, card, moment), moment.day.toordinal()
    standing = _standings(found, card, day)[-1]
    signals = _signals(found, card, day)
    cause = cause_of(found.seen.evidence, card, day) if standing.risk in (WATCH, *EPISODE) else None
    order = found.rhythms["order_rhythm"]
    return Reading(
        as_of=moment.day,
        standing=standing,
        points=sum(one.points for one in signals),
        signals=signals,
        cause=cause.name if cause else None,
        countermeasures=cause.countermeasures if cause else (),
        rhythm=order.going_on is not None,
        told_until=date.fromordinal(order.told),
    )


def history(facts: Iterable[FactRow], card: RadarCard, moment: Moment) -> list[Standing]:
    """Every standing that there was up to the end of a day, the oldest first."""
    return _standings(_watched(facts, card, moment), card, moment.day.toordinal())


def _watched(facts: Iterable[FactRow], card: RadarCard, moment: Moment) -> Watched:
    over, kinds = end_of(moment.day, moment.zone), frozenset(card.fact_kinds)
    past = [one for one in facts if one.occurred_at < over and one.kind in kinds]
    return tracks.watched(past, card, moment.zone, moment.day.toordinal(), _reach(moment))


def _standings(found: Watched, card: RadarCard, until: int) -> list[Standing]:
    lost = lost_days(found.rhythms["order_rhythm"], card)
    known = list(found.tracks.values())
    days = sorted({day for track in known for day in track.days} | {day for span in lost for day in span})
    made = [Standing()]
    for day in days[: bisect_right(days, until)]:
        now = _expired(made[-1], card, day)
        points = sum(track.at(day) for track in known)
        gone = any(start <= day < end for start, end in lost)
        risk = next_risk(now.risk, points, card, gone=gone)
        made += [one for one in (now, _moved(now, risk, date.fromordinal(day))) if one != made[-1]]
    last = _expired(made[-1], card, until)
    return made if last == made[-1] else [*made, last]


def next_risk(risk: str, points: int, card: RadarCard, *, gone: bool) -> str:
    """The risk after a day with so many points: up at once, down only from below the point where it is kept."""
    if gone:
        return LOST
    if points >= card.at_risk.start or (risk in EPISODE and points >= card.at_risk.keep_from):
        return AT_RISK
    if risk in EPISODE:
        return RECOVERED
    if points >= card.watch.start or (risk == WATCH and points >= card.watch.keep_from):
        return WATCH
    return RECOVERED if risk == RECOVERED else CALM


def lost_days(rhythm: Rhythm, card: RadarCard) -> list[tuple[int, int]]:
    """The spans in which the customer was silent beyond all doubt."""
    spans = []
    for gap in rhythm.silences:
        limit = gap.usual.limit(card.order_steps[-1]) * card.lost_pct // 100
        start = gap.since + max(limit, card.lost_least_days) + 1
        end = rhythm.told + 1 if gap.until is None else gap.until
        if start < end:
            # An open gap ends where nothing has been told of it yet: the standing is kept from there on.
            spans.append((start, end if gap.until is not None else date.max.toordinal()))
    return spans


def cause_of(evidence: Iterable[tuple[int, str]], card: RadarCard, day: int) -> ChurnCause:
    """The first cause with the highest sum of weights of what happened in the window; with nothing found, the last.

    Causes are natural, competitive and fault: the eight of Keaveney, "Customer Switching Behavior in Service
    Industries", Journal of Marketing 59, 1995, in three. Weights and window (days) are the firm's card.
    """
    after = day - card.cause_window_days
    codes = [code for on, code in evidence if after < on <= day]
    sums = [sum(cause.weights.get(code, 0) for code in codes) for cause in card.causes]
    heaviest = max(sums)
    return card.causes[sums.index(heaviest)] if heaviest else card.causes[-1]


def care_due(card: RadarCard, opened: date) -> date:
    """By when a care task that was opened on a day is to be done."""
    return opened + timedelta(days=card.care_due_days)


def _signals(found: Watched, card: RadarCard, day: int) -> tuple[Signal, ...]:
    signals = [
        Signal(
            code=code,
            points=found.tracks[code].at(day),
            seen=one.told - one.going_on.since,
            usual=one.going_on.usual.days,
            limit=one.going_on.usual.limit(one.first),
            fact_id=_newest(one.days, day),
        )
        for code, one in found.rhythms.items()
        if one.going_on is not None
    ]
    seen = found.seen
    for code, days in (
        *(("unanswered_invitations", seen.lapsed), ("rival_named", seen.rivals)),
        ("cue_marks", seen.cues),
    ):
        answers = seen.answers if code == "unanswered_invitations" else ()
        if count := tracks.count_at(days, card.counted[code], day, answers):
            signals.append(Signal(code, found.tracks[code].at(day), count, fact_id=_newest(days, day)))
    counts = tracks.ties(seen.contacts, card.tie, day)
    if (who := tracks.single(counts, card.tie)) is not None:
        points, newest = found.tracks["single_tie"].at(day), _newest(seen.contacts, day)
        signals.append(Signal("single_tie", points, counts[who], fact_id=newest))
    return tuple(sorted(signals, key=lambda one: (-one.points, one.code)))


def _moved(found: Standing, risk: str, day: date) -> Standing:
    if risk == found.risk:
        return found
    begins = risk in EPISODE and found.risk not in EPISODE
    return Standing(risk, day, day if begins else found.episode if risk in EPISODE else None)


def _expired(found: Standing, card: RadarCard, day: int) -> Standing:
    if found.risk != RECOVERED or found.since is None:
        return found
    end = found.since + timedelta(days=card.recovered_days)
    return replace(found, risk=CALM, since=end) if end.toordinal() <= day else found


def _newest(days: Days, day: int) -> UUID | None:
    last = days.last(day)
    return last.aggregate_id if last else None


def _reach(moment: Moment) -> dict[str, int]:
    return {source: day_of(up_to, moment.zone).toordinal() for source, up_to in moment.reach.items()}
