"""Potential and learning by their scorecards."""

from __future__ import annotations

import random
from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.facts.rules import FactRow, Traits
from scoring.scorecards import files
from scoring.scores.computing import score
from scoring.scores.rules import Score

from ..conftest import NOW, a_fact, an_order

POTENTIAL, LEARNING = files.cards().potential, files.cards().learning


def _wallet(number: int, minor: int, days_ago: int = 10, currency: str = "CNY", stage: str | None = None) -> FactRow:
    traits = Traits(code="visit", status=stage)
    return a_fact(number, "wallet", days_ago, amount_minor=minor, currency=currency, traits=traits)


def _agreement(number: int, kind: str, days_ago: int = 10, lasts: int | None = None) -> FactRow:
    return a_fact(number, "agreement", days_ago, traits=Traits(code=kind, count=lasts))


def _need(number: int, outcome: str = "need_now", days_ago: int = 10) -> FactRow:
    return a_fact(number, "contact", days_ago, traits=Traits(outcome=outcome))


def _of(*facts: FactRow) -> Score:
    return score(facts, POTENTIAL, NOW)


def _points(found: Score) -> dict[str, int]:
    return {one.code: one.points for one in found.reasons}


def test_what_a_customer_spends_elsewhere_is_potential_and_what_it_spends_here_is_not() -> None:
    found = _of(_wallet(1, 100_000_000), an_order(2, 16_666_667, 30))
    assert found.inputs["elsewhere_minor"] == 83_333_333
    assert _points(found)["wallet"] == 29
    assert _points(_of(_wallet(1, 100_000_000), an_order(2, 100_000_000, 30)))["wallet"] == 0


def test_the_newest_estimate_counts_until_it_is_too_old() -> None:
    assert _points(_of(_wallet(1, 300_000_000, 40), _wallet(2, 0, 10))) == {"wallet": 0}
    assert _of(_wallet(1, 300_000_000, POTENTIAL.wallet_days)).band == "unrated"
    assert _of(_wallet(1, 300_000_000, POTENTIAL.wallet_days - 1)).value is not None


def test_needs_that_were_told_count_within_their_window_and_not_without_end() -> None:
    assert _of(_need(1)).value == 8
    assert _of(_need(1, "later")).value == 4
    assert _of(_need(1), _need(2, "none", 5)).value == 8
    assert _of(*(_need(n) for n in range(1, 9))).value == POTENTIAL.needs.most
    assert _of(_need(1, days_ago=POTENTIAL.needs.window_days)).band == "unrated"


def test_growth_and_decline_of_orders_are_seen_beside_either() -> None:
    need = _need(9)
    grown = _of(need, an_order(1, 1_000_000, 200), an_order(2, 1_600_000, 20))
    shrunk = _of(need, an_order(1, 1_000_000, 200), an_order(2, 400_000, 20))
    assert (_points(grown)["growth"], grown.inputs["growth_bp"]) == (15, 16_000)
    assert (_points(shrunk)["growth"], shrunk.value) == (-10, 0)
    assert "growth" not in _points(_of(need, an_order(2, 400_000, 20)))


def test_the_best_agreement_in_force_counts_from_its_first_day_to_its_last() -> None:
    assert _points(_of(_agreement(1, "strategic", 400))) == {"agreement": 20}
    assert _points(_of(_agreement(1, "service", 5), _agreement(2, "strategic", 9))) == {"agreement": 20}
    assert _of(_agreement(1, "strategic", 10, lasts=11)).value == 20
    assert _of(_agreement(1, "strategic", 10, lasts=10)).band == "unrated"
    assert _of(_agreement(1, "strategic", -1)).band == "unrated"
    assert _of(_agreement(1, "strategic", 10, lasts=0)).band == "unrated"
    assert _of(_agreement(1, "rent", 10)).band == "unrated"


@pytest.mark.parametrize(("stage", "points"), [("introduction", 8), ("growth", 12), ("decline", -12)])
def test_where_the_industry_stands_counts_as_it_was_last_said(stage: str, points: int) -> None:
    older, newer = _wallet(1, 20_000_000, 30, stage="growth"), _wallet(2, 20_000_000, 10, stage=stage)
    assert _points(_of(older, newer))["life-cycle"] == points
    found = _of(older, newer, _wallet(3, 20_000_000, 5))
    [reason] = [one for one in found.reasons if one.code == "life-cycle"]
    assert (reason.points, reason.fact_id, reason.count) == (points, newer.aggregate_id, 1)
    assert "life-cycle" not in _points(_of(older, _wallet(2, 20_000_000, 10, stage="maturity")))
    long_ago = _wallet(1, 20_000_000, POTENTIAL.wallet_days, stage="growth")
    assert "life-cycle" not in _points(_of(long_ago, _wallet(2, 20_000_000, 5)))


