"""Tiers: bands with inertia, folded over days."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.facts.rules import FactRow
from scoring.scorecards import files
from scoring.scorecards.rules import Segment, ValueCard, band_of, rank_of
from scoring.scores import value
from scoring.scores.basis import basis
from scoring.scores.computing import tier_on
from scoring.scores.rules import Moment
from scoring.segments.rules import Standing, belongs, direction, first_tier, next_tier, standing

from ..conftest import NOW, TODAY, ZONE, an_order

CARD = files.value_card()
BANDS = CARD.bands


def tier_of(facts: list[FactRow], card: ValueCard, at: Moment) -> Standing:
    return tier_on(basis(facts, card, at), at.day)


def test_a_new_customer_is_in_the_tier_of_no_profit() -> None:
    assert first_tier(BANDS) == "none"
    assert standing(BANDS, []) == Standing("none")


def test_a_tier_is_entered_at_its_threshold_and_kept_down_to_a_lower_one() -> None:
    assert next_tier(BANDS, "high", 74) == "high"
    assert next_tier(BANDS, "high", 75) == "top"
    assert next_tier(BANDS, "top", 68) == "top"
    assert next_tier(BANDS, "top", 67) == "high"


def test_a_fall_may_pass_several_tiers() -> None:
    assert next_tier(BANDS, "top", 10) == "none"
    assert next_tier(BANDS, "top", -1) == "loss"


def test_losing_customers_leave_the_loss_as_soon_as_they_are_at_zero() -> None:
    assert next_tier(BANDS, "loss", 0) == "none"


def test_an_unrated_day_tells_nothing() -> None:
    assert next_tier(BANDS, "top", None) == "top"


def test_the_day_of_the_last_move_is_kept() -> None:
    days = [(10, 80), (20, 70), (30, 60), (40, 62)]
    assert standing(BANDS, days) == Standing("middle", date.fromordinal(30))


def test_directions() -> None:
    assert direction(BANDS, "none", "top") == "up"
    assert direction(BANDS, "none", "loss") == "down"


def test_a_segment_of_some_tiers_takes_only_those() -> None:
    some = Segment("key", "", "", {}, frozenset({"top"}))
    assert belongs(some, "top")
    assert not belongs(some, "high")
    assert belongs(Segment("tier", "", "", {}), "loss")


def test_a_customer_who_falls_silent_falls_later_than_the_band() -> None:
    facts = [an_order(1, 42_000_000, 20), an_order(2, 50_000_000, 3)]
    book = value.ledger(facts, CARD, ZONE)
    lag = []
    for days in range(200):
        at = Moment(TODAY + timedelta(days=days), ZONE)
        number = value.value_on(book, CARD, at.day.toordinal(), {})
        assert number is not None
        lag.append((band_of(BANDS, number), tier_of(facts, CARD, at).tier))
    assert lag[0] == ("top", "top")
    assert any(band != tier for band, tier in lag)
    assert all(rank_of(BANDS, tier) <= rank_of(BANDS, band) for band, tier in lag)


_ORDERS = st.lists(
    st.builds(an_order, st.integers(1, 40), st.integers(-(10**7), 10**8), st.integers(0, 800)),
    max_size=12,
    unique_by=lambda fact: fact.aggregate_id,
)


@settings(max_examples=30, deadline=None)
@given(orders=_ORDERS)
def test_folding_the_days_of_change_equals_folding_every_day(orders: list[FactRow]) -> None:
    facts = sorted(orders, key=lambda fact: (fact.occurred_at, fact.aggregate_id.int))
    book = value.ledger(facts, CARD, ZONE)
    last = TODAY.toordinal()
    every = [(day, value.value_on(book, CARD, day, {})) for day in range(last - 801, last + 1)]
    assert standing(BANDS, every) == tier_of(facts, CARD, NOW)


@settings(max_examples=30, deadline=None)
@given(orders=_ORDERS, cut=st.integers(0, 800))
def test_the_tier_of_a_day_rests_on_nothing_later(orders: list[FactRow], cut: int) -> None:
    facts = sorted(orders, key=lambda fact: (fact.occurred_at, fact.aggregate_id.int))
    then = Moment(TODAY - timedelta(days=cut), ZONE)
    before = [fact for fact in facts if fact.occurred_at.astimezone(ZONE).date() <= then.day]
    assert tier_of(facts, CARD, then) == tier_of(before, CARD, then)
