"""The versioned files: complete, consistent, and in three languages."""

from __future__ import annotations

import json
from datetime import date

import pytest

from scoring.scorecards import files
from scoring.scorecards.cards import Scorecard
from scoring.scorecards.opinions import SatisfactionCard
from scoring.scorecards.prospects import LearningCard, PotentialCard
from scoring.scorecards.referring import InfluenceCard
from scoring.scorecards.rules import TrustCard, ValueCard, band_of
from scoring.settings import Settings

LANGUAGES = {"zh-Hans", "zh-Hant", "en"}
SATISFACTION, INFLUENCE = files.satisfaction_cards(), files.cards().influence
POTENTIAL, LEARNING = files.cards().potential, files.cards().learning
CARDS: tuple[Scorecard, ...] = (files.value_card(), files.cards().trust, *SATISFACTION, INFLUENCE, POTENTIAL, LEARNING)


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.kind)
def test_bands_go_down_and_the_last_takes_everything(card: Scorecard) -> None:
    starts = [band.start for band in card.bands[:-1]]
    assert starts == sorted(starts, key=lambda start: -(start or 0))
    assert card.bands[-1].start is None
    assert band_of(card.bands, -(10**9)) == card.bands[-1].name


def test_a_tier_is_never_lost_above_where_it_is_entered() -> None:
    for band in files.value_card().bands:
        assert (band.keep_from is None) == (band.start is None)
        assert band.start is None or (band.keep_from or 0) <= band.start


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.kind)
def test_every_code_has_its_text_in_three_languages(card: Scorecard) -> None:
    codes = _codes(card)
    assert set(card.texts) == codes | {lever.code for lever in card.levers}
    assert all(set(text) == LANGUAGES and all(text.values()) for text in card.texts.values())


def _codes(card: Scorecard) -> set[str]:
    match card:
        case ValueCard():
            return {"profit", "recency", "frequency", "continuity", "payment", "no-rate"}
        case TrustCard():
            return {"base", "limit", *card.signals}
        case SatisfactionCard():
            return {"base", "limit", card.nothing, *card.sources}
        case InfluenceCard():
            further = {f"referred-{depth + 1}" for depth in range(1, len(card.share_bp))}
            return {"referred", "no-rate", card.nothing, *further}
        case PotentialCard():
            return {"wallet", "needs", "growth", "agreement", "life-cycle", "limit", "no-rate", card.nothing}
        case LearningCard():
            assert set(card.codes.values()) == set(card.card.signals)
            return {"base", "limit", card.nothing, *card.card.signals}


def test_every_band_of_satisfaction_says_what_is_to_be_expected() -> None:
    for card in SATISFACTION:
        assert [band.name for band in card.bands] == list(card.outcomes)
        assert set(card.indicators.values()) <= card.facets


def test_every_facet_that_questionnaires_offer_lands_somewhere() -> None:
    # As services/interactions lists them: src/interactions/questionnaires/rules.py, FACETS (one is for trust).
    offered = ("price", "quality", "brand", "service", "cost", "promise", "staff", "complaints", "contact", "product")
    card = SATISFACTION[0]
    assert {code: card.facet_of(code) for code in (*offered, "image")} == {
        **{code: code for code in ("price", "quality", "brand", "service", "cost", "staff")},
        "promise": "promise_kept",
        "complaints": "complaint_handling",
        "contact": "service",
        "product": "quality",
        "image": "brand",
    }


def test_every_tier_has_a_name_and_something_recommended() -> None:
    tiers = [band.name for band in files.value_card().bands]
    assert sorted(files.cards().segments.tier_names) == sorted(files.cards().treatments) == sorted(tiers)
    for actions in files.cards().treatments.values():
        assert actions
        assert all(set(action.texts) == LANGUAGES for action in actions)


def test_the_rate_of_a_day_is_the_newest_row_up_to_it() -> None:
    rates = files.rates(1)
    assert rates.convert(10_000, "GBP", date(2010, 12, 31)) == 104_600
    assert rates.convert(10_000, "GBP", date(2011, 1, 1)) == 103_600
    assert rates.convert(10_000, "GBP", date(2031, 1, 1)) == 94_600


def test_minor_units_of_other_sizes_are_converted() -> None:
    assert files.rates(1).convert(1000, "JPY", date(2025, 5, 5)) == 4800


def test_before_its_first_row_a_currency_has_no_rate() -> None:
    assert files.rates(1).convert(100, "GBP", date(2008, 12, 31)) is None
    assert files.rates(1).convert(100, "XAU", date(2020, 1, 1)) is None


def test_half_a_fen_is_rounded_to_even() -> None:
    assert files.rates(1).convert(50, "USD", date(2024, 1, 1)) == 360
    assert [files.rates(1).convert(n, "HKD", date(2014, 1, 1)) for n in (250, 750)] == [198, 596]


def test_a_time_zone_that_there_is_not_is_refused_at_the_start() -> None:
    with pytest.raises(ValueError, match="GUANXI_FIRM_TIME_ZONE"):
        Settings(database_url="postgresql://x", kafka="a:1", jwks="x", profile="development", firm_time_zone="Mars/One")


def test_a_body_says_the_same_whatever_the_order_of_its_names() -> None:
    known = files.cards()
    for kind in files.REHEARSED:
        known = files.replaced(known, kind, json.loads(json.dumps(files.body(kind), sort_keys=True)))
    assert known == files.cards()
