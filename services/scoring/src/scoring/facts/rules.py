"""What a fact is here, and which version of it counts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Traits:
    """What a fact says beyond its amount; each kind uses a few of these. Codes, counts and ids only."""

    status: str | None = None
    code: str | None = None
    channel: str | None = None
    direction: str | None = None
    outcome: str | None = None
    cause: str | None = None
    severity: str | None = None
    sentiment: str | None = None
    fulfilling_unit: str | None = None
    in_time: bool | None = None
    solved: bool | None = None
    rival_named: bool | None = None
    days_late: int | None = None
    count: int | None = None
    """Lines of an order, cue marks of a contact, grades of an opinion, reopenings of a complaint."""
    total_minor: int | None = None
    """What the customer owes for an order."""
    margin_minor: int | None = None
    """Margin of the lines whose product declares one."""
    unmargined_minor: int | None = None
    """The rest of the goods, on which the firm's default margin is earned."""
    expected: int | None = None
    obtained: int | None = None
    """Sums of an opinion's grades."""
    promiser_id: UUID | None = None
    contact_id: UUID | None = None
    order_id: UUID | None = None
    complaint_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class FactRow:
    """One version of one fact. `aggregate_id` and `kind` name the fact, `sequence` the version."""

    aggregate_id: UUID
    kind: str
    sequence: int
    customer_id: UUID | None
    unit_id: str
    occurred_at: datetime
    recorded_at: datetime
    amount_minor: int | None = None
    currency: str | None = None
    traits: Traits = Traits()
    voided: bool = False
    event_id: UUID | None = None


def current(facts: Iterable[FactRow], known_at: datetime | None = None) -> list[FactRow]:
    """The facts that count by what was known at `known_at` (all, without one), in an order that is theirs.

    Of each fact the highest version; voided ones are out, and so are missed deadlines of complaints nobody made.
    """
    best: dict[tuple[UUID, str], FactRow] = {}
    for row in facts:
        if known_at is not None and row.recorded_at > known_at:
            continue
        known = best.get((row.aggregate_id, row.kind))
        if known is None or known.sequence < row.sequence:
            best[row.aggregate_id, row.kind] = row
    never = {row.aggregate_id for row in best.values() if row.voided and row.kind == "complaint"}
    kept = [row for row in best.values() if not row.voided and row.traits.complaint_id not in never]
    return sorted(kept, key=lambda row: (row.occurred_at, row.aggregate_id.int, row.kind))
