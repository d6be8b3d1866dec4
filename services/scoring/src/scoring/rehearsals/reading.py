"""Reading what customers are compared by, and comparing them: in a thread, so that the event loop goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
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
from scoring.scores.influence import NOBODY, Network, parts_of
from scoring.scores.rules import Moment
from scoring.wallet import usecases as wallet


async def compared(reader: Reader, one: Rehearsal, customers: Sequence[UUID]) -> list[Compared]:
    """These customers, each with all its records, by the rules in force and by the draft."""
    # Who was merged in between comes, if at all, with whoever it is part of now: nobody is rehearsed twice.
    found, asked = await directory.families(reader, customers), set(customers)
    families = {who: members for who, members in found.items() if who in asked}
    at = Moment(
        one.as_of,
        ZoneInfo(one.time_zone),
        reach=await facts.reach(reader),
        facets=await indicators.facets(reader),
    )
    now = await _against(reader, one)
    then = files.replaced(now, one.kind, one.body)
    rows, around = await _facts(reader, one.kind, families, now, then, at)
    return await asyncio.to_thread(_all, one.kind, families, rows, around, now, then, at)


async def _against(reader: Reader, one: Rehearsal) -> Cards:
    # Those against which the change was drafted, whatever was published meanwhile.
    wanted = {files.VALUE: one.value_version, one.kind: one.base_version}
    return await scorecards.replaced(reader, await scorecards.in_force(reader), wanted)


async def _facts(  # noqa: PLR0913 - what decides which facts are read
    reader: Reader, kind: str, families: Mapping[UUID, Sequence[UUID]], now: Cards, then: Cards, at: Moment
) -> tuple[list[FactRow], Network]:
    own = [each for members in families.values() for each in members]
    kinds = {each for card in (now.value, *now.of_file(kind)) for each in card.fact_kinds}
    if kind != INFLUENCE:
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


def _all(  # noqa: PLR0913 - what the comparison is made of
    kind: str,
    families: Mapping[UUID, Sequence[UUID]],
    rows: Sequence[FactRow],
    around: Network,
    now: Cards,
    then: Cards,
    at: Moment,
) -> list[Compared]:
    by_record: dict[UUID | None, list[FactRow]] = {}
    for row in rows:
        by_record.setdefault(row.customer_id, []).append(row)
    nets = parts_of(around, families, len(now.influence.share_bp))
    out: list[Compared] = []
    for who, members in families.items():
        own = [row for each in members for row in by_record.get(each, ())]
        out += comparing.compared(kind, Customer(who, members, own, nets[who]), now, then, at)
    return out
