"""Whether a customer ever placed an order of some size, and which promises a correction would take away. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from complaints.entitlements.goods import ORDER, Record, Zones
from complaints.entitlements.rules import Policy, Settled, Threshold

REACHED, HELD, UNRATED, TOO_SMALL, NO_ORDER = "reached", "held", "unrated", "order-too-small", "no-order"
KEPT, WITHDRAWN = "kept", "withdrawn"
_BEST_FIRST = (REACHED, HELD, UNRATED, TOO_SMALL, NO_ORDER)


@dataclass(frozen=True, slots=True)
class Story:
    """All versions of one order, oldest first, and what a person has decided about it.

    `members` are the records of the customer looked at: a version that names somebody else promised them nothing.
    """

    order_id: UUID
    versions: Sequence[Record]
    members: Collection[UUID]
    settled: Settled | None = None

    @property
    def now(self) -> Record | None:
        """The order as it stands; None once it was voided, or is another's."""
        newest = self.versions[-1]
        gone = newest.customer_id not in self.members or any(one.voided for one in self.versions)
        return None if gone else newest

    @property
    def theirs(self) -> list[Record]:
        """The versions that were the customer's."""
        return [one for one in self.versions if one.customer_id in self.members]


@dataclass(frozen=True, slots=True)
class Reach:
    """How near the customer came: the order that tells most, its day, and what it came to in the policy's currency.

    `amount_minor` is None without a rate; an order in the currency that is asked in needs none.
    `held` means that the order reached it as we knew it once, and does not as it stands: what it brought was promised,
    so it goes on until a person decides. Nobody can know here what a customer has been told of it meanwhile.
    """

    state: str
    order_id: UUID | None = None
    since: date | None = None
    amount_minor: int | None = None
    settled: Settled | None = None

    @property
    def counts(self) -> bool:
        """Whether the benefit is the customer's."""
        return self.state in {REACHED, HELD}


def stories(versions: Iterable[Record], settled: Mapping[UUID, Settled], members: Collection[UUID]) -> list[Story]:
    """The stories of all orders among these, as they concern a customer's records, the oldest order first."""
    found: dict[UUID, list[Record]] = {}
    for one in sorted(versions, key=lambda one: one.version):
        if one.kind == ORDER:
            found.setdefault(one.record_id, []).append(one)
    return [Story(key, found[key], members, settled.get(key)) for key in sorted(found)]


def reach(policy: Policy, asked: Threshold, orders: Sequence[Story], zones: Zones, on: date) -> Reach:
    """The best that any single order placed by that day says of a threshold, inclusive.

    An order in another currency than the threshold's is compared at the rates of its day.
    """
    measure = _Measure(policy, asked, zones, on)
    found = [_of_order(measure, one) for one in orders]
    return min(found, key=lambda one: (_BEST_FIRST.index(one.state), one.since or on), default=Reach(NO_ORDER))


@dataclass(frozen=True, slots=True)
class _Measure:
    policy: Policy
    asked: Threshold
    zones: Zones
    on: date

    def of(self, version: Record) -> Reach:
        """How near one version of an order comes."""
        day = version.day(self.zones)
        if version.voided or day > self.on or version.currency is None or version.amount_minor is None:
            return Reach(NO_ORDER)
        rates = self.policy.rates
        amount = rates.convert(version.amount_minor, version.currency, day)
        asked = self.asked.currency or rates.currency
        if version.currency == asked:
            enough = version.amount_minor >= self.asked.least_minor
        elif amount is None or (least := rates.convert(self.asked.least_minor, asked, day)) is None:
            return Reach(UNRATED, version.record_id, day)
        else:
            enough = amount >= least
        return Reach(REACHED if enough else TOO_SMALL, version.record_id, day, amount)


def _of_order(measure: _Measure, story: Story) -> Reach:
    now = measure.of(story.now) if story.now else Reach(NO_ORDER)
    if now.state in {REACHED, UNRATED}:
        return now
    settled = story.settled
    since = settled.at_version if settled is not None and settled.decision == WITHDRAWN else 0
    promised = (one for one in story.theirs if one.version >= since)
    then = next((one for one in promised if measure.of(one).state == REACHED), None)
    if then is None:
        return now
    # What was decided before this was promised, to the owner of that day, decides nothing about it.
    heard = settled if settled is not None and then.version <= settled.at_version else None
    return Reach(HELD, then.record_id, measure.of(then).since, now.amount_minor, heard)
