"""Trust by its scorecard."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.facts.rules import FactRow, Graded, Traits
from scoring.scorecards import files
from scoring.scorecards.rules import Signal
from scoring.scores.computing import score
from scoring.scores.rules import Moment, Score
from scoring.scores.trust import MILLI, weight

from ..conftest import NOW, TODAY, ZONE, a_fact, a_payment

CARD = files.cards().trust
KEPT, LATE = Traits(in_time=True), Traits(in_time=False)
SOLVED = Traits(solved=True, count=0)


def _score(*facts: FactRow) -> Score:
    return score(facts, CARD, NOW)


def test_everybody_starts_at_the_declared_base() -> None:
    assert (_score().value, _score().band) == (CARD.base, "sound")
    assert [reason.code for reason in _score().reasons] == ["base"]


def test_one_newly_broken_promise_takes_a_customer_down_a_band() -> None:
    found = _score(a_fact(1, "promise.broken"))
    assert (found.value, found.band) == (57, "strained")
    assert found.reasons[1].fact_id == a_fact(1, "promise.broken").aggregate_id


def test_a_broken_promise_weighs_half_after_its_half_life() -> None:
    points = [-weight(Signal(-13, 180), age) for age in (0, 90, 180, 360, 540)]
    assert points == [13_000, 9_750, 6_500, 3_250, 1_625]
    assert weight(Signal(-13, 180), 10_000) == 0


def test_weight_only_falls_with_age() -> None:
    weights = [abs(weight(Signal(-13, 180), age)) for age in range(800)]
    assert weights == sorted(weights, reverse=True)
    assert weights[0] == 13 * MILLI


def test_trust_comes_back_with_time() -> None:
    broken = a_fact(1, "promise.broken")
    values = [score([broken], CARD, Moment(TODAY + timedelta(days=n), ZONE)).value for n in (0, 180, 1800)]
    assert values == [57, 63, 70]


def test_kept_promises_earn_less_than_broken_ones_cost_and_late_ones_cost() -> None:
    kept, late = _score(a_fact(1, "promise.kept", traits=KEPT)), _score(a_fact(1, "promise.kept", traits=LATE))
    assert (kept.value, late.value) == (72, 66)


def test_what_many_kept_promises_earn_is_bounded() -> None:
    many = [a_fact(n, "promise.kept", traits=KEPT) for n in range(50)]
    assert _score(*many).value == CARD.base + 12


def _asked(number: int, *obtained: int, kind: str = "opinion") -> FactRow:
    grades = tuple(Graded("would-buy-again", None, one) for one in obtained)
    return a_fact(number, kind, traits=Traits(grades=(*grades, Graded("price", 8, 0))))


@pytest.mark.parametrize(
    ("obtained", "value"), [((10,), 74), ((7,), 74), ((6,), 70), ((4,), 70), ((3,), 64), ((0,), 64), ((9, 2), 70)]
)
def test_whether_they_would_buy_again_is_asked_on_a_scale_with_a_middle(obtained: tuple[int, ...], value: int) -> None:
    assert _score(_asked(1, *obtained)).value == value
    assert _score(_asked(1, *obtained, kind="interview")).value == value


def test_each_reopening_costs_and_a_reopened_complaint_was_not_solved_at_once() -> None:
    closed = a_fact(1, "complaint.closed", 3, sequence=4, traits=SOLVED)
    assert _score(closed).value == 73
    once = a_fact(1, "complaint.reopened", 0, sequence=5, traits=Traits(count=1))
    assert _score(closed, once).value == 64
    twice = a_fact(1, "complaint.reopened", 0, sequence=7, traits=Traits(count=2))
    assert _score(closed, once, twice).value == 58


def test_each_reopening_weighs_by_its_own_age_and_stays_in_the_past() -> None:
    early = a_fact(1, "complaint.reopened", 40, sequence=5, traits=Traits(count=1))
    late = a_fact(1, "complaint.reopened", 5, sequence=9, traits=Traits(count=2))
    then = Moment(TODAY - timedelta(days=40), ZONE)
    assert score([early], CARD, then) == score([early, late], CARD, then)
    assert score([early, late], CARD, then).value == 64
    [_, reason] = _score(early, late).reasons
    assert (reason.count, reason.points) == (2, -round((6 * 320 + 6 * 355) / 360))


def test_a_complaint_closed_and_then_judged_was_solved_once() -> None:
    closed = a_fact(1, "complaint.closed", 9, sequence=4, traits=SOLVED)
    judged = a_fact(1, "complaint.closed", 2, sequence=5, traits=SOLVED)
    assert _score(closed, judged).inputs == _score(closed).inputs == {"solved-first-time": 1}
    assert _score(closed, judged) == _score(closed)


def test_a_complaint_as_such_costs_nothing() -> None:
    assert _score(a_fact(1, "complaint", traits=Traits(cause="quality"))).value == CARD.base


def test_missed_deadlines_and_the_customers_own_payments_count() -> None:
    assert _score(a_fact(1, "deadline.missed")).value == 65
    assert _score(a_payment(1, 0)).value == 71
    assert _score(a_payment(1, 12)).value == 68
    assert _score(a_fact(1, "payment.overdue")).value == 66


def test_the_scale_has_ends_and_the_reasons_still_add_up() -> None:
    bad = [a_fact(n, "promise.broken") for n in range(20)] + [a_fact(n, "deadline.missed") for n in range(20)]
    found = _score(*bad)
    assert (found.value, found.band) == (0, "broken")
    assert sum(reason.points for reason in found.reasons) == 0


KINDS = ("promise.kept", "promise.broken", "deadline.missed", "payment.overdue")
OFTEN = ("complaint.closed", "complaint.reopened")
_ONCE = st.tuples(st.integers(1, 20), st.sampled_from(KINDS), st.just(1))
_AGAIN = st.tuples(st.integers(21, 25), st.sampled_from(OFTEN), st.integers(2, 9))
_FACTS = st.lists(
    st.builds(
        lambda one, days, flag: a_fact(
            one[0], one[1], days, sequence=one[2], traits=Traits(in_time=flag, solved=flag, count=0)
        ),
        st.one_of(_ONCE, _AGAIN),
        st.integers(0, 1500),
        st.booleans(),
    ),
    max_size=30,
    unique_by=lambda fact: (fact.aggregate_id, fact.kind, fact.sequence),
)


@settings(max_examples=100, deadline=None)
@given(facts=_FACTS, seed=st.integers(0, 2**16))
def test_order_and_repeats_do_not_matter_and_reasons_add_up(facts: list[FactRow], seed: int) -> None:
    shuffled = [*facts, *facts[::2]]
    random.Random(seed).shuffle(shuffled)
    found = _score(*shuffled)
    assert found == _score(*facts)
    assert found.value == sum(reason.points for reason in found.reasons)
    assert CARD.least <= found.value <= CARD.most


@settings(max_examples=100, deadline=None)
@given(facts=_FACTS, day=st.integers(0, 1500))
def test_a_past_days_trust_is_the_same_whenever_it_is_asked(facts: list[FactRow], day: int) -> None:
    then = Moment(TODAY - timedelta(days=day), ZONE)
    happened = [fact for fact in facts if fact.occurred_at.astimezone(ZONE).date() <= then.day]
    assert score(facts, CARD, then) == score(happened, CARD, then)
