"""Keeping scores up to date with the facts."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from guanxi import directory
from guanxi.bus import log
from guanxi.db import Pool, Tx
from guanxi.events import HISTORIC_AFTER
from scoring.facts import usecases as facts
from scoring.indicators import usecases as indicators
from scoring.radar import usecases as radar
from scoring.scorecards import files
from scoring.scorecards import usecases as scorecards
from scoring.scorecards.cards import Cards
from scoring.scores import dirty_store, network, store
from scoring.scores.computing import Picture, pictures, silent
from scoring.scores.dirty_store import HISTORIC, LIVE, SWEPT, Mark
from scoring.scores.rules import Moment, Score, day_of, midnight
from scoring.scores.store import Series
from scoring.scores.telling import score_changed
from scoring.segments import usecases as segments
from scoring.wallet import usecases as wallet

BATCH = 100
"""Customers a transaction: their rows are read and written on the event loop, in steps of some 10 ms."""
MOST_FACTS = 5_000
"""Facts of those who are scored in one transaction, unless one customer alone has more: 100 of 10,000 each held all
else up for seconds."""
SWEEP_CHUNK = 5_000
"""Customers a transaction of the sweep: far below the runtime role's statement time-out."""
SETTLING = timedelta(seconds=2)
"""How long old news is gathered before its customer is scored: a replay brings a customer's orders one by one."""


class BatchFailedError(Exception):
    """These customers were claimed and could not be scored, for the reason given as its cause; nothing was written."""

    def __init__(self, customer_ids: Sequence[UUID]) -> None:
        super().__init__(f"{len(customer_ids)} customers were not scored")
        self.customer_ids = customer_ids


class FamilyMovedError(Exception):
    """Somebody was merged or un-merged while these customers were being locked: look again who belongs together."""


async def mark(tx: Tx, touched: Mapping[UUID, datetime]) -> None:
    """Have customers scored, because of news of that time."""
    if not touched:
        return
    marks = []
    for customer_id, at in touched.items():
        historic = tx.now - at > HISTORIC_AFTER
        due_at = tx.now + SETTLING if historic else tx.now
        marks.append(Mark(customer_id, at, HISTORIC if historic else LIVE, due_at))
    await dirty_store.mark(tx, marks)


async def mark_now(tx: Tx, customer_ids: Sequence[UUID]) -> None:
    """Have customers scored whose facts were put right."""
    await mark(tx, dict.fromkeys(customer_ids, tx.now))


async def mark_later(tx: Tx, customer_ids: Sequence[UUID]) -> None:
    """Have customers scored after whoever has news: of the whole firm, as at midnight."""
    if customer_ids:
        await dirty_store.mark(tx, [Mark(one, tx.now, SWEPT, tx.now) for one in customer_ids])


async def work_off(pool: Pool, zone: ZoneInfo, limit: int = BATCH) -> int:
    """Score up to `limit` customers that are due; gives how many. Raises BatchFailedError."""
    claimed: Sequence[Mark] = ()
    try:
        async with pool.begin() as tx:
            claimed = await dirty_store.claim(tx, limit)
            if claimed:
                families = await directory.families(tx, [one.customer_id for one in claimed])
                kept = await _bearable(tx, claimed, families)
                mine = set(_all(kept))
                claimed = [one for one in claimed if one.customer_id in mine]
                causes = {one.customer_id: one.newest_at for one in claimed}
                await _settle(tx, causes, kept, Moment(day_of(tx.now, zone), zone))
    except Exception as error:
        raise BatchFailedError([one.customer_id for one in claimed]) from error
    return len(claimed)


async def set_aside(pool: Pool, customer_ids: Sequence[UUID], wait: timedelta) -> None:
    """Let these customers wait a while: their scoring fails, and nobody else's shall wait for it."""
    async with pool.begin() as tx:
        await dirty_store.postpone(tx, customer_ids, tx.now + wait)


async def sweep(pool: Pool, zone: ZoneInfo, chunk: int = SWEEP_CHUNK) -> int:
    """At the firm's midnight have everybody scored for the new day: things fade without any news. Once a day.

    A sweep that was interrupted goes on where it stopped. Gives how many customers this call has marked.
    """
    total = 0
    while done := await sweep_some(pool, zone, chunk):
        total += done
    return total


async def sweep_some(pool: Pool, zone: ZoneInfo, chunk: int = SWEEP_CHUNK) -> int:
    """Mark the next customers of the day's sweep; gives how many, 0 at its end or while another worker is at it."""
    async with pool.begin() as tx:
        day = day_of(tx.now, zone)
        await dirty_store.begin_sweep(tx, day)
        return await dirty_store.sweep(tx, day, midnight(day, zone), chunk)


async def erase(tx: Tx, customer_ids: Sequence[UUID]) -> int:
    """Delete what was made of these customers."""
    return await store.forget(tx, customer_ids)


def living(
    families: Mapping[UUID, Sequence[UUID]], people: Mapping[UUID, directory.DirectoryCustomer]
) -> dict[UUID, list[UUID]]:
    """The families without who was erased."""
    # Who was erased keeps the speaker of its last day, who may have been absorbed by another since.
    gone = {one for one, who in people.items() if who.erased}
    left = {one: [each for each in members if each not in gone] for one, members in families.items() if one not in gone}
    return {one: members for one, members in left.items() if members}


