"""Influence by its scorecard: whom a customer brought, and what they bring."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from scoring.facts.rules import FactRow, Traits
from scoring.scorecards import files
from scoring.scorecards.referring import InfluenceCard
from scoring.scores.computing import score
from scoring.scores.influence import Network, parts_of
from scoring.scores.rules import Score

from ..conftest import NOW, a_fact, an_order

CARD = files.cards().influence
A, B, C, D = (UUID(int=1000 + n) for n in range(4))


def _referral(by: UUID, of: UUID, days_ago: int = 100, **more: object) -> FactRow:
    number = by.int * 10_000 + of.int
    fact = a_fact(number, "referral", days_ago, traits=Traits(referred_id=of))
    return replace(fact, customer_id=by, **more)  # type: ignore[arg-type]


def _order(of: UUID, minor: int, days_ago: int = 10, number: int = 1) -> FactRow:
    return replace(an_order(of.int * 100 + number, minor, days_ago), customer_id=of)


def _of(who: UUID, *facts: FactRow, canonical: dict[UUID, UUID] | None = None, card: InfluenceCard = CARD) -> Score:
    referrals = [one for one in facts if one.kind == "referral"]
    around = Network(canonical or {}, referrals, [one for one in facts if one.kind != "referral"])
    return score((), card, NOW, [who], around)


def test_a_share_of_the_profit_of_who_was_brought_counts() -> None:
    found = _of(A, _referral(A, B), _order(B, 20_000_000))
    assert found.inputs == {"influence_minor": 20_000_000 * 30 // 100 * 30 // 100, "referred": 1}
    assert (found.value, found.band) == (15, "some")
    assert found.reasons[0].fact_id == _referral(A, B).aggregate_id


def test_each_step_further_counts_for_less_and_the_fourth_for_nothing() -> None:
    chain = [_referral(A, B), _referral(B, C), _referral(C, D), _referral(D, UUID(int=1))]
    minor = [_of(A, *chain, _order(who, 20_000_000)).inputs["influence_minor"] for who in (B, C, D, UUID(int=1))]
    assert minor == [1_800_000, 600_000, 180_000, 0]


def test_what_came_before_the_referral_or_the_window_is_not_its_doing() -> None:
    before, after = _order(B, 20_000_000, 101, 1), _order(B, 10_000_000, 99, 2)
    assert _of(A, _referral(A, B), before, after).inputs["influence_minor"] == 900_000
    assert _of(A, _referral(A, B, 500), _order(B, 20_000_000, 400)).inputs["influence_minor"] == 0


def test_a_circle_of_referrals_ends_and_nobody_is_brought_by_itself() -> None:
    circle = [_referral(A, B), _referral(B, A), _referral(B, B)]
    found = _of(A, *circle, _order(A, 50_000_000), _order(B, 20_000_000))
    assert found.inputs == {"influence_minor": 1_800_000, "referred": 1}


def test_who_was_referred_twice_counts_for_the_first() -> None:
    first, second = _referral(A, C, 100), _referral(B, C, 90)
    order = _order(C, 20_000_000)
    assert _of(A, first, second, order).value == 15
    assert _of(B, first, second, order).value is None
    void = replace(first, sequence=2, voided=True, traits=Traits())
    assert _of(B, first, second, void, order).value == 15


def test_ways_that_meet_again_count_once() -> None:
    diamond = [_referral(A, B), _referral(A, C), _referral(B, D, 80), _referral(C, D, 90)]
    found = _of(A, *diamond, _order(D, 20_000_000))
    assert found.inputs == {"influence_minor": 600_000, "referred": 3}


def test_merged_records_are_one_customer_in_the_graph() -> None:
    merged = {A: A, B: A, C: C}
    found = _of(A, _referral(B, C), _referral(A, B), _order(C, 20_000_000), _order(B, 20_000_000), canonical=merged)
    assert found.inputs == {"influence_minor": 1_800_000, "referred": 1}


def test_a_customer_that_loses_money_counts_as_nothing() -> None:
    back = replace(a_fact(7, "service", 5, amount_minor=9_000_000, currency="CNY"), customer_id=B)
    found = _of(A, _referral(A, B), _referral(A, C), back, _order(C, 20_000_000))
    assert found.inputs["influence_minor"] == 1_800_000


def test_of_more_than_count_the_nearest_and_of_those_the_earliest_do_and_the_inputs_say_so() -> None:
    edges = [_referral(A, B, 50), _referral(A, C, 90), _referral(B, D, 99)]
    facts = [*edges, _order(B, 10_000_000), _order(C, 20_000_000), _order(D, 40_000_000)]
    whole = {"influence_minor": 2_700_000 + 1_200_000, "referred": 3}
    assert _of(A, *facts).inputs == whole
    assert _of(A, *facts, card=replace(CARD, most_customers=4)).inputs == whole
    two = {"influence_minor": 2_700_000, "referred": 2, "most_customers": 2}
    assert _of(A, *facts, card=replace(CARD, most_customers=2)).inputs == two
    one = {"influence_minor": 1_800_000, "referred": 1, "most_customers": 1}
    assert _of(A, *facts, card=replace(CARD, most_customers=1)).inputs == one


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(0, 300)), max_size=12))
def test_the_part_of_a_network_below_a_customer_says_the_same_of_it_as_the_whole(
    edges: list[tuple[int, int, int]],
) -> None:
    who = [UUID(int=2000 + n) for n in range(6)]
    found = {one.aggregate_id: one for one in (_referral(who[a], who[b], days) for a, b, days in edges)}
    voids = [replace(one, sequence=2, voided=True, traits=Traits()) for one in list(found.values())[::3]]
    whole = Network({}, [*found.values(), *voids], [_order(one, 5_000_000) for one in who])
    for one, part in parts_of(whole, {one: [one] for one in who}, len(CARD.share_bp)).items():
        assert score((), CARD, NOW, [one], part) == score((), CARD, NOW, [one], whole)


def test_each_fact_of_a_network_is_sorted_in_once_however_many_ask() -> None:
    class Looked(list[FactRow]):
        times = 0

        def __iter__(self) -> Iterator[FactRow]:
            self.times += 1
            return super().__iter__()

    who = [UUID(int=2000 + n) for n in range(40)]
    referrals = Looked(_referral(one, other) for one, other in pairwise(who))
    facts = Looked(_order(one, 5_000_000) for one in who)
    parts = parts_of(Network({}, referrals, facts), {one: [one] for one in who}, 3)
    assert (referrals.times, facts.times) == (1, 1)
    assert [len(parts[one].facts) for one in who] == [*([3] * 37), 2, 1, 0]


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(0, 300)), max_size=12),
    st.integers(0, 99),
)
def test_any_graph_ends_in_the_same_score_whatever_the_order(edges: list[tuple[int, int, int]], seed: int) -> None:
    who = [UUID(int=2000 + n) for n in range(6)]
    facts = [_referral(who[a], who[b], days) for a, b, days in edges] + [_order(one, 5_000_000) for one in who]
    found = _of(who[0], *facts)
    shuffled = list(facts)
    random.Random(seed).shuffle(shuffled)
    # Of one pair of customers the newest version counts; these have one each.
    assert found.inputs.get("referred", 0) <= 5
    assert sum(one.points for one in found.reasons) == (found.value or 0)
    distinct = {one.aggregate_id: one for one in shuffled}
    assert _of(who[0], *distinct.values()) == _of(who[0], *reversed(distinct.values()))
