"""Computing many customers' scores from their facts: pure, and run in a thread, so that the event loop goes on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from scoring.facts.rules import FactRow, current
from scoring.radar import rules as radar
from scoring.scorecards.risk import RadarCard
from scoring.scorecards.rules import Scorecard, TrustCard, ValueCard
from scoring.scores.basis import ValueBasis, basis
from scoring.scores.measure import Measured
from scoring.scores.rules import Moment, Score
from scoring.segments.rules import Standing, standing


@dataclass(frozen=True, slots=True)
class Cards:
    """The scorecards in force."""

    value: ValueCard
    trust: TrustCard
    radar: RadarCard

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of score."""
        return (self.value.kind, self.trust.kind)

    @property
    def fact_kinds(self) -> tuple[str, ...]:
        """Kinds of fact that any of them weighs."""
        return tuple(sorted({*self.value.fact_kinds, *self.trust.fact_kinds, *self.radar.fact_kinds}))


@dataclass(frozen=True, slots=True)
class Picture:
    """What the facts of one customer mean."""

    customer_id: UUID
    members: tuple[UUID, ...]
    scores: Mapping[str, Score]
    standing: Standing
    watch: radar.Reading


def score(facts: Iterable[FactRow], card: Scorecard, moment: Moment, members: Iterable[UUID] = ()) -> Score:
    """The score on a day, as far as was known at a moment; the same facts, in any order, on any day, the same."""
    measured = basis(current(facts, moment.known_at), card, moment).measured(moment.day)
    return scored(measured, card, moment, members)


def scored(measured: Measured, card: Scorecard, moment: Moment, members: Iterable[UUID]) -> Score:
    """What was measured on the moment's day, as the score of these members."""
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


def picture(
    customer_id: UUID, members: Sequence[UUID], facts: Sequence[FactRow], cards: Cards, moment: Moment
) -> Picture:
    """Every score of one customer, and the tier."""
    known = current(facts, moment.known_at)
    worth, trust = basis(known, cards.value, moment), basis(known, cards.trust, moment)
    scores = {each.card.kind: scored(each.measured(moment.day), each.card, moment, members) for each in (worth, trust)}
    watch = radar.read(known, cards.radar, moment)
    return Picture(customer_id, tuple(sorted(members)), scores, tier_on(worth, moment.day), watch)


def tier_on(worth: ValueBasis, day: date) -> Standing:
    """The tier at the end of a day: the fold of the values of all days before, in the time of the facts."""
    return standing(worth.card.bands, worth.history(day))


def pictures(
    families: Mapping[UUID, Sequence[UUID]], facts: Sequence[FactRow], cards: Cards, moment: Moment
) -> list[Picture]:
    """The same for many customers, each with its members."""
    canonical = {member: customer for customer, members in families.items() for member in members}
    by_customer: dict[UUID, list[FactRow]] = {customer: [] for customer in families}
    for fact in facts:
        if fact.customer_id is not None:
            by_customer[canonical[fact.customer_id]].append(fact)
    return [picture(one, families[one], by_customer[one], cards, moment) for one in families]
