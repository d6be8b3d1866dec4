"""What a customer may claim on a day: every clause tried, and why it did or did not apply.

A pure function of the policy, what is known of the customer (all its records) and the day, so that a rehearsal of a
draft shows exactly what publishing it gives.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from uuid import UUID

from complaints.entitlements import thresholds
from complaints.entitlements.agreements import Agreement, Terms
from complaints.entitlements.goods import Lot, Zones
from complaints.entitlements.rules import CUSTOMER, GOODS, WARRANTY, Agreed, Clause, Policy, Threshold
from complaints.entitlements.standing import Standing
from complaints.entitlements.thresholds import HELD, KEPT, WITHDRAWN, Reach, Story

APPLIES, EXPIRED, NOT_BEGUN, NOTHING_BOUGHT = "applies", "expired", "not-begun", "nothing-bought"
AGREEMENT_PREVAILS, OTHER_GOODS, NOT_VIP = "agreement-prevails", "other-goods", "not-vip"
AGREEMENT_ENDED, AGREEMENT_NOT_BEGUN = "agreement-ended", "agreement-not-begun"
IN_TOWN, REGION_UNKNOWN = "in-town", "region-unknown"
ENDLESS = date.max
_MET = frozenset({APPLIES, EXPIRED, NOT_BEGUN})
"""All that the clause asks holds: it answers, if only that its term is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """All that is known of one customer, over all its records."""

    members: frozenset[UUID]
    lots: Sequence[Lot] = ()
    orders: Sequence[Story] = ()
    standing: Standing = field(default_factory=Standing)
    zones: Zones = field(default_factory=dict)
    agreements: Sequence[Agreement] = ()


@dataclass(frozen=True, slots=True)
class Tried:
    """One clause that was tried: whether it applies, why not, from when to when (`until` None: for life).

    `flagged`: it rests on an order or an agreement that was changed since and waits for a person. `why` is what decided
    it, `promised_by` the earlier versions of an agreement that had said so, oldest first, where it is held.
    """

    clause: Clause
    applies: bool
    reason: str
    since: date | None = None
    until: date | None = None
    order_id: UUID | None = None
    flagged: bool = False
    why: str | None = None
    promised_by: Sequence[Agreed] = ()

    @property
    def reaches(self) -> date:
        """Its last day, for comparing."""
        return self.until or (ENDLESS if self.since else date.min)

    def gives(self, other: Tried, kind: str) -> bool:
        """Whether it gives a kind of service of another clause's benefit and package, for as long as that one."""
        mine, asked = self.clause, other.clause
        same = mine.benefit == asked.benefit and asked.package in {None, mine.package}
        return same and (not mine.kinds or kind in mine.kinds) and self.reaches >= other.reaches

    def days_left(self, on: date) -> int | None:
        """Days after `on` that it still covers; 0 when it does not, None for life."""
        if not self.applies:
            return 0
        return (self.until - on).days if self.until else None


