"""Reading the radar of one customer, on any day."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from guanxi.db import Pool
from scoring.facts.rules import FactRow, current
from scoring.radar import rules, tracks
from scoring.radar.rules import Reading
from scoring.scorecards import files
from scoring.scorecards.risk import RadarCard
from scoring.scores.reading import Whole, facts_of
from scoring.scores.rules import Moment, end_of

BASIS = 10_000


@dataclass(frozen=True, slots=True)
class Tied:
    """One employee's contacts with a customer in the window."""

    employee_id: UUID
    contacts: int
    share_bp: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Ties:
    """Who of ours knows the customer, the strongest first."""

    as_of: date
    single: UUID | None
    items: list[Tied]


async def reading(pool: Pool, customer: Whole, at: Moment) -> Reading:
    """How a customer stood at the end of a day, by what was known at a moment."""
    card = files.radar_card()
    rows, told = await facts_of(pool, customer, card.fact_kinds, at)
    return await asyncio.to_thread(lambda: rules.read(current(rows, told.known_at), card, told))


async def ties(pool: Pool, customer: Whole, at: Moment) -> Ties:
    """Each employee's share of the contacts with a customer."""
    rows, _ = await facts_of(pool, customer, ("contact",), at)
    return ties_of(rows, files.radar_card(), at)


def ties_of(rows: Sequence[FactRow], card: RadarCard, at: Moment) -> Ties:
    """The same of facts at hand."""
    past = [one for one in current(rows, at.known_at) if one.occurred_at < end_of(at.day, at.zone)]
    seen = tracks.seen(past, at.zone)
    counts = tracks.ties(seen.contacts, card.tie, at.day.toordinal())
    last = {one.traits.employee_id: one.occurred_at for one in seen.contacts.facts if one.traits.employee_id}
    total = counts.total()
    items = [Tied(who, number, number * BASIS // total, last[who]) for who, number in counts.items()]
    items.sort(key=lambda one: (-one.contacts, one.employee_id))
    return Ties(at.day, tracks.single(counts, card.tie), items)
