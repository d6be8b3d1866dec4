"""What a fact is here, and which version of it counts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

REPEATED = (
    *("complaint.answered", "complaint.resolved", "complaint.reopened", "complaint.closed"),
    *("promise.renegotiated", "need.answered", "need.reopened", "need.overdue"),
)
"""Kinds that may happen to one aggregate again and again: each sequence is a fact of its own, not a newer version."""

BEGINNINGS = ("complaint", "promise", "order", "need")
"""Kinds without which nothing else of the aggregate, or about it, can have happened."""

LEADING_BACK = (
    *("contact_id", "promiser_id", "code", "channel", "fulfilling_unit"),
    *("employee_id", "invitation_id", "interview_id"),
)
"""Traits that lead back to a conversation: nothing of them stays of an erased customer."""


@dataclass(frozen=True, slots=True)
class Graded:
    """What was expected and what was got of one thing, 0 to 10.

    `code` is the facet of an opinion's item, or the quality indicator of an interview; None where the item has none.
    """

    code: str | None
    expected: int | None
    obtained: int
    importance: int | None = None


class Traits(NamedTuple):
    """What a fact says beyond its amount; each kind uses a few of these. Codes, counts and ids only.

    A tuple: one of so many fields, most of them empty, is made four times as fast as a frozen dataclass, 1 us, and one
    is made of every fact that comes in or is read.
    """

    source: str | None = None
    """The publisher who reported it; None when nobody outside did."""
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
    pressing: bool | None = None
    """Whether a need has to be answered at once."""
    days_late: int | None = None
    count: int | None = None  # type: ignore[assignment]  # a tuple has a method of that name, which nobody misses
    """Lines of an order, cue marks of a contact, grades of an opinion, reopenings of a complaint, customers told; days
    that an agreement lasts (none: it is open)."""
    total_minor: int | None = None
    """What the customer owes for an order."""
    margin_minor: int | None = None
    """Margin of the lines whose product declares one."""
    unmargined_minor: int | None = None
    """The rest of the goods, on which the firm's default margin is earned."""
    expected: int | None = None
    obtained: int | None = None
    """Sums of an opinion's grades."""
    grades: tuple[Graded, ...] | None = None
    promiser_id: UUID | None = None
    employee_id: UUID | None = None
    """Who of ours spoke with the customer, interviewed them, or hands them over."""
    contact_id: UUID | None = None
    order_id: UUID | None = None
    complaint_id: UUID | None = None
    invitation_id: UUID | None = None
    interview_id: UUID | None = None
    cycle_id: UUID | None = None
    """The review cycle that it belongs to."""
    referred_id: UUID | None = None
    """The customer who came by a referral."""


_NOTHING = Traits()


@dataclass(frozen=True, slots=True)
class FactRow:
    """One version of one fact. `aggregate_id` and `kind` name the fact (of a repeated kind also `sequence`).

    Otherwise `sequence` is the version.
    """

    aggregate_id: UUID
    kind: str
    sequence: int
    customer_id: UUID | None
    unit_id: str
    occurred_at: datetime
    recorded_at: datetime
    amount_minor: int | None = None
    currency: str | None = None
    traits: Traits = _NOTHING
    voided: bool = False
    event_id: UUID | None = None


def current(facts: Iterable[FactRow], known_at: datetime | None = None) -> list[FactRow]:
    """The facts that count by what was known at `known_at` (all, without one), in an order that is theirs.

    Of each fact the highest version; voided ones are out, and so is what followed from something that never happened:
    missed deadlines of a complaint that nobody made, returned goods of an order that nobody placed.
    """
    best: dict[tuple[UUID, str, int], FactRow] = {}
    for row in facts:
        if known_at is not None and row.recorded_at > known_at:
            continue
        name = (row.aggregate_id, row.kind, row.sequence if row.kind in REPEATED and not row.voided else 0)
        known = best.get(name)
        if known is None or known.sequence < row.sequence:
            best[name] = row
    voided = [row for row in best.values() if row.voided]
    ended = {(row.aggregate_id, row.kind) for row in voided}
    never = {row.aggregate_id for row in voided if row.kind in BEGINNINGS}
    kept = [
        row
        for row in best.values()
        if (row.aggregate_id, row.kind) not in ended and never.isdisjoint((row.aggregate_id, follows_from(row)))
    ]
    return sorted(kept, key=lambda row: (row.occurred_at, row.aggregate_id.int, row.kind, row.sequence))


def blanked(fact: FactRow) -> FactRow:
    """What may be kept of a fact of an erased customer."""
    nothing: dict[str, None] = dict.fromkeys(LEADING_BACK)
    return replace(fact, traits=fact.traits._replace(**nothing))


def follows_from(fact: FactRow) -> UUID | None:
    """Another aggregate without which this fact means nothing. Money paid, or given, stays so, whatever it was for."""
    if fact.kind == "goodwill":
        return None
    return fact.traits.order_id if fact.kind == "return" else fact.traits.complaint_id
