"""What the radar looks at, each as points over days that change only on days that can be listed."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID
from zoneinfo import ZoneInfo

from scoring.facts.rules import FactRow
from scoring.radar.rhythm import Silence, silences
from scoring.scorecards.risk import Baseline, Counted, RadarCard, Step, Tie
from scoring.scores.days import Days, Reach, told_until

PERCENT = 100
MOST_CUES = 100
"""Cue marks of one contact that are believed: what is more is a slip of the hand."""


@dataclass(frozen=True, slots=True)
class Track:
    """Points of one signal: from each of these days (proleptic ordinals, ascending) on, so many; before, none."""

    days: Sequence[int] = ()
    points: Sequence[int] = ()

    def at(self, day: int) -> int:
        """The points at the end of a day."""
        place = bisect_right(self.days, day)
        return self.points[place - 1] if place else 0


@dataclass(slots=True)
class Times(Days):
    """Days with facts that each tell of something so many times."""

    sums: list[int] = field(default_factory=lambda: [0])
    """`sums[n]` is how often by the first n."""

    def tell(self, day: int, fact: FactRow, times: int) -> None:
        """One more fact, in the order of their time."""
        self.add(day, fact)
        self.sums.append(self.sums[-1] + times)

    def count(self, after: int, until: int) -> int:
        """How often after one day, up to another."""
        return self.sums[bisect_right(self.days, until)] - self.sums[bisect_right(self.days, after)]


@dataclass(slots=True)
class Seen:
    """A customer's facts by what the radar makes of them."""

    orders: Days = field(default_factory=Days)
    contacts: Days = field(default_factory=Days)
    order_sources: dict[str, list[int]] = field(default_factory=dict)
    contact_sources: dict[str, list[int]] = field(default_factory=dict)
    lapsed: Days = field(default_factory=Days)
    answers: list[int] = field(default_factory=list)
    rivals: Days = field(default_factory=Days)
    cues: Times = field(default_factory=Times)
    evidence: list[tuple[int, str]] = field(default_factory=list)
    """What may speak for a cause of churn: day and code."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """One rhythm: its days, its silences as far as they were judged, and up to which day we know of silence."""

    days: Days
    silences: Sequence[Silence]
    told: int
    first: Step

    @property
    def going_on(self) -> Silence | None:
        """The silence that has not ended; None where there is no rhythm of the customer's own."""
        return self.silences[-1] if self.silences and self.silences[-1].until is None else None


@dataclass(frozen=True, slots=True)
class Watched:
    """All signals of a customer up to a day, by their codes."""

    seen: Seen
    tracks: Mapping[str, Track]
    rhythms: Mapping[str, Rhythm]


def seen(facts: Sequence[FactRow], zone: ZoneInfo) -> Seen:
    """Sort facts (as `current` gives them)."""
    found = Seen()
    for fact in facts:
        day = fact.occurred_at.astimezone(zone).toordinal()
        match fact.kind:
            case "order":
                _enter(found.orders, found.order_sources, day, fact)
            case "contact":
                _enter(found.contacts, found.contact_sources, day, fact)
                _enter_contact(found, day, fact)
            case "invitation.lapsed":
                found.lapsed.add(day, fact)
            case "opinion" | "interview":
                _enter_opinion(found, day, fact)
            case kind:
                found.evidence.append((day, kind))
    return found


def rhythm(days: Days, until: int, rule: Baseline, steps: Sequence[Step]) -> tuple[Track, list[Silence]]:
    """Points for silences up to a day, and each silence that was judged: the last of them may still go on."""
    distinct = sorted(set(days.days))
    judged = list(silences(distinct, rule))
    changes: list[tuple[int, int]] = []
    for one in judged:
        end = until + 1 if one.until is None else one.until
        reached = [(one.since + one.usual.limit(step) + 1, step.points) for step in steps]
        changes += [(day, points) for day, points in reached if day < end]
        if one.until is not None and changes and changes[-1][1]:
            changes.append((one.until, 0))
    return _track(changes), judged


def counted(days: Days, rule: Counted, answers: Sequence[int] = ()) -> Track:
    """Points for what has happened within the window, and since the last answer."""
    changes = sorted({*days.days, *(day + rule.window_days for day in days.days), *answers})
    return _track([(day, min(rule.most, rule.points * count_at(days, rule, day, answers))) for day in changes])


