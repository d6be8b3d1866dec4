"""Reading what customers are compared by, and comparing them: in a thread, with no connection held meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID
from zoneinfo import ZoneInfo

from guanxi import directory
from guanxi.db import Reader
from scoring.facts import usecases as facts
from scoring.facts.rules import FactRow
from scoring.indicators import usecases as indicators
from scoring.rehearsals import comparing
from scoring.rehearsals.comparing import Compared, Customer
from scoring.rehearsals.rules import Rehearsal
from scoring.scorecards import files
from scoring.scorecards import usecases as scorecards
from scoring.scorecards.cards import Cards
from scoring.scorecards.prospects import POTENTIAL
from scoring.scorecards.referring import INFLUENCE
from scoring.scores import network
from scoring.scores import usecases as scores
from scoring.scores.influence import NOBODY, Network, parts_of
from scoring.scores.rules import Moment
from scoring.wallet import usecases as wallet


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some customers with all that they are compared by: no connection is needed any more."""

    kind: str
    families: Mapping[UUID, Sequence[UUID]]
    """Canonical id -> records, without those that were erased."""
    rows: Sequence[FactRow]
    around: Network
    now: Cards
    then: Cards
    at: Moment

    @property
    def members(self) -> list[UUID]:
        """All records."""
        return [one for members in self.families.values() for one in members]


async def chunk(reader: Reader, one: Rehearsal, customers: Sequence[UUID]) -> Chunk:
    """What these customers, each with all its records, are compared by."""
    # Who was merged in between comes, if at all, with whoever it is part of now: nobody is rehearsed twice.
    found, asked = await directory.families(reader, customers), set(customers)
    people = await directory.customers(reader, [each for members in found.values() for each in members])
    families = {who: members for who, members in scores.living(found, people).items() if who in asked}
    at = Moment(
        one.as_of,
        ZoneInfo(one.time_zone),
        reach=await facts.reach(reader),
        facets=await indicators.facets(reader),
    )
    now = await _against(reader, one)
    then = files.replaced(now, one.kind, one.body)
    rows, around = await _facts(reader, one.kind, families, now, then, at)
    return Chunk(one.kind, families, rows, around, now, then, at)


async def compared(some: Chunk) -> list[Compared]:
    """Each customer of a chunk by the rules in force and by the draft."""
    return await asyncio.to_thread(_all, some)


async def _against(reader: Reader, one: Rehearsal) -> Cards:
    # Those against which the change was drafted, whatever was published meanwhile.
    known, versions = await scorecards.in_force(reader), await scorecards.versions(reader)
    wanted = {kind: version for kind, version in one.used.items() if versions.get(kind, version) != version}
    return await scorecards.replaced(reader, known, wanted)


async def _facts(  # noqa: PLR0913 - what decides which facts are read
    reader: Reader, kind: str, families: Mapping[UUID, Sequence[UUID]], now: Cards, then: Cards, at: Moment
) -> tuple[list[FactRow], Network]:
    own = [each for members in families.values() for each in members]
    network_too = kind in (INFLUENCE, files.VALUE)
    cards = (now.value, *now.of_file(kind), *([now.influence] if network_too else []))
    kinds = {each for card in cards for each in card.fact_kinds}
    if not network_too:
        rows = await facts.of_customers(reader, own, sorted(kinds))
        return rows + (await wallet.as_facts(reader, own) if kind == POTENTIAL else []), NOBODY
    # As many and as far back as either of the two asks for.
    widest = replace(
        now.influence,
        window_days=max(now.influence.window_days, then.influence.window_days),
        most_customers=max(now.influence.most_customers, then.influence.most_customers),
    )
    around, others = await network.below(reader, families.values(), widest, at)
    rows = await facts.of_customers(reader, own, sorted(kinds))
    brought = await network.facts_below(reader, others, widest, at)
    return rows, replace(around, facts=[*rows, *brought])


def _all(some: Chunk) -> list[Compared]:
    by_record: dict[UUID | None, list[FactRow]] = {}
    for row in some.rows:
        by_record.setdefault(row.customer_id, []).append(row)
    nets = parts_of(some.around, some.families, len(some.now.influence.share_bp))
    out: list[Compared] = []
    for who, members in some.families.items():
        own = [row for each in members for row in by_record.get(each, ())]
        out += comparing.compared(some.kind, Customer(who, members, own, nets[who]), some.now, some.then, some.at)
    return out
