"""Computing many customers' scores from their facts: pure, and run in a thread, so that the event loop goes on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from scoring.facts.rules import FactRow, current
from scoring.scorecards.rules import TrustCard, ValueCard
from scoring.scores import value
from scoring.scores.rules import Moment, Score, rated
from scoring.segments.rules import Standing, standing


@dataclass(frozen=True, slots=True)
class Cards:
    """The scorecards in force."""

    value: ValueCard
    trust: TrustCard

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of score."""
        return (self.value.kind, self.trust.kind)

    @property
    def fact_kinds(self) -> tuple[str, ...]:
        """Kinds of fact that any of them weighs."""
        return tuple(sorted({*self.value.fact_kinds, *self.trust.fact_kinds}))


@dataclass(frozen=True, slots=True)
class Picture:
    """What the facts of one customer mean."""

    customer_id: UUID
    members: tuple[UUID, ...]
    scores: Mapping[str, Score]
    standing: Standing


def picture(
    customer_id: UUID, members: Sequence[UUID], facts: Sequence[FactRow], cards: Cards, moment: Moment
) -> Picture:
    """Every score of one customer, and the tier."""
    known = current(facts, moment.known_at)
    scores = {card.kind: rated(known, card, moment, members) for card in (cards.value, cards.trust)}
    return Picture(customer_id, tuple(sorted(members)), scores, tier_of(known, cards.value, moment))


def tier_of(facts: Sequence[FactRow], card: ValueCard, moment: Moment) -> Standing:
    """The tier at the end of a day: the fold of the values of all days before, in the time of the facts."""
    book = value.ledger(facts, card, moment.zone)
    return standing(card.bands, value.history(book, card, moment.day))


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
