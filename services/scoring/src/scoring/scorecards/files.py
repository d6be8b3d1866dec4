"""Reading the versioned files of the package; the only code that knows their layout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from scoring.scorecards.opinions import SATISFACTION, SatisfactionCard
from scoring.scorecards.opinions import satisfaction_cards as _satisfaction_cards
from scoring.scorecards.prospects import LEARNING, POTENTIAL, LearningCard, PotentialCard
from scoring.scorecards.prospects import learning_card as _learning_card
from scoring.scorecards.prospects import potential_card as _potential_card
from scoring.scorecards.referring import INFLUENCE, InfluenceCard
from scoring.scorecards.referring import influence_card as _influence_card
from scoring.scorecards.reviewing import ReviewRule
from scoring.scorecards.reviewing import review_rule as _review_rule
from scoring.scorecards.risk import RadarCard
from scoring.scorecards.risk import radar_card as _radar_card
from scoring.scorecards.rules import (
    Action,
    Band,
    Lever,
    PaymentPoints,
    Rates,
    Segment,
    Signal,
    TrustCard,
    ValueCard,
)

VALUE, TRUST = "value.existing", "trust"
FOLDERS = {
    VALUE: "existing_value",
    TRUST: "trust",
    INFLUENCE: "influence",
    POTENTIAL: "potential",
    LEARNING: "learning",
}
TREATMENTS, SEGMENTS, RATES = "treatments", "segments", "rates"
RADAR, REVIEWS, GOODWILL = "radar", "reviews", "goodwill"
NEWEST = {
    **dict.fromkeys((VALUE, TRUST, SATISFACTION, INFLUENCE, POTENTIAL, LEARNING), 1),
    **dict.fromkeys((SEGMENTS, TREATMENTS, RATES, RADAR, REVIEWS, GOODWILL), 1),
}
"""The version of each file that holds now."""


@dataclass(frozen=True, slots=True)
class SegmentBook:
    """The segments of one version, and what the tiers are called."""

    version: int
    segments: Sequence[Segment]
    tier_names: Mapping[str, Mapping[str, str]]


def body(kind: str, version: int) -> Any:
    """What a file says, as plain values."""
    folder = FOLDERS.get(kind, kind)
    return yaml.safe_load(files("scoring.scorecards").joinpath(f"{folder}/{version}.yaml").read_text("utf-8"))


@cache
def value_card() -> ValueCard:
    """The scorecard of existing value as it is shipped; what is in force stands in `scorecards.usecases`."""
    return value_card_of(body(VALUE, NEWEST[VALUE]))


@cache
def trust_card() -> TrustCard:
    """The scorecard of trust that holds now."""
    return _trust_card(body(TRUST, NEWEST[TRUST]))


@cache
def satisfaction_cards() -> tuple[SatisfactionCard, ...]:
    """The scorecards of satisfaction that hold now: of the whole, and of each facet."""
    raw = body(SATISFACTION, NEWEST[SATISFACTION])
    return _satisfaction_cards(raw, _shared(raw))


@cache
def influence_card() -> InfluenceCard:
    """The scorecard of influence that holds now."""
    raw = body(INFLUENCE, NEWEST[INFLUENCE])
    return _influence_card(raw, _shared(raw), value_card())


@cache
def potential_card() -> PotentialCard:
    """The scorecard of potential that holds now."""
    raw = body(POTENTIAL, NEWEST[POTENTIAL])
    return _potential_card(raw, _shared(raw), value_card())


@cache
def learning_card() -> LearningCard:
    """The scorecard of learning that holds now."""
    raw = body(LEARNING, NEWEST[LEARNING])
    return _learning_card(raw, _shared(raw))


@cache
def radar_card() -> RadarCard:
    """The radar's rule that holds now."""
    return _radar_card(body(RADAR, NEWEST[RADAR]))


@cache
def review_rule() -> ReviewRule:
    """The rule of the review cycle that holds now."""
    return _review_rule(body(REVIEWS, NEWEST[REVIEWS]))


@cache
def goodwill_window_days() -> int:
    """Days after goodwill in which orders and referrals count as its return."""
    return int(body(GOODWILL, NEWEST[GOODWILL])["window_days"])


@cache
def segment_book() -> SegmentBook:
    """The segments that hold now."""
    raw = body(SEGMENTS, NEWEST[SEGMENTS])
    made = [
        Segment(one["id"], one["purpose"], one["rule"], one["names"], frozenset(one.get("tiers", ())))
        for one in raw["segments"]
    ]
    return SegmentBook(raw["version"], made, raw["tiers"])


@cache
def treatments() -> dict[str, list[Action]]:
    """What each tier is recommended now."""
    raw = body(TREATMENTS, NEWEST[TREATMENTS])["treatments"]
    return {
        tier: [Action(one["code"], {key: text for key, text in one.items() if key != "code"}) for one in actions]
        for tier, actions in raw.items()
    }


@cache
def rates(version: int) -> Rates:
    """The exchange rates of a version."""
    raw = body(RATES, version)
    rows = {
        currency: sorted((_day(day), Decimal(rate)) for day, rate in dated.items())
        for currency, dated in raw["rates"].items()
    }
    return Rates(raw["currency"], rows)


def _day(value: date | str) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)


def value_card_of(raw: dict[str, Any]) -> ValueCard:
    """The scorecard of existing value that a file, or a body of the same shape, states."""
    return ValueCard(
        **_shared(raw),
        rates=rates(raw["rates"]),
        window_days=raw["window_days"],
        default_margin_bp=raw["default_margin_bp"],
        costs=frozenset(raw["costs"]),
        profit=_pairs(raw["profit"]),
        recency=_pairs(raw["recency"]),
        frequency=_pairs(raw["frequency"]),
        continuity_days=raw["continuity"]["days"],
        continuity=tuple(raw["continuity"]["points"]),
        payment=PaymentPoints(**raw["payment"]),
        earned_only_with_profit=frozenset(raw["earned_only_with_profit"]),
    )


def _trust_card(raw: dict[str, Any]) -> TrustCard:
    signals = {code: Signal(**values) for code, values in raw["signals"].items()}
    return TrustCard(**_shared(raw), base=raw["base"], least=raw["least"], most=raw["most"], signals=signals)


def _shared(raw: dict[str, Any]) -> dict[str, Any]:
    return {
        "kind": raw["kind"],
        "version": raw["version"],
        "bands": tuple(Band(one["band"], one.get("from"), one.get("keep_from")) for one in raw["bands"]),
        "levers": tuple(Lever(**one) for one in raw["levers"]),
        "texts": raw["texts"],
    }


def _pairs(raw: list[list[int]]) -> tuple[tuple[int, int], ...]:
    return tuple((low, points) for low, points in raw)
