"""What was agreed with a customer, as it stands and as it stood: what it grants, and what it had promised. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from complaints.entitlements.rules import Agreed, Clause, Settled, clause_of
from complaints.entitlements.thresholds import KEPT, WITHDRAWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """One version of an agreement as we were told of it; the columns of its row. `clauses` are plain values."""

    id: UUID
    version: int
    created_at: datetime
    recorded_at: datetime
    unit_id: str
    agreement_id: UUID
    customer_id: UUID
    kind: str
    since: date
    until: date | None
    currency: str | None = None
    clauses: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Terms:
    """What one version said, from the day it was recorded until the day of the next one (None: it still stands)."""

    agreed: Agreed
    clauses: Sequence[Clause]
    recorded_on: date
    replaced_on: date | None = None

    def promised(self, got: date | None) -> bool:
        """Whether it was in force while it stood, and goods that were ordered or got on this day were so by then."""
        last = self.replaced_on or date.max
        until = self.agreed.until or date.max
        return max(self.agreed.since, self.recorded_on) <= min(until, last) and (got is None or got <= last)


@dataclass(frozen=True, slots=True)
class Agreement:
    """All versions of one agreement, oldest first, and what a person has decided about what it had promised."""

    id: UUID
    customer_id: UUID
    versions: Sequence[Terms]
    settled: Settled | None = None

    @property
    def now(self) -> Terms:
        """What it says as it stands."""
        return self.versions[-1]

    def promises(self, got: date | None) -> list[Terms]:
        """Earlier versions that had promised something for goods of this first day (None: to the customer as such).

        We cannot know what the customer has been told meanwhile, so all that was once in force counts as promised,
        unless a person has withdrawn it.
        """
        settled = self.settled
        since = settled.at_version if settled is not None and settled.decision == WITHDRAWN else 0
        return [one for one in self.versions[:-1] if one.agreed.version >= since and one.promised(got)]

    def waits(self, version: int) -> bool:
        """Whether what this version had promised waits for a person: nobody has said that it is kept."""
        settled = self.settled
        return settled is None or settled.decision != KEPT or version > settled.at_version


def agreements_of(
    copies: Iterable[Copy], settled: Mapping[UUID, Settled], day: Callable[[datetime, str], date]
) -> list[Agreement]:
    """The agreements that these versions are of, the oldest first; `day` gives the day of a moment where a unit is."""
    found: dict[UUID, list[Copy]] = {}
    for one in sorted(copies, key=lambda copy: copy.version):
        found.setdefault(one.agreement_id, []).append(one)
    return [
        Agreement(key, found[key][0].customer_id, _terms(found[key], day), settled.get(key)) for key in sorted(found)
    ]


def _terms(copies: Sequence[Copy], day: Callable[[datetime, str], date]) -> list[Terms]:
    days: list[date | None] = [day(one.recorded_at, one.unit_id) for one in copies]
    return [
        Terms(agreed := _agreed(one), [clause_of(raw, agreed) for raw in one.clauses], recorded, replaced)
        for one, recorded, replaced in zip(copies, days, [*days[1:], None], strict=True)
        if recorded is not None
    ]


def _agreed(one: Copy) -> Agreed:
    return Agreed(
        id=one.agreement_id,
        version=one.version,
        kind=one.kind,
        since=one.since,
        until=one.until,
        currency=one.currency,
    )
