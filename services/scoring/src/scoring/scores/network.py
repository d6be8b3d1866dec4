"""Reading whom customers brought: the network below them, and who stands above them in it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from guanxi import directory
from guanxi.db import Reader
from scoring.facts import usecases as facts
from scoring.facts.rules import FactRow, current
from scoring.scores.influence import NOBODY, Network


async def below(
    reader: Reader, members: Iterable[UUID], depth: int, known_at: datetime | None = None
) -> tuple[Network, list[UUID]]:
    """Whom these records brought, so many steps down, by what was known at a moment: the network and their records.

    Without their facts, which are read with those of whoever asks. One look at an index when nobody was brought, as is
    the rule.
    """
    own = set(members)
    level, seen, referrals = set(own), set(own), dict[tuple[UUID, int], FactRow]()
    for _ in range(depth):
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
    return Network(canonical, list(referrals.values())), sorted(seen - own)


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
