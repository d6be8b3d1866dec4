"""Potential: what more a customer could bring.

From what it spends elsewhere and needs, how its orders grow, what it has agreed with us, and where its industry stands:
points of each, money in minor units of the card's currency. Existing, potential, influence and learning value are the
base, growth, networking and learning potential of Stahl, Matzler and Hinterhuber, "Linking customer lifetime value with
shareholder value", Industrial Marketing Management 32, 2003; what is added up is the firm's card.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from scoring.facts.rules import FactRow
from scoring.scorecards.prospects import AGREEMENT, WALLET, PotentialCard
from scoring.scorecards.rules import UNRATED, band_of
from scoring.scores.days import Days
from scoring.scores.measure import Measured, Reason, heaviest_first
from scoring.scores.value import BASIS, on_curve

LEAST, MOST = 0, 100


@dataclass(frozen=True, slots=True)
class Prospects:
    """A customer's facts by what they mean here; amounts in minor units of the firm's currency."""

    wallets: Days = field(default_factory=Days)
    spent: list[int | None] = field(default_factory=list)
    """All that the customer spends in a year by each of `wallets`; None where a rate is missing."""
    stages: Days = field(default_factory=Days)
    """Those of `wallets` that say where the customer's industry stands."""
    orders: Days = field(default_factory=Days)
    goods: list[int | None] = field(default_factory=list)
    needs: Days = field(default_factory=Days)
    agreements: list[tuple[int, FactRow]] = field(default_factory=list)
    """Each with the first day on which it holds."""

    def ordered(self, after: int, until: int) -> int | None:
        """Goods ordered after one day, up to another; None where a rate is missing."""
        low, high = bisect_right(self.orders.days, after), bisect_right(self.orders.days, until)
        some = self.goods[low:high]
        return None if None in some else sum(each or 0 for each in some)


def prospects(facts: Iterable[FactRow], card: PotentialCard, zone: ZoneInfo) -> Prospects:
    """Sort facts, as `current` gives them."""
    found, rates = Prospects(), card.worth.rates
    for fact in facts:
        on = fact.occurred_at.astimezone(zone).date()
        minor = rates.convert(fact.amount_minor or 0, fact.currency or rates.currency, on)
        match fact.kind:
            case "order":
                found.orders.add(on.toordinal(), fact)
                found.goods.append(minor)
            case "contact" if fact.traits.outcome in ("need_now", "later"):
                found.needs.add(on.toordinal(), fact)
            case kind if kind == AGREEMENT:
                found.agreements.append((on.toordinal(), fact))
            case kind if kind == WALLET:
                found.wallets.add(on.toordinal(), fact)
                found.spent.append(minor)
                if fact.traits.status:
                    found.stages.add(on.toordinal(), fact)
    return found


def measure(found: Prospects, card: PotentialCard, day: int) -> Measured:
    """Value, band, inputs and reasons at the end of a day; unrated without estimate, need and agreement."""
    wallet = _wallet(found, card, day)
    needs = found.needs.count(day - card.needs.window_days, day)
    agreed = _agreed(found, card, day)
    if wallet is None and not needs and agreed is None:
        return Measured(None, UNRATED, {}, (Reason(card.nothing, 0),), {})
    year = found.ordered(day - card.year_days, day)
    spans = [found.ordered(day - n * card.growth_days, day - (n - 1) * card.growth_days) for n in (1, 2)]
    if year is None or None in spans or (wallet is not None and wallet[0] is None):
        missing = wallet[1] if wallet else found.orders.last(day)
        fact_id = missing.aggregate_id if missing else None
        return Measured(None, UNRATED, {"ordered_minor": year or 0}, (Reason("no-rate", 0, fact_id, 1),), {})
    reasons, facts, inputs = [], {}, {"ordered_minor": year, "needs": needs}
    if wallet is not None:
        elsewhere = max(0, (wallet[0] or 0) - year)
        winnable = elsewhere * card.winnable_bp // BASIS * card.margin_bp // BASIS
        inputs |= {"spent_minor": wallet[0] or 0, "elsewhere_minor": elsewhere}
        reasons.append(Reason("wallet", on_curve(card.wallet, winnable), wallet[1].aggregate_id, 1))
        facts["wallet"] = wallet[1]
    if (staged := _staged(found, card, day)) is not None:
        reasons.append(Reason("life-cycle", card.life_cycle[staged.traits.status or ""], staged.aggregate_id, 1))
        facts["life-cycle"] = staged
    newest = found.needs.last(day)
    if needs and newest is not None:
        reasons.append(Reason("needs", _need_points(found, card, day), newest.aggregate_id, needs))
        facts["needs"] = newest
    if agreed is not None:
        reasons.append(Reason("agreement", card.agreements[agreed.traits.code or ""], agreed.aggregate_id, 1))
        facts["agreement"] = agreed
    last = found.orders.last(day)
    if spans[1] and last is not None:
        growth = (spans[0] or 0) * BASIS // spans[1]
        inputs["growth_bp"] = growth
        points = next((points for low, points in card.growth if growth >= low), 0)
        reasons.append(Reason("growth", points, last.aggregate_id, found.orders.count(day - card.growth_days, day)))
        facts["growth"] = last
    total = sum(reason.points for reason in reasons)
    value = max(LEAST, min(MOST, total))
    if value != total:
        reasons.append(Reason("limit", value - total))
    return Measured(value, band_of(card.bands, value), inputs, heaviest_first(reasons), facts)


def _wallet(found: Prospects, card: PotentialCard, day: int) -> tuple[int | None, FactRow] | None:
    place = bisect_right(found.wallets.days, day)
    if not place or found.wallets.days[place - 1] <= day - card.wallet_days:
        return None
    return found.spent[place - 1], found.wallets.facts[place - 1]


def _agreed(found: Prospects, card: PotentialCard, day: int) -> FactRow | None:
    """The agreement in force that is worth most, of several the one that began last; none that is worth nothing."""
    in_force = [
        (card.agreements[fact.traits.code or ""], since, fact.aggregate_id, fact)
        for since, fact in found.agreements
        if card.agreements.get(fact.traits.code or "")
        and since <= day
        and (fact.traits.count is None or day < since + fact.traits.count)
    ]
    return max(in_force)[-1] if in_force else None


def _staged(found: Prospects, card: PotentialCard, day: int) -> FactRow | None:
    """The newest estimate that says where the industry stands, as long as it is believed and that counts."""
    newest = found.stages.last(day)
    if newest is None or not found.stages.count(day - card.wallet_days, day):
        return None
    return newest if card.life_cycle.get(newest.traits.status or "") else None


def _need_points(found: Prospects, card: PotentialCard, day: int) -> int:
    low, high = bisect_right(found.needs.days, day - card.needs.window_days), bisect_right(found.needs.days, day)
    worth = {"need_now": card.needs.need_now, "later": card.needs.later}
    return min(card.needs.most, sum(worth[one.traits.outcome or "later"] for one in found.needs.facts[low:high]))
