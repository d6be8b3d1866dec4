"""What a scorecard makes of a customer's facts, sorted out once: any day can then be measured for a few look-ups."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Protocol, overload
from uuid import UUID
from zoneinfo import ZoneInfo

from scoring.facts.rules import FactRow
from scoring.scorecards.cards import Scorecard
from scoring.scorecards.opinions import SatisfactionCard
from scoring.scorecards.prospects import LearningCard, PotentialCard
from scoring.scorecards.referring import InfluenceCard
from scoring.scorecards.rules import TrustCard, ValueCard
from scoring.scores import influence, learning, potential, satisfaction, trust, value
from scoring.scores.days import Days, Reach
from scoring.scores.influence import NOBODY, Network
from scoring.scores.measure import Measured
from scoring.scores.rules import Moment, day_of, end_of
from scoring.scores.value import Ledger


class Basis(Protocol):
    """Facts that had happened by a day, as one scorecard sees them."""

    def value_on(self, day: date) -> int | None:
        """The value on this or a later day, if nothing more happens; None when unrated."""

    def measured(self, day: date) -> Measured:
        """The same with band, inputs and reasons."""

    def plus(self, facts: Iterable[FactRow]) -> Basis:
        """With facts that came after all others."""

    def heard(self) -> Basis:
        """As if every source had told that nothing more happened."""


@dataclass(frozen=True, slots=True)
class ValueBasis:
    """Existing value."""

    card: ValueCard
    zone: ZoneInfo
    book: Ledger
    reach: Reach = field(default_factory=dict)

    def value_on(self, day: date) -> int | None:
        """The value."""
        return value.value_on(self.book, self.card, day.toordinal(), self.reach)

    def measured(self, day: date) -> Measured:
        """With its reasons."""
        return value.measure(self.book, self.card, day.toordinal(), self.reach)

    def history(self, until: date) -> list[tuple[int, int | None]]:
        """The value on every day that may have changed it, with the day (proleptic ordinal)."""
        return value.history(self.book, self.card, until.toordinal(), self.reach)

    def plus(self, facts: Iterable[FactRow]) -> ValueBasis:
        """With more facts."""
        book = self.book.copy()
        for fact in facts:
            value.enter(book, fact, self.card, self.zone)
        return replace(self, book=book)

    def heard(self) -> ValueBasis:
        """Without doubt about silence."""
        return replace(self, reach={})


@dataclass(frozen=True, slots=True)
class TrustBasis:
    """Trust."""

    card: TrustCard
    zone: ZoneInfo
    found: trust.Evidence

    def value_on(self, day: date) -> int:
        """The value."""
        return trust.value_on(self.found, self.card, day.toordinal())

    def measured(self, day: date) -> Measured:
        """With its reasons."""
        return trust.measure(self.found, self.card, day.toordinal())

    def plus(self, facts: Iterable[FactRow]) -> TrustBasis:
        """With more facts; none of them is a reopening, which would change what others mean."""
        found = {code: days.copy() for code, days in self.found.items()}
        for code, days in trust.evidence(facts, self.zone).items():
            for day, fact in zip(days.days, days.facts, strict=True):
                found.setdefault(code, Days()).add(day, fact)
        return replace(self, found=found)

    def heard(self) -> TrustBasis:
        """The same: trust is not a matter of silence."""
        return self


@dataclass(frozen=True, slots=True)
class SatisfactionBasis:
    """Satisfaction, of the whole or of a facet."""

    card: SatisfactionCard
    zone: ZoneInfo
    found: satisfaction.Opinions

    def value_on(self, day: date) -> int | None:
        """The value."""
        return self.measured(day).value

    def measured(self, day: date) -> Measured:
        """With its reasons."""
        return satisfaction.measure(self.found, self.card, day.toordinal())

    def plus(self, facts: Iterable[FactRow]) -> SatisfactionBasis:
        """With more opinions."""
        more = satisfaction.opinions(facts, self.card, self.zone)
        answers = [*self.found.answers, *more.answers]
        return replace(self, found=satisfaction.Opinions(answers, [*self.found.importance, *more.importance]))

    def heard(self) -> SatisfactionBasis:
        """The same: satisfaction is what was said."""
        return self


@dataclass(frozen=True, slots=True)
class InfluenceBasis:
    """Influence: of others' facts, so that more of one's own change nothing."""

    card: InfluenceCard
    found: Sequence[influence.Brought]

    def value_on(self, day: date) -> int | None:
        """The value."""
        return self.measured(day).value

    def measured(self, day: date) -> Measured:
        """With its reasons."""
        return influence.measure(self.found, self.card, day.toordinal())

    def plus(self, facts: Iterable[FactRow]) -> InfluenceBasis:  # noqa: ARG002 - the same for every kind
        """The same."""
        return self

    def heard(self) -> InfluenceBasis:
        """The same."""
        return self


@dataclass(frozen=True, slots=True)
class PotentialBasis:
    """Potential."""

    card: PotentialCard
    found: potential.Prospects

    def value_on(self, day: date) -> int | None:
        """The value."""
        return self.measured(day).value

    def measured(self, day: date) -> Measured:
        """With its reasons."""
        return potential.measure(self.found, self.card, day.toordinal())

    def plus(self, facts: Iterable[FactRow]) -> PotentialBasis:  # noqa: ARG002 - the same for every kind
        """The same: no lever of this card adds a fact."""
        return self

    def heard(self) -> PotentialBasis:
        """The same."""
        return self


@dataclass(frozen=True, slots=True)
class LearningBasis:
    """Learning."""

    card: LearningCard
    found: trust.Evidence

    def value_on(self, day: date) -> int | None:
        """The value."""
        return self.measured(day).value

    def measured(self, day: date) -> Measured:
        """With its reasons."""
        return learning.measure(self.found, self.card, day.toordinal())

    def plus(self, facts: Iterable[FactRow]) -> LearningBasis:  # noqa: ARG002 - the same for every kind
        """The same: no lever of this card adds a fact."""
        return self

    def heard(self) -> LearningBasis:
        """The same."""
        return self


AnyBasis = ValueBasis | TrustBasis | SatisfactionBasis | InfluenceBasis | PotentialBasis | LearningBasis


@overload
def basis(facts: Iterable[FactRow], card: ValueCard, moment: Moment) -> ValueBasis: ...
@overload
def basis(
    facts: Iterable[FactRow], card: Scorecard, moment: Moment, members: Iterable[UUID] = (), around: Network = NOBODY
) -> AnyBasis: ...
def basis(
    facts: Iterable[FactRow], card: Scorecard, moment: Moment, members: Iterable[UUID] = (), around: Network = NOBODY
) -> AnyBasis:
    """Sort out facts that have been through `current`; what happened after the moment's day is left out.

    `around` is whom the customer brought, with facts that have been through it too.
    """
    over, zone = end_of(moment.day, moment.zone), moment.zone
    if isinstance(card, InfluenceCard):
        past = [fact for fact in around.facts if fact.occurred_at < over]
        known = influence.links(replace(around, facts=past), zone, moment.day.toordinal())
        return InfluenceBasis(card, influence.brought(members, known, card, zone))
    own = [fact for fact in facts if fact.occurred_at < over]
    if isinstance(card, SatisfactionCard):
        return SatisfactionBasis(card, zone, satisfaction.opinions(own, card, zone, moment.facets))
    if isinstance(card, PotentialCard):
        return PotentialBasis(card, potential.prospects(own, card, zone))
    if isinstance(card, LearningCard):
        return LearningBasis(card, learning.evidence(own, card, zone))
    if isinstance(card, TrustCard):
        return TrustBasis(card, zone, trust.evidence(own, zone))
    reach = {source: day_of(up_to, zone).toordinal() for source, up_to in moment.reach.items()}
    return ValueBasis(card, zone, value.ledger(own, card, zone), reach)