def count_at(days: Days, rule: Counted, day: int, answers: Sequence[int] = ()) -> int:
    """How often within the window up to a day, and since the last answer by then."""
    place = bisect_right(answers, day)
    return days.count(max(day - rule.window_days, answers[place - 1] if place else 0), day)


def ties(contacts: Days, rule: Tie, day: int) -> Counter[UUID]:
    """How many contacts each employee had within the window up to a day."""
    low, high = bisect_right(contacts.days, day - rule.window_days), bisect_right(contacts.days, day)
    return Counter(one.traits.employee_id for one in contacts.facts[low:high] if one.traits.employee_id is not None)


def single(counts: Counter[UUID], rule: Tie) -> UUID | None:
    """The one employee to whom the customer is tied, if it is to one alone.

    A share of the contacts within the window, in percent, over at least so many of them: what a firm loses with a key
    contact (Bendapudi and Leone, "Managing Business-to-Business Customer Relationships Following Key Contact Employee
    Turnover in a Vendor Firm", Journal of Marketing 66, 2002). Both limits are the firm's card.
    """
    total = counts.total()
    if not total:
        return None
    # Of two who are equally close neither stands alone, whatever the share asked for.
    who, most = max(counts.items(), key=lambda one: (one[1], one[0]))
    return who if total >= rule.least and most * PERCENT >= rule.share_pct * total else None


def tie(contacts: Days, rule: Tie) -> Track:
    """Points while the customer is tied to one employee alone."""
    moves = [
        (day + shift, one.traits.employee_id, change)
        for day, one in zip(contacts.days, contacts.facts, strict=True)
        if one.traits.employee_id is not None
        for shift, change in ((0, 1), (rule.window_days, -1))
    ]
    counts: Counter[UUID] = Counter()
    changes: list[tuple[int, int]] = []
    for day, who, change in sorted(moves):
        counts[who] += change
        changes.append((day, rule.points if single(counts, rule) else 0))
    return _track(changes)


def watched(facts: Sequence[FactRow], card: RadarCard, zone: ZoneInfo, day: int, reach: Reach) -> Watched:
    """All signals of a customer up to a day."""
    found = seen(facts, zone)
    window = card.baseline.window_days
    orders_told = told_until(found.orders.days, found.order_sources, window, day, reach)
    contacts_told = told_until(found.contacts.days, found.contact_sources, window, day, reach)
    order, order_gaps = rhythm(found.orders, orders_told, card.baseline, card.order_steps)
    contact, contact_gaps = rhythm(found.contacts, contacts_told, card.baseline, card.contact_steps)
    made = {
        "order_rhythm": order,
        "contact_rhythm": contact,
        "unanswered_invitations": counted(found.lapsed, card.counted["unanswered_invitations"], found.answers),
        "rival_named": counted(found.rivals, card.counted["rival_named"]),
        "cue_marks": counted(found.cues, card.counted["cue_marks"]),
        "single_tie": tie(found.contacts, card.tie),
    }
    rhythms = {
        "order_rhythm": Rhythm(found.orders, order_gaps, orders_told, card.order_steps[0]),
        "contact_rhythm": Rhythm(found.contacts, contact_gaps, contacts_told, card.contact_steps[0]),
    }
    return Watched(found, made, rhythms)


def _enter(days: Days, sources: dict[str, list[int]], day: int, fact: FactRow) -> None:
    days.add(day, fact)
    if fact.traits.source is not None:
        sources.setdefault(fact.traits.source, []).append(day)


def _enter_contact(found: Seen, day: int, fact: FactRow) -> None:
    if fact.traits.rival_named:
        found.rivals.add(day, fact)
        found.evidence.append((day, "rival_named"))
    if fact.traits.count:
        found.cues.tell(day, fact, min(fact.traits.count, MOST_CUES))


def _enter_opinion(found: Seen, day: int, fact: FactRow) -> None:
    found.answers.append(day)
    both = [one for one in fact.traits.grades or () if one.expected is not None]
    if sum(one.obtained - (one.expected or 0) for one in both) < 0:
        found.evidence.append((day, "below_expectation"))


def _track(changes: Sequence[tuple[int, int]]) -> Track:
    days: list[int] = []
    points: list[int] = []
    for day, value in changes:
        if days and days[-1] == day:
            points[-1] = value
        elif value != (points[-1] if points else 0):
            days.append(day)
            points.append(value)
    return Track(days, points)
