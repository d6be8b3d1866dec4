"""Scores over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from scoring.facts.rules import FactRow
from scoring.scorecards.cards import Scorecard
from scoring.scorecards.opinions import SatisfactionCard
from scoring.scorecards.rules import Texts
from scoring.scores.explanation import Explanation
from scoring.scores.levers import Change
from scoring.scores.measure import Reason
from scoring.scores.rules import Stored

Language = Mapping[str, str]
_CUSTOMER = "01980f5e-0a6e-7c31-9d0f-3f1f6a0b2c11"
_ORDER = "01980f5e-3b1d-7a52-8e44-5c9b1d2e3f40"
_REASONS: list[dict[str, Any]] = [
    {"code": code, "points": n, "fact_id": _ORDER, "count": 1, "text": {"zh-Hans": hans, "zh-Hant": hant, "en": en}}
    for code, n, hans, hant, en in (
        ("profit", 34, "过去一年的利润", "過去一年的利潤", "Profit of the last year"),
        ("recency", 15, "距最近一次订货的天数", "距最近一次訂貨的天數", "Days since the last order"),
        ("payment", 5, "付款情况", "付款情況", "How they pay"),
        ("frequency", 3, "过去一年的订货次数", "過去一年的訂貨次數", "Orders in the last year"),
        ("continuity", 2, "各季度订货的连续性", "各季度訂貨的連續性", "Quarters in which they ordered"),
    )
]
_SCORE: dict[str, Any] = {
    "kind": "value.existing",
    "as_of": "2026-03-31",
    "value": 59,
    "band": "middle",
    "outcome": None,
    "inputs": {"profit_minor": 12600000, "orders": 1, "quarters": 1, "days_since_order": 5, "untold_days": 0},
    "reasons": _REASONS,
    "version": 1,
    "computed_at": "2026-03-31T08:00:00Z",
}
_CHANGE: dict[str, Any] = {
    "code": "order-more",
    "direction": "up",
    "count": None,
    "amount_minor": 4200000,
    "days": None,
    "value": 65,
    "band": "high",
    "text": {"zh-Hans": "再订货（金额）", "zh-Hant": "再訂貨（金額）", "en": "Order for this amount more"},
}
_BEHIND: dict[str, Any] = {
    "kind": "order",
    "occurred_at": "2026-03-26T02:00:00Z",
    "customer_id": _CUSTOMER,
    "unit": "head-office",
    "amount_minor": 42000000,
    "currency": "CNY",
    "days_late": None,
    "promiser_id": None,
    "contact_id": None,
    "complaint_id": None,
}


def _example(value: dict[str, Any]) -> ConfigDict:
    return ConfigDict(from_attributes=True, json_schema_extra={"examples": [value]})


class ReasonRead(BaseModel):
    """So many points for one thing."""

    code: str
    points: int
    fact_id: UUID | None = Field(description="The heaviest fact behind it; see `/facts`.")
    count: int = Field(description="How many facts are behind it.")
    text: Language = Field(description="What the code means, in zh-Hans, zh-Hant and en.")


class ScoreRead(BaseModel):
    """One score; its reasons' points add up to the value."""

    model_config = _example(_SCORE)

    kind: str
    as_of: date = Field(description="The day, in the firm's time zone, at whose end it holds.")
    value: int | None = Field(description="Points; null when unrated.")
    band: str = Field(description="`unrated` where something is missing to say it; the reason names what.")
    outcome: str | None = Field(
        description="Of satisfaction, what is to be expected: `satisfied`, `weak_loyalty` or `churn`."
    )
    inputs: dict[str, int] = Field(description="What was counted; money in minor units of the scorecard's currency.")
    reasons: list[ReasonRead]
    version: int = Field(description="Version of the scorecard.")
    computed_at: datetime


class ScoresRead(BaseModel):
    """All scores of a customer."""

    model_config = _example({"customer_id": _CUSTOMER, "members": [_CUSTOMER], "items": [_SCORE]})

    customer_id: UUID = Field(description="The id that stands for the customer.")
    members: list[UUID] = Field(description="All records whose facts count, merged ones included.")
    items: list[ScoreRead]


class FactBehind(BaseModel):
    """The fact behind a reason."""

    kind: str
    occurred_at: datetime
    customer_id: UUID | None
    unit: str
    amount_minor: int | None
    currency: str | None
    days_late: int | None
    promiser_id: UUID | None
    contact_id: UUID | None
    complaint_id: UUID | None


class ReasonExplained(ReasonRead):
    """A reason with its heaviest fact."""

    fact: FactBehind | None


class ChangeRead(BaseModel):
    """Something that would move the band or tier, in the fewest steps that do it."""

    model_config = ConfigDict(from_attributes=True)

    code: str
    direction: str
    count: int | None = Field(description="So many of them.")
    amount_minor: int | None = Field(description="For this much, in minor units of the scorecard's currency.")
    days: int | None = Field(description="In so many days.")
    value: int = Field(description="What the score would be.")
    band: str
    text: Language


