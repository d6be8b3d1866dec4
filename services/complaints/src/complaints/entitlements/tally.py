"""Adding up a rehearsal: how many gain and lose what, who of the VIPs, and what it may cost. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from complaints.entitlements.comparison import Costs, Mover

MOST_NAMED = 200


class Tally:
    """What has been found so far; movers beyond `MOST_NAMED` are counted, those who lose and VIPs are named first."""

    def __init__(self, costs: Costs) -> None:
        self._costs = costs
        self._customers = 0
        self._named: list[Mover] = []
        self._counts = dict.fromkeys(("gaining", "losing", "vips_gaining", "vips_losing", "pieces_unrated"), 0)
        self._money = {True: 0, False: 0}

    def add(self, customers: int, movers: Sequence[Mover]) -> None:
        """Add what was found among so many customers."""
        self._customers += customers
        for mover in movers:
            self._count(mover)
        self._named = sorted([*self._named, *movers], key=lambda one: (not one.loses, not one.vip, one.customer_id))
        del self._named[MOST_NAMED:]

    def result(self) -> dict[str, Any]:
        """All of it, as plain values."""
        return {
            "customers": self._customers,
            **self._counts,
            "expected_gain_minor": self._money[True],
            "expected_saving_minor": self._money[False],
            "movers": [_plain(one) for one in self._named],
        }

    def _count(self, mover: Mover) -> None:
        for gained, word in ((True, "gaining"), (False, "losing")):
            if any(one.gained is gained for one in mover.moved):
                self._counts[word] += 1
                self._counts[f"vips_{word}"] += mover.vip
        for one in mover.moved:
            cost = self._costs.of(one.sku, one.pieces)
            self._money[one.gained] += cost or 0
            self._counts["pieces_unrated"] += one.pieces if cost is None else 0


def _plain(mover: Mover) -> dict[str, Any]:
    moved = [{**asdict(one), "order_id": str(one.order_id) if one.order_id else None} for one in mover.moved]
    return {"customer_id": str(mover.customer_id), "vip": mover.vip, "moved": moved}
