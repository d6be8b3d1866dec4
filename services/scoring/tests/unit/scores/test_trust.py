"""Trust by its scorecard."""

from __future__ import annotations

import random
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.facts.rules import FactRow, Traits
from scoring.scorecards import files
from scoring.scorecards.rules import Signal
from scoring.scores.rules import Moment, Score, score
from scoring.scores.trust import MILLI, weight

from ..conftest import NOW, TODAY, ZONE, a_fact, a_payment

CARD = files.trust_card()
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
    points = [-weight(Signal(-13, 180), 1, age) for age in (0, 90, 180, 360, 540)]
    assert points == [13_000, 9_750, 6_500, 3_250, 1_625]
    assert weight(Signal(-13, 180), 1, 10_000) == 0


def test_weight_only_falls_with_age() -> None:
    weights = [abs(weight(Signal(-13, 180), 1, age)) for age in range(800)]
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


def test_each_reopening_costs_and_a_reopened_complaint_was_not_solved_at_once() -> None:
    closed = a_fact(1, "complaint.closed", 3, sequence=4, traits=SOLVED)
    assert _score(closed).value == 73
    once = a_fact(1, "complaint.reopened", 0, sequence=5, traits=Traits(count=1))
    assert _score(closed, once).value == 64
    twice = a_fact(1, "complaint.reopened", 0, sequence=7, traits=Traits(count=2))
    assert _score(closed, once, twice).value == 58


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


_FACTS = st.lists(
    st.builds(
        lambda n, kind, days, flag: a_fact(n, kind, days, traits=Traits(in_time=flag, solved=flag, count=0)),
        st.integers(1, 60),
        st.sampled_from(["promise.kept", "promise.broken", "complaint.closed", "deadline.missed", "payment.overdue"]),
        st.integers(0, 1500),
        st.booleans(),
    ),
    max_size=30,
    unique_by=lambda fact: (fact.aggregate_id, fact.kind),
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
