"""What a scorecard makes of a customer's facts, sorted out once: any day can then be measured for a few look-ups."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Protocol, overload
from zoneinfo import ZoneInfo

from scoring.facts.rules import FactRow
from scoring.scorecards.rules import Scorecard, TrustCard, ValueCard
from scoring.scores import trust, value
from scoring.scores.days import Days, Reach
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


@overload
def basis(facts: Iterable[FactRow], card: ValueCard, moment: Moment) -> ValueBasis: ...
@overload
def basis(facts: Iterable[FactRow], card: TrustCard, moment: Moment) -> TrustBasis: ...
def basis(facts: Iterable[FactRow], card: Scorecard, moment: Moment) -> ValueBasis | TrustBasis:
    """Sort out facts that have been through `current`; what happened after the moment's day is left out."""
    over = end_of(moment.day, moment.zone)
    past = [fact for fact in facts if fact.occurred_at < over]
    if isinstance(card, TrustCard):
        return TrustBasis(card, moment.zone, trust.evidence(past, moment.zone))
    reach = {source: day_of(up_to, moment.zone).toordinal() for source, up_to in moment.reach.items()}
    return ValueBasis(card, moment.zone, value.ledger(past, card, moment.zone), reach)
