"""What came back after goodwill."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.facts.rules import FactRow, Traits, current
from scoring.goodwill import usecases
from scoring.goodwill.rules import Returned, returned, united
from scoring.scorecards import files
from scoring.scores import influence
from scoring.scores.influence import Brought, Links, Network
from scoring.scores.value import ledger

from ..conftest import NOW, TODAY, ZONE, a_fact, an_order

CARD, DAY, WINDOW = files.value_card(), TODAY.toordinal(), 365


def _goodwill(number: int, minor: int, days_ago: int, currency: str = "CNY") -> FactRow:
    traits = Traits(code="exchange", status="spent")
    return a_fact(number, "goodwill", days_ago, amount_minor=minor, currency=currency, traits=traits)


def _brought(number: int, days_ago: int, *orders: FactRow) -> Brought:
    referral = a_fact(number, "referral", days_ago)
    return Brought(UUID(int=number), 0, DAY - days_ago, referral, ledger(orders, CARD, ZONE))


def _of(facts: Sequence[FactRow], *brought: Brought, day: int = DAY) -> Returned:
    return returned(current(facts), brought, CARD, ZONE, day, WINDOW)


def test_orders_and_referrals_after_goodwill_are_its_return() -> None:
    facts = [an_order(1, 10_000_000, 150), _goodwill(2, 2_000_000, 100), an_order(3, 4_000_000, 50)]
    found = _of(facts, _brought(9, 60, an_order(10, 16_666_667, 30)))
    assert (found.cost_minor, found.own_minor, found.referred_minor, found.referrals) == (
        *(2_000_000, 1_200_000, 5_000_000, 1),
    )
    assert found.own_before_minor == 3_000_000
    assert found.ratio_hundredths == 310
    assert not found.over


def test_what_lies_outside_the_window_does_not_count() -> None:
    facts = [_goodwill(1, 1_000_000, 400), an_order(2, 9_000_000, 30), an_order(3, 1_000_000, 100)]
    found = _of(facts, _brought(8, 420, an_order(9, 9_000_000, 100)), _brought(7, 20, an_order(9, 9_000_000, 10)))
    assert (found.own_minor, found.referred_minor, found.referrals, found.over) == (300_000, 0, 0, True)


def test_who_is_referred_on_the_day_of_the_goodwill_counts_from_that_day_on() -> None:
    for days_ago in (20, 0):
        found = _of([_goodwill(1, 1_000_000, days_ago)], _brought(9, days_ago, an_order(10, 10_000_000, days_ago)))
        assert (found.referrals, found.referred_minor) == (1, 3_000_000)
    found = _of([_goodwill(1, 1_000_000, 0)], _brought(9, 1, an_order(10, 10_000_000, 0)))
    assert (found.referrals, found.referred_minor) == (0, 0)


def test_the_goodwill_itself_is_a_cost_and_no_return() -> None:
    found = _of([_goodwill(1, 1_000_000, 30), _goodwill(2, 500_000, 10)])
    assert (found.cost_minor, found.own_minor, found.ratio_hundredths) == (1_500_000, 0, 0)


def test_a_day_in_two_windows_counts_once() -> None:
    facts = [_goodwill(1, 1_000_000, 200), _goodwill(2, 1_000_000, 100), an_order(3, 10_000_000, 50)]
    found = _of(facts, _brought(9, 60, an_order(10, 10_000_000, 40)))
    assert (found.own_minor, found.referred_minor) == (3_000_000, 3_000_000)


def test_without_a_rate_or_a_cost_there_is_no_ratio() -> None:
    assert _of([_goodwill(1, 1_000_000, 30, "XAU")]).ratio_hundredths is None
    assert _of([_goodwill(1, 0, 30)]).ratio_hundredths is None
    strange = replace(an_order(2, 5, 10, currency="XAU"), currency="XAU")
    found = _of([_goodwill(1, 1_000_000, 30), strange])
    assert (found.own_minor, found.ratio_hundredths) == (None, None)


def test_of_a_day_of_the_past_only_what_had_come_by_then_counts() -> None:
    facts = [_goodwill(1, 1_000_000, 100), an_order(2, 10_000_000, 10)]
    assert [_of(facts, day=DAY - ago).own_minor for ago in (0, 50)] == [3_000_000, 0]


def test_a_network_is_sorted_once_for_all_customers_of_a_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    who = [UUID(int=2000 + n) for n in range(20)]
    brought = [UUID(int=3000 + n) for n in range(20)]
    rows = [replace(_goodwill(n, 1_000_000, 100), customer_id=one) for n, one in enumerate(who, 1)]
    rows += [replace(an_order(100 + n, 10_000_000, 20), customer_id=one) for n, one in enumerate(brought)]
    referrals = [
        replace(a_fact(500 + n, "referral", 50, traits=Traits(referred_id=other)), customer_id=one)
        for n, (one, other) in enumerate(zip(who, brought, strict=True))
    ]
    sorted_out: list[int] = []

    def links(around: Network, *more: Any) -> Links:
        sorted_out.append(len(around.referrals))
        return influence.links(around, *more)

    monkeypatch.setattr(usecases, "links", links)
    card = replace(files.cards().influence, share_bp=(3000,))
    families = {one: [one] for one in who}
    found = usecases._reckoned(families, rows, Network({}, referrals), card, NOW, None)
    assert sorted_out == [20]
    assert {(one.cost_minor, one.referred_minor, one.referrals) for one in found.values()} == {
        (1_000_000, 3_000_000, 1),
    }


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=8))
def test_united_spans_cover_the_same_days_and_lie_apart(raw: list[tuple[int, int]]) -> None:
    found = united(raw)
    days = {day for start, end in raw for day in range(start, end)}
    assert {day for start, end in found for day in range(start, end)} == days
    assert all(before[1] < after[0] for before, after in pairwise(found))
