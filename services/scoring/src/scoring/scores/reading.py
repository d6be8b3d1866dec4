"""Reading scores: as they stand, as they were, and why."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from guanxi import directory
from guanxi.auth import Principal
from guanxi.db import Pool, Reader
from guanxi.problems import NotFound, Unprocessable
from scoring.facts import usecases as facts
from scoring.facts.rules import FactRow, current
from scoring.indicators import usecases as indicators
from scoring.scorecards import files
from scoring.scorecards import usecases as scorecards
from scoring.scorecards.cards import Scorecard
from scoring.scorecards.prospects import WALLET
from scoring.scorecards.referring import REFERRAL, InfluenceCard
from scoring.scorecards.rules import UNRATED
from scoring.scores import network, ranking_store, store
from scoring.scores.basis import ValueBasis, basis
from scoring.scores.computing import picture, scored, tier_on
from scoring.scores.explanation import Explanation
from scoring.scores.influence import NOBODY, Network, counting
from scoring.scores.levers import least_changes
from scoring.scores.ranking_store import Pareto
from scoring.scores.rules import Moment, Place, Ranked, Stored, day_of, ranked
from scoring.wallet import usecases as wallet

LEADING_PERCENT = 20


@dataclass(frozen=True, slots=True)
class Whole:
    """A customer as scores see it: the id that stands for it and all ids that are it."""

    id: UUID
    members: Sequence[UUID]


async def whole(pool: Pool, principal: Principal, customer_id: UUID) -> Whole:
    """The customer behind an id, for internal readers; what the firm thinks of a customer is nobody else's: 404."""
    if not principal.internal:
        raise NotFound("customer")
    found = await directory.require(pool, customer_id)
    async with pool.read() as reader:
        members = await directory.customers(reader, await directory.members(reader, customer_id))
    return Whole(found.canonical_id, sorted(one for one, who in members.items() if not who.erased))


def moment(now: datetime, zone: ZoneInfo, as_of: date | None, known_at: datetime | None) -> Moment:
    """The moment asked for: today, as known now, unless said otherwise; 422 for a day that has not come."""
    today = day_of(now, zone)
    if as_of is not None and as_of > today:
        raise Unprocessable.field("as_of", "in-future", "There are no facts of days to come.")
    return Moment(as_of or today, zone, known_at)


def card_of(kind: str) -> Scorecard:
    """The shipped scorecard of a kind of score, which has the texts of whatever is in force. 404."""
    found = next((card for card in files.cards().every if card.kind == kind), None)
    if found is None:
        raise NotFound("kind of score")
    return found


async def present(pool: Pool, principal: Principal, customer_id: UUID) -> tuple[Whole, list[Stored]]:
    """The customer behind an id and its present scores; none while they have not been computed. 404, 410 and 503."""
    if not principal.internal:
        raise NotFound("customer")
    row = await store.at_once(pool, customer_id)
    if row is None:
        # Unknown, erased or on its way: who waits for that, and how long, is the directory's to say.
        customer = await whole(pool, principal, customer_id)
        async with pool.read() as reader:
            found = await store.of_customer(reader, customer.id)
    else:
        customer, found = Whole(row[0], row[1]), row[2]
    order = {kind: n for n, kind in enumerate(files.cards().kinds)}
    return customer, sorted(found, key=lambda one: order.get(one.score.kind, len(order)))


async def computed(pool: Pool, customer: Whole, at: Moment) -> list[Stored]:
    """The scores of any day, from the facts; without those that there is nothing to go by for."""
    async with pool.read() as reader:
        known = await scorecards.in_force(reader)
    rows, told, around = await _all_of(pool, customer, known.fact_kinds, at, known.influence)
    made = await asyncio.to_thread(picture, customer.id, customer.members, rows, known, told, around)
    return [Stored(one, pool.clock.now()) for one in made.scores.values()]


async def explained(pool: Pool, customer: Whole, card: Scorecard, at: Moment) -> Explanation:
    """A score of any day with each point's fact and the least changes that would move the band or tier."""
    async with pool.read() as reader:
        known = await scorecards.in_force(reader)
    card = next(one for one in known.every if one.kind == card.kind)
    rows, told, around = await _all_of(pool, customer, card.fact_kinds, at, known.influence)
    return await asyncio.to_thread(explain, rows, card, told, customer.members, around)


def explain(
    rows: Sequence[FactRow], card: Scorecard, at: Moment, members: Sequence[UUID], around: Network = NOBODY
) -> Explanation:
    """The same for facts at hand."""
    known = basis(current(rows, at.known_at), card, at, members, counting(around, at.known_at))
    measured = known.measured(at.day)
    standing = tier_on(known, at.day) if isinstance(known, ValueBasis) else None
    changes = least_changes(known, card, at, standing.tier if standing else None)
    return Explanation(scored(measured, card, at, members), measured.facts, standing, changes)


async def history(pool: Pool, customer: Whole, kind: str, before: date | None, limit: int) -> list[Stored]:
    """The days on which a score changed, newest first."""
    async with pool.read() as reader:
        return await store.history(reader, customer.id, card_of(kind).kind, before, limit)


async def ranking(pool: Pool, kind: str, after: Place | None, limit: int) -> list[Ranked]:
    """Customers by value, best first."""
    async with pool.read() as reader:
        return ranked(await ranking_store.ranking(reader, card_of(kind).kind, after, limit), after)


async def pareto(reader: Reader) -> Pareto:
    """What the leading fifth of customers brings."""
    return await ranking_store.pareto(reader, files.VALUE, LEADING_PERCENT, UNRATED)


async def _all_of(
    pool: Pool, customer: Whole, kinds: Sequence[str], at: Moment, influence: InfluenceCard
) -> tuple[list[FactRow], Moment, Network]:
    """The same, and whom the customer brought, where these kinds of fact are about that."""
    if REFERRAL not in kinds:
        rows, told = await facts_of(pool, customer, kinds, at)
        return rows + await _estimates(pool, customer, kinds, at), told, NOBODY
    async with pool.read() as reader:
        told = await _told(reader, at)
        around, others = await network.below(reader, [customer.members], influence, at)
        rows = await facts.of_customers(reader, customer.members, kinds, at.known_at)
        brought = await network.facts_below(reader, others, influence, at)
    return rows + await _estimates(pool, customer, kinds, at), told, replace(around, facts=brought)


async def _estimates(pool: Pool, customer: Whole, kinds: Sequence[str], at: Moment) -> list[FactRow]:
    if WALLET not in kinds:
        return []
    async with pool.read() as reader:
        return await wallet.as_facts(reader, customer.members, at.known_at)


async def facts_of(pool: Pool, customer: Whole, kinds: Sequence[str], at: Moment) -> tuple[list[FactRow], Moment]:
    """A customer's facts of these kinds as they were known then, and the moment with how far its sources had told."""
    async with pool.read() as reader:
        # How far a source has told first: a mark read after the facts might cover some that they lack (ADR 0013).
        told = await _told(reader, at)
        return await facts.of_customers(reader, customer.members, kinds, at.known_at), told


async def _told(reader: Reader, at: Moment) -> Moment:
    reach = await facts.reach(reader, at.known_at)
    return replace(at, reach=reach, facets=await indicators.facets(reader, at.known_at))
