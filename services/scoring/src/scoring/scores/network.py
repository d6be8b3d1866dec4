"""Reading whom customers brought: the network below them, and who stands above them in it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from uuid import UUID

from guanxi import directory
from guanxi.db import Reader
from scoring.facts import usecases as facts
from scoring.facts.rules import FactRow, current
from scoring.scorecards.referring import InfluenceCard
from scoring.scores.influence import NOBODY, Network, counting, links, reached
from scoring.scores.rules import Moment, midnight


async def below(
    reader: Reader, families: Collection[Sequence[UUID]], card: InfluenceCard, at: Moment
) -> tuple[Network, list[UUID]]:
    """Whom these customers brought, as far down and as many as count, by what was known at a moment.

    Gives the network without facts, and the records whose facts belong to it. One look at an index when nobody was
    brought, as is the rule.
    """
    own, known_at = {one for members in families for one in members}, at.known_at
    level, seen, referrals = set(own), set(own), dict[tuple[UUID, int], FactRow]()
    for _ in card.share_bp:
        found = await facts.referrals(reader, by=level, known_at=known_at)
        referrals |= {(one.aggregate_id, one.sequence): one for one in found}
        brought = {one.traits.referred_id for one in found if one.traits.referred_id} - seen
        level = await _records(reader, brought) - seen
        if not level:
            break
        seen |= level
    if not referrals:
        return NOBODY, []
    # Who was referred by several counts for the first: their referrals are needed too, whoever made them.
    rivals = await facts.referrals(reader, of=seen, known_at=known_at)
    referrals |= {(one.aggregate_id, one.sequence): one for one in rivals}
    named = {each for one in referrals.values() for each in (one.customer_id, one.traits.referred_id) if each}
    canonical = await directory.canonical_ids(reader, seen | named)
    around = Network(canonical, list(referrals.values()))
    known = links(counting(around, known_at), at.zone, at.day.toordinal())
    kept = {one for members in families for one, _ in reached(members, known, card)}
    return around, sorted(one for one in seen - own if canonical[one] in kept)


async def facts_below(reader: Reader, others: Sequence[UUID], card: InfluenceCard, at: Moment) -> list[FactRow]:
    """What the influence of whoever brought these records rests on: of the window, and of their money alone."""
    if not others:
        return []
    since = midnight(at.day - timedelta(days=card.window_days), at.zone)
    return await facts.of_customers(reader, others, card.fact_kinds, at.known_at, since)


async def above(reader: Reader, members: Iterable[UUID], depth: int) -> set[UUID]:
    """Who brought these records, and who brought those, so many steps up."""
    level, seen = set(members), set(members)
    found: set[UUID] = set()
    for _ in range(depth):
        rows = current(await facts.referrals(reader, of=level))
        level = await _records(reader, {one.customer_id for one in rows if one.customer_id} - seen) - seen
        if not level:
            break
        seen |= level
        found |= level
    return found


async def _records(reader: Reader, some: set[UUID]) -> set[UUID]:
    if not some:
        return set()
    families = await directory.families(reader, some)
    return {each for members in families.values() for each in members} | some
