"""Our share of what customers spend: each estimate beside what they ordered in the year before it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID
from zoneinfo import ZoneInfo

from guanxi.db import Reader
from scoring.facts import usecases as facts
from scoring.facts.rules import current
from scoring.scorecards import usecases as scorecards
from scoring.scores.potential import prospects
from scoring.wallet.rules import Estimate, Share, share


async def shares(reader: Reader, members: Sequence[UUID], estimates: Sequence[Estimate], zone: ZoneInfo) -> list[Share]:
    """Our part of each of these estimates, over all records of the customer, by what is known now."""
    card = (await scorecards.in_force(reader)).potential
    rows = current(await facts.of_customers(reader, members, ("order",)))
    found, rates = prospects(rows, card, zone), card.worth.rates
    out = []
    for one in estimates:
        day = one.estimated_on.toordinal()
        total = rates.convert(one.total_minor, one.currency, one.estimated_on)
        out.append(share(one, total, found.ordered(day - card.year_days, day)))
    return out