async def _bearable(
    tx: Tx, claimed: Sequence[Mark], families: Mapping[UUID, Sequence[UUID]]
) -> dict[UUID, Sequence[UUID]]:
    """The families of the first of these, as many as there are not too many facts of, one at least.

    Whoever belongs to the others is given back as it was. What is read of the network below them is not counted.
    """
    speaks = {member: one for one, members in families.items() for member in members}
    ordered = list(dict.fromkeys(speaks[one.customer_id] for one in claimed))
    sizes = await facts.sizes(tx, [families[one] for one in ordered], MOST_FACTS + 1)
    kept, total = dict[UUID, Sequence[UUID]](), 0
    for one, size in zip(ordered, sizes, strict=True):
        total += size
        if kept and total > MOST_FACTS:
            break
        kept[one] = families[one]
    if back := [one for one in claimed if speaks[one.customer_id] not in kept]:
        await dirty_store.mark(tx, back)
    return kept


async def _settle(
    tx: Tx, claimed: Mapping[UUID, datetime], first_seen: Mapping[UUID, Sequence[UUID]], moment: Moment
) -> None:
    # Locked against an erasure, and each member's series against other workers: a family that was merged meanwhile
    # is seen by whoever comes second (ADR 0013).
    people = await directory.share_locked_many(tx, {*first_seen, *_all(first_seen)})
    families = living(first_seen, people)
    if not families:
        return
    before = await store.lock(tx, {*families, *_all(families)}, files.cards().always)
    if await directory.families(tx, claimed) != first_seen:
        raise FamilyMovedError
    # Whoever waited for a lock goes by what was published meanwhile.
    known = await scorecards.in_force(tx)
    told = replace(moment, reach=await facts.reach(tx), facets=await indicators.facets(tx))
    around, others = await network.below(tx, families.values(), known.influence, told)
    rows = await facts.of_customers(tx, _all(families), known.fact_kinds)
    brought = await network.facts_below(tx, others, known.influence, told)
    rows += await wallet.as_facts(tx, _all(families))
    found = await asyncio.to_thread(pictures, families, rows, known, told, replace(around, facts=[*rows, *brought]))
    causes = _causes(tx, first_seen, claimed)
    scores = await _scores(tx, found, before, known, told)
    await _write(tx, found, scores, causes)
    await segments.settle(tx, found, causes, known)
    await radar.settle(tx, found, causes, people)
    await _mark_referrers(tx, found, before, causes, len(known.influence.share_bp))


def _all(families: Mapping[UUID, Sequence[UUID]]) -> list[UUID]:
    return [one for members in families.values() for one in members]


async def _scores(
    tx: Tx, found: Sequence[Picture], before: Mapping[tuple[UUID, str], Series], known: Cards, moment: Moment
) -> list[tuple[UUID, Score, Series]]:
    """Every score to be written, with its series: also of what there was something to go by for, and is no more."""
    made = list[tuple[UUID, Score]]()
    for one in found:
        gone = [card for card in known.occasional if card.kind not in one.scores]
        stale = [silent(card, moment, one.members) for card in gone if (one.customer_id, card.kind) in before]
        made += [(one.customer_id, score) for score in (*one.scores.values(), *stale)]
    new = [(who, score.kind) for who, score in made if (who, score.kind) not in before]
    series = {**before, **await store.make(tx, new)}
    return [(who, score, series[who, score.kind]) for who, score in made]


async def _write(
    tx: Tx,
    found: Sequence[Picture],
    scores: Sequence[tuple[UUID, Score, Series]],
    causes: Mapping[UUID, datetime],
) -> None:
    changed = [(who, score, series) for who, score, series in scores if _band_differs(series, score)]
    numbers = {series.id: series.sequence + 1 for _, _, series in changed}
    saved = {series.id: (who, numbers.get(series.id, series.sequence), score) for who, score, series in scores}
    await store.save(tx, saved)
    await store.keep(tx, [(who, score) for who, score, series in scores if _differs(series.score, score)])
    await store.end(tx, [one for each in found for one in each.absorbed])
    await log.record(tx, *(score_changed(tx, series, score, causes[who]) for who, score, series in changed))


async def _mark_referrers(
    tx: Tx,
    found: Sequence[Picture],
    before: Mapping[tuple[UUID, str], Series],
    causes: Mapping[UUID, datetime],
    depth: int,
) -> None:
    """Have those scored anew who brought a customer whose profit has changed: their influence lives on it."""
    moved = [one for one in found if _profit(before[one.customer_id, files.VALUE].score) != _profit(_worth(one))]
    if not moved:
        return
    referrers = await network.above(tx, [each for one in moved for each in one.members], depth)
    newest = max(causes[one.customer_id] for one in moved)
    marks = [Mark(one, newest, HISTORIC, tx.now + SETTLING) for one in sorted(referrers)]
    if marks:
        await dirty_store.mark(tx, marks)


def _worth(one: Picture) -> Score:
    return one.scores[files.VALUE]


def _profit(score: Score | None) -> int | None:
    return score.inputs.get("profit_minor") if score else None


def _causes(tx: Tx, families: Mapping[UUID, Sequence[UUID]], claimed: Mapping[UUID, datetime]) -> dict[UUID, datetime]:
    # The newest cause tells whether anybody is told: old facts that arrive today lead to old events.
    return {
        one: min(max(claimed[each] for each in {one, *members} if each in claimed), tx.now)
        for one, members in families.items()
    }


def _band_differs(series: Series, score: Score) -> bool:
    return series.score is None or series.score.band != score.band


def _differs(known: Score | None, score: Score) -> bool:
    return known is None or _told(known) != _told(score)


def _told(score: Score) -> tuple[object, ...]:
    return (score.value, score.band, score.reasons, score.version, score.members)