@dataclass(frozen=True, slots=True)
class OfGoods:
    """What holds for goods got together; without a lot, for goods that nobody has bought."""

    lot: Lot | None
    tried: Sequence[Tried]

    def best(self, benefit: str = WARRANTY) -> Tried | None:
        """The clause that answers: of those that apply the one that lasts longest, else the one that ended last."""
        some = [one for one in self.tried if one.clause.benefit == benefit]
        candidates = [one for one in some if one.applies] or [one for one in some if one.reason == EXPIRED] or some
        return max(candidates, key=lambda one: one.reaches, default=None)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the policy says on a day: of each lot, and of the customer as such."""

    on: date
    goods: Sequence[OfGoods]
    customer: Sequence[Tried]
    vip: str | None

    def best(self, benefit: str = WARRANTY) -> tuple[Lot | None, Tried] | None:
        """The lot and clause that serve the customer best."""
        found = [(one.lot, best) for one in self.goods if (best := one.best(benefit))]
        return max(found, key=lambda pair: (pair[1].applies, pair[1].reaches), default=None)


def evaluate(policy: Policy, file: File, on: date, sku: str | None = None, order_id: UUID | None = None) -> Answer:
    """What the customer may claim on a day, of all goods or of those of an article, an order or both."""
    agreed = [clause for one in file.agreements for terms in one.versions for clause in terms.clauses]
    reached = {
        asked: thresholds.reach(policy, asked, file.orders, file.zones, on)
        for asked in {clause.threshold for clause in (*policy.clauses, *agreed)}
        if asked is not None
    }
    kinds: dict[str, set[str]] = {}
    for clause in (*policy.clauses, *agreed):
        kinds.setdefault(clause.benefit, set()).update(clause.kinds)
    trial = _Trial(policy, file, on, reached, kinds)
    wanted = [
        lot for lot in file.lots if sku in (None, lot.sku) and order_id in (None, lot.order_id) and lot.start <= on
    ]
    of_goods = [clause for clause in policy.clauses if clause.of == GOODS and trial.addressed(clause)]
    goods = [OfGoods(lot, trial.all(of_goods, lot, lot.sku)) for lot in wanted]
    return Answer(
        on,
        goods or [OfGoods(None, trial.all(of_goods, None, sku))],
        trial.all([c for c in policy.clauses if c.of == CUSTOMER and trial.addressed(c)], None, sku, CUSTOMER),
        file.standing.vip(policy.vip_tiers, on),
    )


@dataclass(frozen=True, slots=True)
class _Trial:
    policy: Policy
    file: File
    on: date
    reached: Mapping[Threshold, Reach]
    kinds: Mapping[str, Collection[str]]
    """The kinds of service that anybody speaks of, by benefit: a clause that names none is about all of them."""
    vips: dict[date, str | None] = field(default_factory=dict)
    """Why the customer was a VIP on each day that was looked at: many goods share few days."""

    def addressed(self, clause: Clause) -> bool:
        """What was agreed with others is none of this customer's business: it is not even tried."""
        return not clause.customers or bool(clause.customers & self.file.members)

    def all(self, clauses: Sequence[Clause], lot: Lot | None, sku: str | None, of: str = GOODS) -> list[Tried]:
        """The agreements' clauses, then these of the policy, which are silent where an agreement answers."""
        signed = [one for agreement in self.file.agreements for one in self._signed(agreement.now, lot, sku, of)]
        beaten = {one.clause.benefit for one in signed if one.reason in _MET}
        named = {clause.benefit for clause in clauses if clause.customers and clause.speaks_of(sku)}
        tried = [
            *signed,
            *(
                self._one(one, lot, sku, silent=one.benefit in beaten or (one.benefit in named and not one.customers))
                for one in clauses
            ),
        ]
        return [*self._held(tried, lot, sku, of), *tried] if self.file.agreements else tried

    def _signed(self, terms: Terms, lot: Lot | None, sku: str | None, of: str) -> list[Tried]:
        agreed = terms.agreed
        found = []
        for clause in (one for one in terms.clauses if one.of == of):
            if agreed.in_force(self.on) or not clause.speaks_of(sku):
                one = self._one(clause, lot, sku)
                # Its benefits end with it.
                found.append(replace(one, until=min(one.reaches, agreed.until)) if one.since and agreed.until else one)
            else:
                reason = AGREEMENT_NOT_BEGUN if self.on < agreed.since else AGREEMENT_ENDED
                found.append(Tried(clause, applies=False, reason=reason, since=agreed.since, until=agreed.until))
        return found

    def _held(self, tried: Sequence[Tried], lot: Lot | None, sku: str | None, of: str) -> list[Tried]:
        """What earlier versions of agreements had promised beyond all that holds: what was kept, then what waits."""
        stands = [one for one in tried if one.applies]
        promised: dict[str | None, list[Tried]] = {KEPT: [], WITHDRAWN: [], None: []}
        for agreement in self.file.agreements:
            for terms in agreement.promises(lot.first if lot else None):
                for one in self._signed(terms, lot, sku, of):
                    if one.applies:
                        promised[agreement.decision(one.clause)].append(one)
        kept = self._beyond(promised[KEPT], stands, waits=False)
        return [*kept, *self._beyond(promised[None], [*stands, *kept], waits=True)]

    def _beyond(self, promised: Iterable[Tried], stands: Sequence[Tried], *, waits: bool) -> list[Tried]:
        """Promises of which some kind of service, or some day, is given by nothing that stands; the same ones once."""
        found: dict[tuple[object, ...], Tried] = {}
        for one in promised:
            clause = one.clause
            kinds = clause.kinds or self.kinds[clause.benefit] or ("",)
            if clause.agreed and not all(any(other.gives(one, kind) for other in stands) for kind in kinds):
                key = (
                    clause.agreed.id,
                    clause.code,
                    clause.benefit,
                    clause.package,
                    clause.kinds,
                    one.since,
                    one.until,
                )
                before = found[key].promised_by if key in found else ()
                found[key] = replace(one, why=HELD, flagged=waits, promised_by=(*before, clause.agreed))
        return list(found.values())

    def _one(self, clause: Clause, lot: Lot | None, sku: str | None, *, silent: bool = False) -> Tried:
        refused = self._refusal(clause, lot, sku, silent=silent)
        if refused is not None:
            return Tried(clause, applies=False, reason=refused)
        asked = clause.threshold
        if asked is None:
            why = self._vip(lot) if clause.vip else None
            return self._term(clause, lot.start if lot else self.on, lot.order_id if lot else None, why)
        found = self.reached[asked]
        if not found.counts or found.since is None:
            return Tried(clause, applies=False, reason=found.state, order_id=found.order_id)
        start = max(lot.start, found.since) if lot and not clause.lifelong else found.since
        tried = self._term(clause, start, found.order_id, found.state)
        open_ = found.state == HELD and (found.settled is None or found.settled.decision != thresholds.KEPT)
        return replace(tried, flagged=open_)

    def _refusal(self, clause: Clause, lot: Lot | None, sku: str | None, *, silent: bool) -> str | None:
        asked = (
            (OTHER_GOODS, not clause.speaks_of(sku)),
            (AGREEMENT_PREVAILS, silent),
            (NOTHING_BOUGHT, clause.of == GOODS and lot is None),
            (NOT_VIP, clause.vip and self._vip(lot) is None),
        )
        refused = next((reason for reason, holds in asked if holds), None)
        return refused or (self._in_town() if clause.out_of_town else None)

    def _term(self, clause: Clause, start: date, order_id: UUID | None, why: str | None) -> Tried:
        until = clause.until(start)
        over = until is not None and self.on > until
        reason = EXPIRED if over else NOT_BEGUN if self.on < start else APPLIES
        return Tried(clause, reason == APPLIES, reason, start, until, order_id, why=why)

    def _vip(self, lot: Lot | None) -> str | None:
        """The better of how the customer stood at delivery and stands at the claim."""
        return self._vip_on(self.on) or (self._vip_on(lot.start) if lot else None)

    def _vip_on(self, day: date) -> str | None:
        if day not in self.vips:
            self.vips[day] = self.file.standing.vip(self.policy.vip_tiers, day)
        return self.vips[day]

    def _in_town(self) -> str | None:
        region = self.file.standing.region
        if region is None:
            return REGION_UNKNOWN
        return IN_TOWN if region == self.policy.home_region else None
