"""What a draft would change: for each customer the draft's answer beside the present one's, and what that may cost.

Pure. The expected cost of a piece is what service on its article has cost so far, by the pieces sold of it: a known
past, not a forecast. Of an article without recorded cost it is unknown, and its pieces are counted as such.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from uuid import UUID

from complaints.entitlements.evaluation import File, OfGoods, Tried, evaluate
from complaints.entitlements.rules import Policy


@dataclass(frozen=True, slots=True)
class Moved:
    """One benefit of a customer that would last longer or shorter; `until` as ISO day, `life` or None (none at all)."""

    benefit: str
    order_id: UUID | None
    sku: str | None
    pieces: int
    before: str | None
    after: str | None
    gained: bool


@dataclass(frozen=True, slots=True)
class Mover:
    """A customer for whom something would change."""

    customer_id: UUID
    vip: bool
    moved: Sequence[Moved]

    @property
    def loses(self) -> bool:
        """Whether anything would be worse than now."""
        return any(not one.gained for one in self.moved)


@dataclass(frozen=True, slots=True)
class Costs:
    """Recorded cost of service on each article, in minor units of the policy's currency, by the pieces sold of it."""

    cost_minor: Mapping[str, int]
    pieces: Mapping[str, int]

    def of(self, sku: str | None, pieces: int) -> int | None:
        """What serving so many pieces is expected to cost, rounded half to even; None when nothing is recorded."""
        cost, sold = self.cost_minor.get(sku or ""), self.pieces.get(sku or "", 0)
        if cost is None or not sold:
            return None
        return int((Decimal(cost) * pieces / sold).quantize(Decimal(1), ROUND_HALF_EVEN))


def narrowed(before: Policy, after: Policy) -> tuple[Policy, Policy]:
    """The two policies with those clauses alone whose benefit may change between them: one does not bear on another.

    Where tiers, rates or the firm's own region differ, any of them may.
    """
    same = (before.vip_tiers, before.rates, before.home_region) == (after.vip_tiers, after.rates, after.home_region)
    if not same:
        return before, after
    mine = {clause.benefit: [c for c in before.clauses if c.benefit == clause.benefit] for clause in before.clauses}
    theirs = {clause.benefit: [c for c in after.clauses if c.benefit == clause.benefit] for clause in after.clauses}
    moved = {benefit for benefit in mine.keys() | theirs.keys() if mine.get(benefit) != theirs.get(benefit)}
    return _of(before, moved), _of(after, moved)


def compare(before: Policy, after: Policy, customer_id: UUID, file: File, on: date) -> Mover | None:
    """What would change for one customer; None when nothing would."""
    old, new = evaluate(before, file, on), evaluate(after, file, on)
    moved = [one for pair in zip(old.goods, new.goods, strict=True) for one in _of_goods(*pair)]
    moved += _of_customer(old.customer, new.customer)
    return Mover(customer_id, bool(old.vip or new.vip), moved) if moved else None


def costs_of(spent: Iterable[tuple[str, str, date, int]], pieces: Mapping[str, int], policy: Policy) -> Costs:
    """The recorded costs (article, currency, day, minor units) in the policy's currency; without a rate left out."""
    cost: dict[str, int] = {}
    for sku, currency, day, amount_minor in spent:
        amount = policy.rates.convert(amount_minor, currency, day)
        if amount is not None:
            cost[sku] = cost.get(sku, 0) + amount
    return Costs(cost, pieces)


def _of(policy: Policy, benefits: Collection[str]) -> Policy:
    return replace(policy, clauses=[clause for clause in policy.clauses if clause.benefit in benefits])


def _of_goods(old: OfGoods, new: OfGoods) -> list[Moved]:
    lot = new.lot
    if lot is None:
        return []
    benefits = sorted({one.clause.benefit for one in (*old.tried, *new.tried)})
    pairs = ((benefit, _until(old.best(benefit)), _until(new.best(benefit))) for benefit in benefits)
    return [
        Moved(benefit, lot.order_id, lot.sku, lot.pieces, a, b, gained=_rank(b) > _rank(a))
        for benefit, a, b in pairs
        if a != b
    ]


def _of_customer(old: Sequence[Tried], new: Sequence[Tried]) -> list[Moved]:
    had = {one.clause.benefit for one in old if one.applies}
    has = {one.clause.benefit for one in new if one.applies}
    return [
        Moved(one, None, None, 0, "life" if one in had else None, "life" if one in has else None, gained=one in has)
        for one in sorted(had ^ has)
    ]


def _until(best: Tried | None) -> str | None:
    if best is None or not best.applies:
        return None
    return best.until.isoformat() if best.until else "life"


def _rank(until: str | None) -> str:
    return {None: "", "life": "~"}.get(until, until or "")
