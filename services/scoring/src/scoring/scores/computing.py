"""Computing many customers' scores from their facts: pure, and run in a thread, so that the event loop goes on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from scoring.facts.rules import FactRow, current
from scoring.radar import rules as radar
from scoring.scorecards.cards import Cards, Occasional, Scorecard
from scoring.scorecards.prospects import AGREEMENT, WALLET
from scoring.scorecards.rules import UNRATED
from scoring.scores.basis import ValueBasis, basis
from scoring.scores.influence import NOBODY, Network, counting, parts_of
from scoring.scores.measure import Measured, Reason
from scoring.scores.rules import Moment, Score
from scoring.segments.rules import Standing, standing

SAID = ("opinion", "interview")
"""Kinds of fact by which customers say how satisfied they are."""
NEEDS = ("need_now", "later")
"""Outcomes of a contact in which the customer said that it needs something."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What the facts of one customer mean."""

    customer_id: UUID
    members: tuple[UUID, ...]
    scores: Mapping[str, Score]
    """By kind; without those that there is nothing to go by for."""
    standing: Standing
    watch: radar.Reading

    @property
    def absorbed(self) -> list[UUID]:
        """The records that are part of the customer without standing for it."""
        return [one for one in self.members if one != self.customer_id]


def score(
    facts: Iterable[FactRow], card: Scorecard, moment: Moment, members: Iterable[UUID] = (), around: Network = NOBODY
) -> Score:
    """The score on a day, as far as was known at a moment; the same facts, in any order, on any day, the same."""
    members, around = tuple(members), counting(around, moment.known_at)
    measured = basis(current(facts, moment.known_at), card, moment, members, around).measured(moment.day)
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


def says_something(one: Score) -> bool:
    """Whether there was anything to go by: a missing exchange rate is."""
    return one.value is not None or any(reason.fact_id for reason in one.reasons)


def silent(card: Occasional, moment: Moment, members: Iterable[UUID]) -> Score:
    """The score of a customer of whom there is nothing to go by any more."""
    nothing = Measured(None, UNRATED, {}, (Reason(card.nothing, 0),), {})
    return scored(nothing, card, moment, members)


def picture(  # noqa: PLR0913 - one argument for each part of what is known
    customer_id: UUID,
    members: Sequence[UUID],
    facts: Sequence[FactRow],
    cards: Cards,
    moment: Moment,
    around: Network = NOBODY,
) -> Picture:
    """Every score of one customer, the tier, and how it stands on the radar."""
    known, around = current(facts, moment.known_at), counting(around, moment.known_at)
    worth, trust = basis(known, cards.value, moment), basis(known, cards.trust, moment)
    scores = {each.card.kind: scored(each.measured(moment.day), each.card, moment, members) for each in (worth, trust)}
    # Sorting facts for a card that finds nothing costs as much as for one that does: most cards are asked of few.
    told = {fact.kind for fact in known}
    asked: list[Occasional] = list(cards.satisfaction) if not told.isdisjoint(SAID) else []
    asked += [cards.influence] if around.referrals else []
    asked += [cards.learning] if not told.isdisjoint(cards.learning.codes) else []
    hopeful = not told.isdisjoint((WALLET, AGREEMENT)) or any(fact.traits.outcome in NEEDS for fact in known)
    asked += [cards.potential] if hopeful else []
    for card in asked:
        found = basis(known, card, moment, members, around).measured(moment.day)
        scores[card.kind] = scored(found, card, moment, members)
    kept = {kind: one for kind, one in scores.items() if kind in cards.always or says_something(one)}
    watch = radar.read(known, cards.radar, moment)
    return Picture(customer_id, tuple(sorted(members)), kept, tier_on(worth, moment.day), watch)


def tier_on(worth: ValueBasis, day: date) -> Standing:
    """The tier at the end of a day: the fold of the values of all days before, in the time of the facts."""
    return standing(worth.card.bands, worth.history(day))


def pictures(
    families: Mapping[UUID, Sequence[UUID]],
    facts: Sequence[FactRow],
    cards: Cards,
    moment: Moment,
    around: Network = NOBODY,
) -> list[Picture]:
    """The same for many customers, each with its members; `facts` are theirs and those of whom they brought."""
    canonical = {member: customer for customer, members in families.items() for member in members}
    by_customer: dict[UUID, list[FactRow]] = {customer: [] for customer in families}
    for fact in facts:
        if fact.customer_id in canonical:
            by_customer[canonical[fact.customer_id]].append(fact)
    nets = parts_of(around, families, len(cards.influence.share_bp))
    return [picture(one, families[one], by_customer[one], cards, moment, nets[one]) for one in families]
