"""The radar over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from scoring.radar.rules import Reading, Signal
from scoring.scorecards.risk import RadarCard
from scoring.scorecards.rules import Texts

Risk = Literal["calm", "watch", "at_risk", "lost", "recovered"]
Language = Mapping[str, str]
_CUSTOMER = "01980f5e-0a6e-7c31-9d0f-3f1f6a0b2c11"
_ORDER = "01980f5e-3b1d-7a52-8e44-5c9b1d2e3f40"
_SILENCE = {"zh-Hans": "订货间隔超出惯常", "zh-Hant": "訂貨間隔超出慣常", "en": "No order for longer than is usual"}
_RIVAL = {"zh-Hans": "竞争流失", "zh-Hant": "競爭流失", "en": "A rival draws them away"}
_PRICE = {"zh-Hans": "价格", "zh-Hant": "價格", "en": "Price"}
_RADAR: dict[str, Any] = {
    "customer_id": _CUSTOMER,
    "members": [_CUSTOMER],
    "as_of": "2026-03-31",
    "known_at": None,
    "version": 1,
    "risk": "at_risk",
    "since": "2026-03-31",
    "episode": "2026-03-31",
    "points": 60,
    "rhythm": True,
    "told_until": "2026-03-31",
    "signals": [
        {"code": "order_rhythm", "points": 60, "seen": 55, "usual": 30, "limit": 45, "fact_id": _ORDER}
        | {"text": _SILENCE}
    ],
    "cause": {"code": "competitive", "text": _RIVAL},
    "countermeasures": [{"code": "price", "text": _PRICE}],
    "care_task_id": None,
}


def _example(value: dict[str, Any]) -> ConfigDict:
    return ConfigDict(from_attributes=True, json_schema_extra={"examples": [value]})


class Named(BaseModel):
    """A code and what it means."""

    code: str
    text: Language = Field(description="In zh-Hans, zh-Hant and en.")


class SignalRead(Named):
    """What was seen, beside what is usual for this customer."""

    points: int
    seen: int = Field(description="Days of silence of a rhythm, else how often within the rule's window.")
    usual: int | None = Field(description="The customer's own median gap, in days; null where it is no rhythm.")
    limit: int | None = Field(description="The longest silence, in days, that would not yet have counted.")
    fact_id: UUID | None = Field(description="The newest fact behind it; see `/facts`.")


class RadarRead(BaseModel):
    """How a relationship stands on a day."""

    model_config = _example(_RADAR)

    customer_id: UUID
    members: list[UUID]
    as_of: date
    known_at: datetime | None
    version: int = Field(description="Version of the radar's rule.")
    risk: Risk
    since: date | None = Field(description="The day since which it is so; null: always.")
    episode: date | None = Field(description="The day on which the customer came to be at risk, while it lasts.")
    points: int
    rhythm: bool = Field(description="Whether there were enough orders for a rhythm of the customer's own.")
    told_until: date = Field(description="Silence counts up to this day: as far as the customer's sources have told.")
    signals: list[SignalRead] = Field(description="The heaviest first, those without points too.")
    cause: Named | None = Field(description="The churn cause that most was found of.")
    countermeasures: list[Named]
    care_task_id: UUID | None = Field(description="The task opened for this episode; null for days of the past.")


class StoredSignal(BaseModel):
    """A signal that counts."""

    code: str
    points: int
    usual: int | None


class AtRiskRead(BaseModel):
    """A customer on the radar, as it was last read."""

    model_config = _example(
        {"customer_id": _CUSTOMER, "risk": "at_risk", "since": "2026-03-31", "episode": "2026-03-31"}
        | {"as_of": "2026-03-31", "points": 60, "rhythm": True, "cause": "competitive", "care_task_id": None}
        | {"signals": [{"code": "order_rhythm", "points": 60, "usual": 30}], "members": [_CUSTOMER]}
    )

    customer_id: UUID
    risk: Risk
    since: date | None
    episode: date | None
    as_of: date = Field(description="The day on which this was last found different.")
    points: int
    rhythm: bool
    signals: list[StoredSignal]
    cause: str | None
    care_task_id: UUID | None
    members: list[UUID]


class RiskCountRead(BaseModel):
    """How many customers are in a risk."""

    model_config = ConfigDict(from_attributes=True)

    risk: Risk
    customers: int
    without_rhythm: int = Field(description="Of them, those with too few orders to be held against their own past.")


class RadarSummary(BaseModel):
    """Everybody on the radar; the counts add up to all customers who were ever read."""

    model_config = _example(
        {"version": 1, "customers": 60, "without_rhythm": 21}
        | {"items": [{"risk": "calm", "customers": 60, "without_rhythm": 21}]}
    )

    version: int
    customers: int
    without_rhythm: int
    items: list[RiskCountRead]


class TieRead(BaseModel):
    """One employee's part in the contacts with a customer."""

    employee_id: UUID
    contacts: int
    share_bp: int = Field(description="Of all contacts with a known employee, in hundredths of a percent.")
    last_at: datetime


class TiesRead(BaseModel):
    """Who of ours knows the customer."""

    model_config = _example(
        {"customer_id": _CUSTOMER, "members": [_CUSTOMER], "as_of": "2026-03-31", "window_days": 365, "contacts": 5}
        | {"single_tie": _ORDER, "share_pct": 80, "least": 4}
        | {"items": [{"employee_id": _ORDER, "contacts": 5, "share_bp": 10000, "last_at": "2026-03-20T02:00:00Z"}]}
    )

    customer_id: UUID
    members: list[UUID]
    as_of: date
    window_days: int
    contacts: int = Field(description="With a known employee, in the window up to this day.")
    single_tie: UUID | None = Field(description="The employee to whom alone the customer is tied.")
    share_pct: int = Field(description="From this share of contacts on a tie counts as the only one ...")
    least: int = Field(description="... when there were so many contacts.")
    items: list[TieRead] = Field(description="The strongest first.")


def named(code: str, texts: Texts) -> Named:
    """A code with its texts."""
    return Named(code=code, text=texts[code])


def signal_read(one: Signal, texts: Texts) -> SignalRead:
    """A signal with its texts."""
    values = {name: getattr(one, name) for name in Signal.__slots__}
    return SignalRead(**values, text=texts[one.code])


def reading_values(reading: Reading, card: RadarCard) -> dict[str, Any]:
    """What a reading says, in the words of the answer."""
    return {
        "as_of": reading.as_of,
        "version": card.version,
        "risk": reading.standing.risk,
        "since": reading.standing.since,
        "episode": reading.standing.episode,
        "points": reading.points,
        "rhythm": reading.rhythm,
        "told_until": reading.told_until,
        "signals": [signal_read(one, card.texts) for one in reading.signals],
        "cause": named(reading.cause, card.texts) if reading.cause else None,
        "countermeasures": [named(one, card.texts) for one in reading.countermeasures],
    }