def test_an_agreement_that_is_worth_nothing_says_nothing() -> None:
    card = replace(POTENTIAL, agreements={"sale": 0})
    assert score([_agreement(1, "sale")], card, NOW).band == "unrated"


def test_a_card_of_the_first_version_knows_neither() -> None:
    first = files.replaced(files.cards(), "value.potential", files.body("value.potential", 1)).potential
    found = score([_agreement(1, "strategic"), _wallet(2, 20_000_000, stage="growth")], first, NOW)
    assert set(_points(found)) == {"wallet"}
    assert score([_agreement(1, "strategic")], first, NOW).band == "unrated"


def test_of_who_said_nothing_and_was_never_estimated_nothing_is_known() -> None:
    found = _of(an_order(1, 50_000_000, 20))
    assert (found.value, found.band, found.reasons[0].code) == (None, "unrated", "nothing-known")


def test_without_a_rate_there_is_no_value() -> None:
    assert _of(_wallet(1, 1, currency="XAU")).reasons[0].code == "no-rate"
    assert _of(_need(1), an_order(2, 1, 20, currency="XAU")).reasons[0].code == "no-rate"


@given(
    st.lists(st.tuples(st.integers(0, 800), st.integers(0, 10**9)), max_size=4),
    st.lists(st.tuples(st.integers(0, 400), st.sampled_from(["need_now", "later", "none"])), max_size=6),
    st.lists(st.tuples(st.integers(0, 400), st.integers(-(10**6), 10**8)), max_size=6),
)
def test_reasons_add_up_within_the_scale_whatever_the_order(
    wallets: list[tuple[int, int]], needs: list[tuple[int, str]], orders: list[tuple[int, int]]
) -> None:
    facts = [_wallet(n + 1, minor, days) for n, (days, minor) in enumerate(wallets)]
    facts += [_need(n + 101, outcome, days) for n, (days, outcome) in enumerate(needs)]
    facts += [an_order(n + 201, minor, days) for n, (days, minor) in enumerate(orders)]
    found = _of(*facts)
    shuffled = [*facts, *facts[::2]]
    random.Random(5).shuffle(shuffled)
    assert _of(*shuffled) == found
    assert sum(one.points for one in found.reasons) == (found.value or 0)
    assert 0 <= (found.value or 0) <= 100


@pytest.mark.parametrize(
    ("kinds", "value", "band"),
    [
        ([], None, "unrated"),
        (["complaint", "order"], None, "unrated"),
        (["opinion"], 2, "quiet"),
        (["interview", "need"], 12, "voice"),
        (["interview", "complaint.improved", "complaint.improved", "need"], 36, "voice"),
        (["interview", "interview", "complaint.improved", "complaint.improved"], 40, "teacher"),
        (["opinion"] * 20, 12, "voice"),
    ],
)
def test_whoever_tells_us_something_teaches_us(kinds: list[str], value: int | None, band: str) -> None:
    found = score([a_fact(n + 1, kind) for n, kind in enumerate(kinds)], LEARNING, NOW)
    assert (found.value, found.band) == (value, band)


def test_what_was_learned_fades() -> None:
    assert [score([a_fact(1, "interview", days)], LEARNING, NOW).value for days in (0, 365, 730)] == [8, 4, 2]


def test_an_improvement_for_a_complaint_that_nobody_made_taught_nothing_whoever_reads_the_facts() -> None:
    improved = a_fact(2, "complaint.improved", 5, traits=Traits(complaint_id=UUID(int=1)))
    made, never = a_fact(1, "complaint", 9), a_fact(1, "complaint", 9, sequence=2, voided=True)
    for facts, value in ([made, improved], 12), ([made, improved, never], None):
        read = [one for one in facts if one.kind in LEARNING.fact_kinds]
        assert [score(some, LEARNING, NOW).value for some in (facts, read)] == [value, value]
