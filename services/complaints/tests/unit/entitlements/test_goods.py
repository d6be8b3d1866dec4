from __future__ import annotations

import random
from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from complaints.entitlements.goods import DELIVERY, Lot, Record, lots_of, newest

from .builders import STAND, at, delivery, given_back, order, told


def seen(lots: list[Lot]) -> list[tuple[int, str, bool]]:
    return [(lot.pieces, lot.start.isoformat(), lot.delivered) for lot in lots]


def test_what_came_in_parts_is_covered_in_parts() -> None:
    bought = order("2026-01-05", pieces=10)
    told_ = [bought, delivery(bought, "2026-01-15", 4), delivery(bought, "2026-02-15", 3)]
    assert seen(lots_of(told_, {})) == [(3, "2026-01-05", False), (4, "2026-01-15", True), (3, "2026-02-15", True)]


def test_a_delivery_without_lines_is_all_that_was_left() -> None:
    bought = order("2026-01-05", pieces=10)
    told_ = [bought, delivery(bought, "2026-01-15", 4), delivery(bought, "2026-02-15")]
    assert seen(lots_of(told_, {})) == [(4, "2026-01-15", True), (6, "2026-02-15", True)]


def test_what_came_back_is_taken_from_the_oldest() -> None:
    bought = order("2026-01-05", pieces=10)
    told_ = [bought, delivery(bought, "2026-01-15", 4), delivery(bought, "2026-02-15", 6)]
    assert seen(lots_of([*told_, given_back(bought, "2026-03-01", 5)], {})) == [(5, "2026-02-15", True)]
    assert lots_of([*told_, given_back(bought, "2026-03-01", 10)], {}) == []


def test_a_voided_order_leaves_no_goods_and_a_delivery_of_an_unknown_one_does() -> None:
    bought = order("2026-01-05")
    gone = replace(told("order", "2026-01-05", record_id=bought.record_id), version=2, voided=True)
    assert lots_of([bought, delivery(bought, "2026-01-15", 4), gone], {}) == []
    alone = told(DELIVERY, "2026-01-15", lines=[{"sku": STAND, "quantity": 2}])
    assert seen(lots_of([alone], {})) == [(2, "2026-01-15", True)]


def test_a_day_is_that_of_the_units_time_zone() -> None:
    late = order("2026-01-05", at=at("2026-01-05", 20))
    assert lots_of([late], {"head-office": ZoneInfo("Asia/Shanghai")})[0].start == date(2026, 1, 6)
    assert lots_of([late], {"head-office": ZoneInfo("Europe/London")})[0].start == date(2026, 1, 5)


@pytest.mark.parametrize("seed", range(5))
def test_whatever_the_order_of_arrival_the_newest_stands(seed: int) -> None:
    first = order("2026-01-05", pieces=10)
    second = replace(first, version=2, lines=[{"sku": STAND, "quantity": 7}])
    gone = order("2026-01-06")
    told_ = [first, second, gone, replace(gone, version=2, voided=True), replace(gone, version=3), first]
    random.Random(seed).shuffle(told_)
    assert [(one.record_id, one.version) for one in newest(told_)] == [(first.record_id, 2)]


@given(
    st.lists(st.integers(1, 9), max_size=4),
    st.lists(st.integers(1, 9), max_size=3),
    st.integers(1, 30),
    st.randoms(use_true_random=False),
)
def test_no_piece_is_made_or_lost(sent: list[int], back: list[int], pieces: int, chance: random.Random) -> None:
    bought = order("2026-01-05", pieces=pieces)
    told_: list[Record] = [bought, *(delivery(bought, "2026-01-15", n) for n in sent)]
    told_ += [given_back(bought, "2026-02-01", n) for n in back]
    wanted = max(max(pieces, sum(sent)) - sum(back), 0)
    assert sum(lot.pieces for lot in lots_of(told_, {})) == wanted
    chance.shuffle(told_)
    assert sum(lot.pieces for lot in lots_of(told_, {})) == wanted
