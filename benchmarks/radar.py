"""`python -m benchmarks.radar`: what the radar's rule finds in a real shop's orders, and how often it is wrong.

Needs GUANXI_DATA, the folder of the real data sets, with `online_retail` (UCI data set 352; orders of a year and eight
days, no contacts, so that the silence of orders is all that there is to see). Whether a customer left is decided apart
from the rule, by what came after: silent at the end of the data for 90 days at least and for more than twice the
longest gap that it ever made. The first day of that is when anybody would see it; found in time is before.

A false alarm is a customer who was at risk at least once and ordered again. Whoever is at risk when the data end, and
is not plainly lost by then, is neither: counted apart.
"""

from __future__ import annotations

import csv
import gzip
import os
import statistics
import sys
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

from scoring.facts.rules import FactRow, current
from scoring.radar.rules import history
from scoring.scorecards import files
from scoring.scores.rules import Moment

FILE = "online_retail/online_retail.csv.gz"
LEAST_SILENCE = 90
ZONE = ZoneInfo("Europe/London")


@dataclass(frozen=True, slots=True)
class Judged:
    """One customer: whether it left, how many days before that was plain it was found, and how often it was not."""

    left: bool
    lead: int | None
    alarms: int
    false_alarms: int
    undecided: bool


def main() -> int:
    """Print recall, false alarms and lead time."""
    path = Path(os.environ.get("GUANXI_DATA", "")) / FILE
    if not path.is_file():
        sys.stderr.write(f"radar: set GUANXI_DATA to the folder of the real data sets, with {FILE}\n")
        return 2
    shops = orders_of(path)
    end = max(days[-1] for days in shops.values())
    least = files.radar_card().baseline.least
    known = {name: days for name, days in shops.items() if len(days) > least}
    judged = [judge(days, end) for days in known.values()]
    left = [one for one in judged if one.left]
    leads = [one.lead for one in left if one.lead is not None]
    stayed = [one for one in judged if not one.left]
    alarmed = [one for one in stayed if one.false_alarms]
    alarms = sum(one.alarms for one in judged)
    false = sum(one.false_alarms for one in judged)
    print(f"customers {len(shops)}, of whom {len(known)} have a rhythm of their own; orders end on {end}")
    print(f"left {len(left)}; found before it was plain {len(leads)}: recall {len(leads) / len(left):.3f}")
    print(f"lead time, days: median {statistics.median(leads):.0f}, least {min(leads)}, most {max(leads)}")
    share = len(alarmed) / len(stayed)
    print(f"did not leave {len(stayed)}; alarmed though they ordered again {len(alarmed)}: {share:.3f}")
    print(f"at risk when the data end and not plainly lost: {sum(one.undecided for one in stayed)}")
    print(f"gaps that were judged {sum(map(gaps_judged, known.values()))}; alarms {alarms}, of which false {false}")
    return 0


def orders_of(path: Path) -> dict[str, list[date]]:
    """Each customer's days with an order; what was cancelled or is nobody's is left out."""
    found: dict[str, set[date]] = defaultdict(set)
    with gzip.open(path, "rt", encoding="utf-8") as rows:
        for row in csv.DictReader(rows):
            if row["CustomerID"] and not row["InvoiceNo"].startswith("C"):
                found[row["CustomerID"]].add(date.fromisoformat(row["InvoiceDate"][:10]))
    return {name: sorted(days) for name, days in found.items()}


def judge(days: list[date], end: date) -> Judged:
    """Hold what the radar said day by day against what came of it."""
    gaps = [(after - before).days for before, after in pairwise(days)]
    plain = days[-1] + timedelta(days=max(LEAST_SILENCE, 2 * max(gaps)) + 1)
    told = history(current(_facts(days)), files.radar_card(), Moment(end, ZONE))
    alarms = sorted({one.episode for one in told if one.episode is not None})
    last = next((day for day in alarms if day > days[-1]), None)
    left = plain <= end
    return Judged(
        left=left,
        lead=(plain - last).days if left and last is not None and last < plain else None,
        alarms=len(alarms),
        false_alarms=sum(day <= days[-1] for day in alarms),
        undecided=not left and last is not None,
    )


def gaps_judged(days: list[date]) -> int:
    """How many gaps there was something usual to hold against."""
    return len(days) - files.radar_card().baseline.least


def _facts(days: list[date]) -> list[FactRow]:
    return [
        FactRow(UUID(int=n + 1), "order", 1, None, "shop", at, at)
        for n, at in enumerate(datetime.combine(day, time(12), UTC) for day in days)
    ]


if __name__ == "__main__":
    raise SystemExit(main())
