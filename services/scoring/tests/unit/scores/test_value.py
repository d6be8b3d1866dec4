"""Existing value by its scorecard."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.facts.rules import FactRow, Traits
from scoring.scorecards import files
from scoring.scorecards.rules import UNRATED
from scoring.scores import value
from scoring.scores.computing import score
from scoring.scores.rules import Moment, Score

from ..conftest import NOW, TODAY, ZONE, a_fact, a_payment, an_order, at

CARD = files.value_card()


def _moment(reach: Mapping[str, int], day: date = TODAY) -> Moment:
    """How many days ago, counted from the fixed day, each source told something for the last time."""
    return Moment(day, ZONE, reach={source: at(days_ago)[0] for source, days_ago in reach.items()})


def _score(*facts: FactRow, reach: Mapping[str, int] | None = None) -> Score:
    return score(facts, CARD, _moment(reach or {}))


def _points(found: Score) -> dict[str, int]:
    return {reason.code: reason.points for reason in found.reasons}


def test_nobody_is_worth_nothing() -> None:
    assert (_score().value, _score().band) == (0, "none")


def test_two_recent_orders_of_920_000_are_top_and_either_alone_is_not() -> None:
    first, second = an_order(1, 42_000_000, 20), an_order(2, 50_000_000, 3)
    assert _score(first, second).band == "top"
    assert {_score(first).band, _score(second).band} == {"middle"}


def test_points_add_up_to_the_value_and_name_the_heaviest_fact() -> None:
    small, large = an_order(1, 1_000_000, 5), an_order(2, 30_000_000, 40)
    found = _score(small, large, a_payment(3, 0, 2), a_payment(4, 9, 1))
    assert found.value == sum(_points(found).values())
    by_code = {reason.code: reason for reason in found.reasons}
    assert by_code["profit"].fact_id == large.aggregate_id
    assert by_code["recency"].fact_id == small.aggregate_id


def test_a_loss_is_below_zero_and_nothing_earned_makes_up_for_it() -> None:
    repair = a_fact(2, "service", 1, amount_minor=900_000, currency="CNY")
    found = _score(an_order(1, 1_000_000, 3), repair, a_payment(3, 0))
    assert found.inputs["profit_minor"] == 300_000 - 900_000
    assert found.value is not None
    assert found.value < 0
    assert found.band == "loss"
    assert _score(an_order(1, 100, 3), a_fact(2, "service", 1, amount_minor=31, currency="CNY")).value == -1


def test_returns_and_service_reduce_profit() -> None:
    back = a_fact(2, "return", 1, amount_minor=200_000, currency="CNY")
    found = _score(an_order(1, 1_000_000, 3), back, a_fact(3, "service", 1, amount_minor=5_000, currency="CNY"))
    assert found.inputs["profit_minor"] == 300_000 - 60_000 - 5_000


def test_goods_that_come_back_take_what_was_earned_on_their_order_with_them() -> None:
    traits = Traits(margin_minor=500_000, unmargined_minor=0)
    order = a_fact(1, "order", 9, amount_minor=1_000_000, currency="CNY", traits=traits)
    back = a_fact(2, "return", 1, amount_minor=200_000, currency="CNY", traits=Traits(order_id=order.aggregate_id))
    assert _score(order, back).inputs["profit_minor"] == 500_000 - 100_000
    whole = replace(back, amount_minor=1_000_000)
    assert _score(order, whole).inputs["profit_minor"] == 0
    assert _score(back).inputs["profit_minor"] == -60_000


def test_a_return_of_an_order_that_was_voided_subtracts_nothing() -> None:
    order = an_order(1, 1_000_000, 9)
    back = a_fact(2, "return", 1, amount_minor=200_000, currency="CNY", traits=Traits(order_id=order.aggregate_id))
    never = a_fact(1, "order", sequence=2, voided=True)
    for facts in ((order, back, never), (never, back, order)):
        assert _score(*facts).inputs["profit_minor"] == 0
    assert _score(back, order).inputs["profit_minor"] == 300_000 - 60_000


def test_silence_is_measured_up_to_what_the_source_has_told() -> None:
    order = an_order(1, 1_000_000, 200, source="dealer-17")
    ended = _score(order, reach={"dealer-17": 190})
    assert ended.inputs["days_since_order"] == 10
    assert ended.inputs["untold_days"] == 190
    assert _points(ended)["recency"] == 15
    assert _points(_score(order, reach={"dealer-17": 0}))["recency"] == 3
    assert _points(_score(an_order(1, 1_000_000, 200), reach={"dealer-17": 190}))["recency"] == 3


def test_the_source_that_has_told_least_decides_unless_a_later_order_is_known() -> None:
    orders = [an_order(1, 100, 100, source="a"), an_order(2, 100, 90, source="b")]
    assert _score(*orders, reach={"a": 80, "b": 10}).inputs["days_since_order"] == 10
    later = an_order(3, 100, 5, source="b")
    assert _score(*orders, later, reach={"a": 80, "b": 1}).inputs["days_since_order"] == 0


def test_a_source_without_an_order_in_the_window_says_nothing_of_the_customer() -> None:
    old, new = an_order(1, 100, CARD.window_days, source="gone"), an_order(2, 100, 50)
    assert _score(old, new, reach={"gone": 300}).inputs["days_since_order"] == 50
    assert _score(old, reach={"gone": 300}).inputs["days_since_order"] == CARD.window_days


def test_a_products_own_margin_comes_before_the_default() -> None:
    traits = Traits(margin_minor=100_000, unmargined_minor=500_000)
    found = _score(a_fact(1, "order", 1, amount_minor=1_000_000, currency="CNY", traits=traits))
    assert found.inputs["profit_minor"] == 100_000 + 150_000


def test_other_currencies_count_at_their_days_rate() -> None:
    found = _score(an_order(1, 100_000, 1, currency="GBP"), an_order(2, 1_000_000, 1, currency="JPY"))
    assert found.inputs["profit_minor"] == 30_000 * 946 // 100 + 300_000 * 48 * 100 // 1000


def test_a_missing_rate_makes_unrated_not_zero_until_it_leaves_the_window() -> None:
    strange = an_order(1, 100_000, 100, currency="XCD")
    found = _score(strange, an_order(2, 50_000_000, 1))
    assert (found.value, found.band) == (None, UNRATED)
    assert [(reason.code, reason.fact_id) for reason in found.reasons] == [("no-rate", strange.aggregate_id)]
    later = Moment(TODAY + timedelta(days=CARD.window_days - 100), ZONE)
    assert score([strange], CARD, later).value is not None


@pytest.mark.parametrize(
    ("days_ago", "points"), [(0, 15), (30, 15), (31, 12), (90, 12), (91, 8), (180, 8), (181, 3), (364, 3), (365, 0)]
)
def test_recency_falls_by_steps(days_ago: int, points: int) -> None:
    assert _points(_score(an_order(1, 100, days_ago)))["recency"] == points


@pytest.mark.parametrize(("orders", "points"), [(0, 0), (1, 3), (2, 6), (3, 6), (4, 10), (11, 10), (12, 15), (40, 15)])
def test_frequency_grows_by_steps(orders: int, points: int) -> None:
    assert _points(_score(*(an_order(n, 100, n) for n in range(orders))))["frequency"] == points


def test_continuity_counts_quarters_with_an_order() -> None:
    every = [an_order(n, 100, 91 * n + 5) for n in range(4)]
    assert [_points(_score(*every[:n]))["continuity"] for n in range(5)] == list(CARD.continuity)


def test_late_and_overdue_payments_cost_points() -> None:
    order = an_order(1, 100, 1)
    neutral = _points(_score(order))["payment"]
    assert _points(_score(order, a_payment(2, 0)))["payment"] == neutral + CARD.payment.in_time
    assert _points(_score(order, a_payment(2, 1)))["payment"] == neutral + CARD.payment.late
    overdue = a_fact(2, "payment.overdue", 1)
    assert _points(_score(order, overdue))["payment"] == neutral + CARD.payment.overdue
    assert _points(_score(order, a_payment(2, None)))["payment"] == neutral


def test_what_happens_after_the_day_does_not_count() -> None:
    before, after = an_order(1, 42_000_000, 20), an_order(2, 50_000_000, 3)
    then = Moment(TODAY - timedelta(days=10), ZONE)
    assert score([before, after], CARD, then) == score([before], CARD, then)


def test_a_day_ends_at_the_firms_midnight() -> None:
    order = an_order(1, 100)
    nearly = a_fact(2, "order", 0, amount_minor=100, currency="CNY", traits=Traits(unmargined_minor=100))
    late = replace(nearly, occurred_at=nearly.occurred_at.replace(hour=16, minute=0))
    assert score([order], CARD, NOW).inputs["orders"] == 1
    assert score([late], CARD, NOW).inputs["orders"] == 0
    assert score([late], CARD, Moment(TODAY + timedelta(days=1), ZONE)).inputs["orders"] == 1


SOURCES = st.sampled_from([None, "dealer-17", "dealer-18"])
REACH = st.dictionaries(st.sampled_from(["dealer-17", "dealer-18"]), st.integers(0, 900))
_FACTS = st.lists(
    st.one_of(
        st.builds(an_order, st.integers(1, 30), st.integers(-(10**7), 10**8), st.integers(0, 900), source=SOURCES),
        st.builds(a_payment, st.integers(31, 60), st.integers(-5, 60), st.integers(0, 900)),
        st.builds(
            lambda n, minor, days, order: a_fact(
                n, "return", days, amount_minor=minor, currency="CNY", traits=Traits(order_id=UUID(int=order))
            ),
            *(st.integers(61, 90), st.integers(0, 10**7), st.integers(0, 900), st.integers(1, 30)),
        ),
    ),
    max_size=25,
    unique_by=lambda fact: fact.aggregate_id,
)


@settings(max_examples=60, deadline=None)
@given(facts=_FACTS, reach=REACH, seed=st.integers(0, 2**16))
def test_order_of_arrival_and_repeats_do_not_matter(facts: list[FactRow], reach: dict[str, int], seed: int) -> None:
    shuffled = [*facts, *facts[::2]]
    random.Random(seed).shuffle(shuffled)
    assert _score(*shuffled, reach=reach) == _score(*facts, reach=reach)


@settings(max_examples=60, deadline=None)
@given(facts=_FACTS, reach=REACH, day=st.integers(0, 900))
def test_a_past_days_score_is_the_same_whenever_it_is_asked(
    facts: list[FactRow], reach: dict[str, int], day: int
) -> None:
    then = _moment(reach, TODAY - timedelta(days=day))
    happened = [fact for fact in facts if fact.occurred_at.astimezone(ZONE).date() <= then.day]
    assert score(facts, CARD, then) == score(happened, CARD, then)


@settings(max_examples=60, deadline=None)
@given(facts=_FACTS, reach=REACH, day=st.integers(0, 900))
def test_what_a_source_tells_later_changes_no_day_that_it_had_reached(
    facts: list[FactRow], reach: dict[str, int], day: int
) -> None:
    reached = {source: days for source, days in reach.items() if days <= day}
    further = {source: days // 2 for source, days in reached.items()}
    on = TODAY - timedelta(days=day)
    assert score(facts, CARD, _moment(reached, on)) == score(facts, CARD, _moment(further, on))


@settings(max_examples=60, deadline=None)
@given(facts=_FACTS, reach=REACH)
def test_knowing_less_of_silence_never_takes_points_for_it(facts: list[FactRow], reach: dict[str, int]) -> None:
    whole, unsure = _score(*facts), _score(*facts, reach=reach)
    assert _points(unsure).get("recency", 0) >= _points(whole).get("recency", 0)
    since = whole.inputs.get("days_since_order", 0)
    assert unsure.inputs.get("days_since_order", 0) == since - unsure.inputs["untold_days"]


@settings(max_examples=30, deadline=None)
@given(facts=_FACTS, reach=REACH)
def test_between_change_days_the_value_stands_still(facts: list[FactRow], reach: dict[str, int]) -> None:
    last = TODAY.toordinal()
    book = value.ledger(facts_in_order(facts), CARD, ZONE)
    told = {source: last - days for source, days in reach.items()}
    changes = set(value.change_days(book, CARD, last))
    days = range(last - 1300, last + 1)
    values = {day: value.value_on(book, CARD, day, told) for day in days}
    assert {day for day in days[1:] if values[day] != values[day - 1]} <= changes


def facts_in_order(facts: list[FactRow]) -> list[FactRow]:
    return sorted(facts, key=lambda fact: (fact.occurred_at, fact.aggregate_id.int, fact.kind))
