"""How a customer stood on a day: the tiers and designations of all its records, and where it is. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

TOP_TIER, KEY_CUSTOMER = "top-tier", "key-customer"


@dataclass(frozen=True, slots=True)
class Step:
    """From `as_of` on the customer was in this tier of a segment (None: in none); of a day's steps the last counts."""

    series_id: UUID
    version: int
    tier: str | None
    as_of: date


@dataclass(frozen=True, slots=True)
class Designation:
    """A key customer from `since` until the day before `until` (None: still)."""

    since: date
    until: date | None


@dataclass(frozen=True, slots=True)
class Standing:
    """All that is known of how a customer stood, and the region of its address."""

    steps: Sequence[Step] = ()
    designations: Sequence[Designation] = ()
    region: str | None = None

    def vip(self, tiers: Collection[str], on: date) -> str | None:
        """Why the customer was a VIP on a day, None when it was none."""
        if any(one.since <= on and (one.until is None or on < one.until) for one in self.designations):
            return KEY_CUSTOMER
        latest: dict[UUID, Step] = {}
        for step in self.steps:
            known = latest.get(step.series_id)
            if step.as_of <= on and (known is None or (known.as_of, known.version) < (step.as_of, step.version)):
                latest[step.series_id] = step
        return TOP_TIER if any(step.tier in tiers for step in latest.values()) else None
