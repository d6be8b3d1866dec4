"""Reading what came back after goodwill: of one customer, and of all."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from guanxi import directory
from guanxi.db import Pool, Reader
from scoring.facts import usecases as facts
from scoring.facts.rules import FactRow, current
from scoring.goodwill import rules, store
from scoring.goodwill.rules import GOODWILL, HUNDREDTHS, Returned
from scoring.scorecards import files
from scoring.scorecards import usecases as scorecards
from scoring.scorecards.referring import InfluenceCard
from scoring.scores import network
from scoring.scores.influence import Network, brought, links
from scoring.scores.reading import Whole
from scoring.scores.rules import Moment, day_of, end_of, midnight

CHUNK = 200
"""Customers whose facts are read at once."""


@dataclass(frozen=True, slots=True)
class Total:
    """What goodwill of a span cost the firm and what came back; money in minor units of the firm's currency."""

    customers: int
    given: int
    unrated: int
    """Customers of whom a sum is not known for want of an exchange rate: they are in no other sum."""
    cost_minor: int
    own_minor: int
    own_before_minor: int
    referred_minor: int
    referrals: int
    with_return: int
    """Customers who brought back at least what the goodwill cost."""
    pending: int
    """Customers of whom more may come."""

    @property
    def ratio_hundredths(self) -> int | None:
        """What came back for each unit of cost, in hundredths."""
        back = self.own_minor + self.referred_minor
        return back * HUNDREDTHS // self.cost_minor if self.cost_minor else None


async def of_customer(pool: Pool, customer: Whole, at: Moment) -> Returned:
    """What came back after the goodwill given to one customer."""
    async with pool.read() as reader:
        [found] = (await _returned(reader, {customer.id: list(customer.members)}, at)).values()
    return found


async def total(pool: Pool, first: date, last: date, at: Moment) -> Total:
    """What came back after all goodwill given from one day to another, up to the moment's day."""
    start, end = midnight(first, at.zone), end_of(last, at.zone)
    found: list[Returned] = []
    async with pool.read() as reader:
        families = await directory.families(reader, await store.customers(reader, start, end))
        names = sorted(families)
        for place in range(0, len(names), CHUNK):
            some = {one: families[one] for one in names[place : place + CHUNK]}
            found += (await _returned(reader, some, at, (first, last))).values()
    return summed([one for one in found if one.given])


def summed(found: Sequence[Returned]) -> Total:
    """All customers together."""
    known = [one for one in found if one.ratio_hundredths is not None]
    return Total(
        customers=len(found),
        given=sum(len(one.given) for one in found),
        unrated=len(found) - len(known),
        cost_minor=sum(one.cost_minor or 0 for one in known),
        own_minor=sum(one.own_minor or 0 for one in known),
        own_before_minor=sum(one.own_before_minor or 0 for one in known),
        referred_minor=sum(one.referred_minor or 0 for one in known),
        referrals=sum(one.referrals for one in known),
        with_return=sum((one.ratio_hundredths or 0) >= HUNDREDTHS for one in known),
        pending=sum(not one.over for one in found),
    )


async def _returned(
    reader: Reader, families: Mapping[UUID, Sequence[UUID]], at: Moment, given: tuple[date, date] | None = None
) -> dict[UUID, Returned]:
    known = await scorecards.in_force(reader)
    own = [one for members in families.values() for one in members]
    # Directly brought, and all of them: a return on money is not cut off.
    influence = replace(known.influence, share_bp=known.influence.share_bp[:1], most_customers=sys.maxsize)
    around, others = await network.below(reader, families.values(), influence, at)
    rows = await facts.of_customers(reader, [*own, *others], known.value.fact_kinds, at.known_at)
    return await asyncio.to_thread(_reckoned, families, rows, around, influence, at, given)


def _reckoned(  # noqa: PLR0913 - what a return is reckoned from
    families: Mapping[UUID, Sequence[UUID]],
    rows: Sequence[FactRow],
    around: Network,
    influence: InfluenceCard,
    at: Moment,
    given: tuple[date, date] | None,
) -> dict[UUID, Returned]:
    window = files.goodwill_window_days()
    over, day = end_of(at.day, at.zone), at.day.toordinal()
    past = [one for one in current(rows, at.known_at) if one.occurred_at < over]
    net = links(replace(around, referrals=current(around.referrals, at.known_at), facts=past), at.zone, day)
    by_record: dict[UUID | None, list[FactRow]] = {}
    for one in past:
        by_record.setdefault(one.customer_id, []).append(one)
    out = {}
    for who, members in families.items():
        own = _within((one for each in members for one in by_record.get(each, ())), given, at)
        own.sort(key=lambda one: (one.occurred_at, one.aggregate_id.int, one.kind, one.sequence))
        direct = brought(members, net, influence, at.zone)
        out[who] = rules.returned(own, direct, influence.worth, at.zone, day, window)
    return out


def _within(some: Iterable[FactRow], given: tuple[date, date] | None, at: Moment) -> list[FactRow]:
    """These facts, of goodwill only that of the days asked for."""
    return [
        one
        for one in some
        if one.kind != GOODWILL or given is None or given[0] <= day_of(one.occurred_at, at.zone) <= given[1]
    ]
