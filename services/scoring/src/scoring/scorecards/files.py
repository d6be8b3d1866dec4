"""Reading the versioned files of the package; the only code that knows their layout."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from scoring.scorecards.cards import Cards
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
    SegmentBook,
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
    **dict.fromkeys((VALUE, SATISFACTION, INFLUENCE, LEARNING), 1),
    **dict.fromkeys((TRUST, POTENTIAL), 2),
    **dict.fromkeys((SEGMENTS, TREATMENTS, RATES, RADAR, REVIEWS, GOODWILL), 1),
}
"""The version of each file that is shipped. What is in force stands in `scorecards.usecases`: a number that is shipped
may be the firm's own in the table, and then says what the firm has published."""
SCORED = (VALUE, TRUST, SATISFACTION, INFLUENCE, POTENTIAL, LEARNING)
REHEARSED = (*SCORED, SEGMENTS, TREATMENTS)
"""Kinds of file of which another version may be published after a rehearsal."""


def body(kind: str, version: int | None = None) -> Any:
    """What a file says, as plain values; the newest one where no version is asked for."""
    folder, version = FOLDERS.get(kind, kind), version or NEWEST[kind]
    return yaml.safe_load(files("scoring.scorecards").joinpath(f"{folder}/{version}.yaml").read_text("utf-8"))


def completed(kind: str, known: Mapping[str, Any]) -> dict[str, Any]:
    """A body of an earlier shape with the sections that came later, worth nothing: so that they can be rehearsed."""
    shipped = body(kind)
    if kind == TRUST:
        added = {code: one | {"points": 0} for code, one in shipped["signals"].items()}
        texts = {**shipped["texts"], **known["texts"]}
        return {**known, "signals": {**added, **known["signals"]}, "texts": texts}
    if kind != POTENTIAL:
        return dict(known)
    later = {name: dict.fromkeys(shipped[name], 0) for name in ("agreements", "life_cycle")}
    return {**later, **known, "texts": {**shipped["texts"], **known["texts"]}}


@cache
def cards() -> Cards:
    """All rules as they are shipped: kinds, codes, names of bands and texts are those in force too."""
    value = value_card()
    return Cards(
        value=value,
        trust=_trust_card_of(body(TRUST)),
        radar=radar_card(),
        satisfaction=satisfaction_cards(),
        influence=_influence_card_of(body(INFLUENCE), value),
        potential=_potential_card_of(body(POTENTIAL), value),
        learning=_learning_card_of(body(LEARNING)),
        segments=_segment_book_of(body(SEGMENTS)),
        treatments=_treatments_of(body(TREATMENTS)),
    )


def replaced(known: Cards, kind: str, raw: dict[str, Any]) -> Cards:
    """The rules with one of `REHEARSED` as a body states it; what rests on existing value follows that card."""
    return _REPLACED[kind](known, raw)


@cache
def value_card() -> ValueCard:
    """The scorecard of existing value as it is shipped; what is in force stands in `scorecards.usecases`."""
    return value_card_of(body(VALUE))


@cache
def satisfaction_cards() -> tuple[SatisfactionCard, ...]:
    """The scorecards of satisfaction as they are shipped: of the whole, and of each facet."""
    return _satisfaction_cards_of(body(SATISFACTION))


@cache
def radar_card() -> RadarCard:
    """The radar's rule that holds now."""
    return _radar_card(body(RADAR))


@cache
def review_rule() -> ReviewRule:
    """The rule of the review cycle that holds now."""
    return _review_rule(body(REVIEWS))


@cache
def goodwill_window_days() -> int:
    """Days after goodwill in which orders and referrals count as its return."""
    return int(body(GOODWILL)["window_days"])


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


def _trust_card_of(raw: dict[str, Any]) -> TrustCard:
    signals = {code: Signal(**values) for code, values in raw["signals"].items()}
    return TrustCard(**_shared(raw), base=raw["base"], least=raw["least"], most=raw["most"], signals=signals)


def _satisfaction_cards_of(raw: dict[str, Any]) -> tuple[SatisfactionCard, ...]:
    return _satisfaction_cards(raw, _shared(raw))


def _influence_card_of(raw: dict[str, Any], worth: ValueCard) -> InfluenceCard:
    return _influence_card(raw, _shared(raw), worth)


def _potential_card_of(raw: dict[str, Any], worth: ValueCard) -> PotentialCard:
    return _potential_card(raw, _shared(raw), worth)


def _learning_card_of(raw: dict[str, Any]) -> LearningCard:
    return _learning_card(raw, _shared(raw))


def _segment_book_of(raw: dict[str, Any]) -> SegmentBook:
    made = [
        Segment(one["id"], one["purpose"], one["rule"], one["names"], frozenset(one.get("tiers", ())))
        for one in raw["segments"]
    ]
    return SegmentBook(raw["version"], made, raw["tiers"])


def _treatments_of(raw: dict[str, Any]) -> dict[str, list[Action]]:
    return {
        tier: [Action(one["code"], {key: text for key, text in one.items() if key != "code"}) for one in actions]
        for tier, actions in raw["treatments"].items()
    }


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


def _with_value(known: Cards, raw: dict[str, Any]) -> Cards:
    value = value_card_of(raw)
    influence, potential = replace(known.influence, worth=value), replace(known.potential, worth=value)
    return replace(known, value=value, influence=influence, potential=potential)


_REPLACED: Mapping[str, Callable[[Cards, dict[str, Any]], Cards]] = {
    VALUE: _with_value,
    TRUST: lambda known, raw: replace(known, trust=_trust_card_of(raw)),
    SATISFACTION: lambda known, raw: replace(known, satisfaction=_satisfaction_cards_of(raw)),
    INFLUENCE: lambda known, raw: replace(known, influence=_influence_card_of(raw, known.value)),
    POTENTIAL: lambda known, raw: replace(known, potential=_potential_card_of(raw, known.value)),
    LEARNING: lambda known, raw: replace(known, learning=_learning_card_of(raw)),
    SEGMENTS: lambda known, raw: replace(known, segments=_segment_book_of(raw)),
    TREATMENTS: lambda known, raw: replace(known, treatments=_treatments_of(raw)),
}
