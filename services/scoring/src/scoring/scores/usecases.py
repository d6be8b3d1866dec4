"""Keeping scores up to date with the facts."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from guanxi import directory
from guanxi.bus import log
from guanxi.db import Pool, Tx
from guanxi.events import HISTORIC_AFTER
from scoring.facts import usecases as facts
from scoring.scorecards import files
from scoring.scores import store
from scoring.scores.computing import Cards, Picture, pictures
from scoring.scores.rules import Moment, Score, day_of, midnight
from scoring.scores.store import HISTORIC, LIVE, Mark, Series
from scoring.scores.telling import score_changed
from scoring.segments import usecases as segments

BATCH = 100
"""Customers a transaction: their rows are read and written on the event loop, in steps of some 10 ms."""
SET_ASIDE = timedelta(minutes=5)
SETTLING = timedelta(seconds=2)
"""How long old news is gathered before its customer is scored: a replay brings a customer's orders one by one."""


def cards() -> Cards:
    """The scorecards in force."""
    return Cards(files.value_card(), files.trust_card())


async def mark(tx: Tx, touched: Mapping[UUID, datetime]) -> None:
    """Have customers scored, because of news of that time."""
    if not touched:
        return
    marks = []
    for customer_id, at in touched.items():
        historic = tx.now - at > HISTORIC_AFTER
        due_at = tx.now + SETTLING if historic else tx.now
        marks.append(Mark(customer_id, at, HISTORIC if historic else LIVE, due_at))
    await store.mark(tx, marks)


async def work_off(pool: Pool, zone: ZoneInfo, limit: int = BATCH) -> int:
    """Score up to `limit` customers that are due; gives how many."""
    async with pool.begin() as tx:
        claimed = await store.claim(tx, limit)
        if claimed:
            await _settle(tx, claimed, Moment(day_of(tx.now, zone), zone))
    return len(claimed)


async def set_aside(pool: Pool) -> UUID | None:
    """Let the customer who is first wait a while: its scoring fails, and nobody else's shall wait for it."""
    async with pool.begin() as tx:
        return await store.postpone(tx, tx.now + SET_ASIDE)


async def sweep(pool: Pool, zone: ZoneInfo) -> int:
    """At the firm's midnight have everybody scored for the new day: things fade without any news. Once a day."""
    async with pool.begin() as tx:
        day = day_of(tx.now, zone)
        return await store.sweep(tx, day, midnight(day, zone))


async def erase(tx: Tx, customer_ids: Sequence[UUID]) -> int:
    """Delete what was made of these customers."""
    return await store.forget(tx, customer_ids)


async def _settle(tx: Tx, claimed: Mapping[UUID, datetime], moment: Moment) -> None:
    families = await directory.families(tx, claimed)
    gone = {one for one, who in (await directory.customers(tx, families)).items() if who.erased}
    families = {one: members for one, members in families.items() if one not in gone}
    if not families:
        return
    known = cards()
    before = await store.lock(tx, families, known.kinds)
    rows = await facts.of_customers(tx, [one for members in families.values() for one in members], known.fact_kinds)
    found = await asyncio.to_thread(pictures, families, rows, known, moment)
    await _write(tx, found, before, _causes(tx, families, claimed))


async def _write(
    tx: Tx, found: Sequence[Picture], before: Mapping[tuple[UUID, str], Series], causes: Mapping[UUID, datetime]
) -> None:
    scores = [
        (one.customer_id, score, before[one.customer_id, score.kind]) for one in found for score in one.scores.values()
    ]
    changed = [(who, score, series) for who, score, series in scores if _band_differs(series, score)]
    numbers = {series.id: series.sequence + 1 for _, _, series in changed}
    saved = {series.id: (who, numbers.get(series.id, series.sequence), score) for who, score, series in scores}
    await store.save(tx, saved)
    await store.keep(tx, [(who, score) for who, score, series in scores if _differs(series.score, score)])
    absorbed = [one for each in found for one in each.members if one != each.customer_id]
    await store.end(tx, absorbed)
    await log.record(tx, *(score_changed(tx, series, score, causes[who]) for who, score, series in changed))
    await segments.settle(tx, found, absorbed, causes)


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
