"""What was agreed with a customer, as it stands and as it stood: what it grants, and what it had promised. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from complaints.entitlements.rules import Agreed, Clause, clause_of

Promise = tuple[int, str]
"""A version of an agreement, and a clause of it by its code."""


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
    """All versions of one agreement, oldest first, and what people have decided about what each had promised."""

    id: UUID
    customer_id: UUID
    versions: Sequence[Terms]
    decided: Mapping[Promise, str] = field(default_factory=dict)

    @property
    def now(self) -> Terms:
        """What it says as it stands."""
        return self.versions[-1]

    def promises(self, got: date | None) -> list[Terms]:
        """Earlier versions that had promised something for goods of this first day (None: to the customer as such).

        We cannot know what the customer has been told meanwhile, so all that was once in force counts as promised.
        """
        return [one for one in self.versions[:-1] if one.promised(got)]

    def decision(self, clause: Clause) -> str | None:
        """What a person has decided about a clause of one of its versions: `kept`, `withdrawn`, None while nobody."""
        return self.decided.get((clause.agreed.version, clause.code)) if clause.agreed else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A person's word, `kept` or `withdrawn`, on promises of an agreement; `at_version` stood at that time."""

    agreement_id: UUID
    customer_id: UUID
    at_version: int
    promises: Collection[Promise]
    decision: str
    decided_by: str
    reason: str


def agreements_of(
    copies: Iterable[Copy], decided: Mapping[UUID, Mapping[Promise, str]], day: Callable[[datetime, str], date]
) -> list[Agreement]:
    """The agreements that these versions are of, the oldest first; `day` gives the day of a moment where a unit is."""
    found: dict[UUID, list[Copy]] = {}
    for one in sorted(copies, key=lambda copy: copy.version):
        found.setdefault(one.agreement_id, []).append(one)
    return [
        Agreement(key, found[key][0].customer_id, _terms(found[key], day), decided.get(key, {}))
        for key in sorted(found)
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