class ExplanationRead(ScoreRead):
    """A score, every point with its fact, and what would change it."""

    model_config = _example(
        _SCORE
        | {"customer_id": _CUSTOMER, "members": [_CUSTOMER], "reasons": [one | {"fact": _BEHIND} for one in _REASONS]}
        | {"tier": "middle", "tier_since": "2026-03-26", "least_change": _CHANGE, "changes": [_CHANGE]}
    )

    customer_id: UUID
    members: list[UUID]
    reasons: list[ReasonExplained]  # type: ignore[assignment] # narrower than the base's, for reading only
    tier: str | None = Field(description="For existing value: the tier, which lags behind the band on the way down.")
    tier_since: date | None
    least_change: ChangeRead | None = Field(description="The least effort that would move it up; null at the top.")
    changes: list[ChangeRead] = Field(description="Every lever that would move it, least effort first.")


class RankedRead(BaseModel):
    """One place of a ranking."""

    model_config = _example({"rank": 1, "customer_id": _CUSTOMER, "value": 83, "band": "top", "as_of": "2026-03-31"})

    rank: int = Field(description="Customers of equal value share a rank.")
    customer_id: UUID
    value: int
    band: str
    as_of: date


class ParetoRead(BaseModel):
    """How the profit of the last year spreads over customers; money in minor units of the firm's currency."""

    model_config = _example(
        {"currency": "CNY", "customers": 120, "profitable": 104, "losing": 9, "unrated": 2}
        | {"profit_minor": 310000000, "loss_minor": -4200000, "leading_percent": 20, "leading": 24}
        | {"leading_profit_minor": 248000000, "leading_share_bp": 8000}
    )

    currency: str
    customers: int = Field(description="With a known profit.")
    profitable: int
    losing: int
    unrated: int
    profit_minor: int = Field(description="Of profitable customers.")
    loss_minor: int = Field(description="Of losing ones.")
    leading_percent: int
    leading: int = Field(description="How many customers the leading share is.")
    leading_profit_minor: int
    leading_share_bp: int | None = Field(description="Their share of the profit, in hundredths of a percent.")


def score_read(stored: Stored, card: Scorecard) -> ScoreRead:
    """A stored score with its texts."""
    return ScoreRead.model_validate(
        _shared(stored, card) | {"reasons": [_reason(one, card.texts) for one in stored.score.reasons]}
    )


def explanation_read(found: Explanation, card: Scorecard, customer_id: UUID, at: datetime) -> ExplanationRead:
    """An explained score."""
    reasons = [_reason(one, card.texts) | {"fact": _behind(found.facts.get(one.code))} for one in found.score.reasons]
    changes = [_change(one, card.texts) for one in found.changes]
    up = next((one for one in changes if one.direction == "up"), None)
    return ExplanationRead.model_validate(
        _shared(Stored(found.score, at), card)
        | {"customer_id": customer_id, "members": list(found.score.members), "reasons": reasons}
        | {"tier": found.standing.tier if found.standing else None, "least_change": up, "changes": changes}
        | {"tier_since": found.standing.since if found.standing else None}
    )


def _shared(stored: Stored, card: Scorecard) -> dict[str, object]:
    score = stored.score
    outcomes = card.outcomes if isinstance(card, SatisfactionCard) else {}
    return {
        "kind": score.kind,
        "as_of": score.as_of,
        "value": score.value,
        "band": score.band,
        "outcome": outcomes.get(score.band),
        "inputs": dict(score.inputs),
        "version": score.version,
        "computed_at": stored.computed_at,
    }


def _reason(reason: Reason, texts: Texts) -> dict[str, object]:
    return {
        "code": reason.code,
        "points": reason.points,
        "fact_id": reason.fact_id,
        "count": reason.count,
        "text": texts.get(reason.code, {}),
    }


def _behind(fact: FactRow | None) -> FactBehind | None:
    if fact is None:
        return None
    return FactBehind(
        kind=fact.kind,
        occurred_at=fact.occurred_at,
        customer_id=fact.customer_id,
        unit=fact.unit_id,
        amount_minor=fact.amount_minor,
        currency=fact.currency,
        days_late=fact.traits.days_late,
        promiser_id=fact.traits.promiser_id,
        contact_id=fact.traits.contact_id,
        complaint_id=fact.traits.complaint_id,
    )


def _change(change: Change, texts: Texts) -> ChangeRead:
    return ChangeRead(
        code=change.code,
        direction=change.direction,
        count=change.count,
        amount_minor=change.amount_minor,
        days=change.days,
        value=change.value,
        band=change.band,
        text=texts.get(change.code, {}),
    )
