"""An estimate of all that a customer spends in a year on what we sell."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Literal
from uuid import UUID

from scoring.facts.rules import FactRow, Traits
from scoring.scorecards.prospects import WALLET

BASIS = 10_000
Source = Literal["online", "offline", "phone", "visit", "research"]
Stage = Literal["introduction", "growth", "maturity", "decline"]
"""The four stages of an industry's life cycle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What somebody has found out; money in minor units."""

    estimated_on: date
    source: Source
    total_minor: int
    currency: str
    industry_stage: Stage | None
    """Where the customer's industry stands; none where nobody said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate(Finding):
    """One estimate as it was entered."""

    id: UUID
    customer_id: UUID
    unit_id: str
    entered_by: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Share:
    """An estimate with our part of it; both are None where a rate is missing, the share also of nothing."""

    estimate: Estimate
    ours_minor: int | None
    """Goods ordered in the year up to the estimate's day, in the firm's currency."""
    share_bp: int | None


def as_fact(one: Estimate) -> FactRow:
    """The estimate among the facts of its customer, as scores read them."""
    return FactRow(
        aggregate_id=one.id,
        kind=WALLET,
        sequence=1,
        customer_id=one.customer_id,
        unit_id=one.unit_id,
        # A date without a zone: noon UTC falls on that date from the Americas to East Asia.
        occurred_at=datetime.combine(one.estimated_on, time(12), UTC),
        recorded_at=one.recorded_at,
        amount_minor=one.total_minor,
        currency=one.currency,
        traits=Traits(code=one.source, status=one.industry_stage),
    )


def share(one: Estimate, total_minor: int | None, ours_minor: int | None) -> Share:
    """Our part, at most the whole: an estimate that is too low hides nothing."""
    if total_minor is None or ours_minor is None:
        return Share(one, None, None)
    return Share(one, ours_minor, min(BASIS, max(0, ours_minor) * BASIS // total_minor) if total_minor else None)
