"""Whose a record is, whose it was, and which day it is where the customer's unit is."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from complaints.entitlements.evaluation import File, Tried, evaluate
from complaints.entitlements.goods import Record
from complaints.entitlements.reading import Clock, _files, _Known
from complaints.entitlements.rules import Settled

from .builders import ME, delivery, order, shipped

_BIG = 60_000_000
_ON = date(2026, 11, 20)
_OTHER = uuid4()
_ZONES = {"head-office": ZoneInfo("Asia/Shanghai"), "new-york": ZoneInfo("America/New_York")}


def files(told: list[Record], settled: Settled | None = None, **families: list[UUID]) -> list[File]:
    known = _Known({settled.about_id: settled} if settled else {}, {}, {}, {}, Clock({}))
    keys = {members[0]: members for members in (families or {"me": [ME], "other": [_OTHER]}).values()}
    return list(_files(keys, told, known).values())


def tenders(file: File) -> tuple[bool, bool, str]:
    found: Tried = next(one for one in evaluate(shipped(), file, _ON).customer if one.clause.code == "lifelong.tenders")
    return found.applies, found.flagged, found.why or found.reason


@pytest.fixture
def moved() -> list[Record]:
    first = order("2026-01-05", _BIG)
    return [first, replace(first, version=2, amount_minor=100_000, customer_id=_OTHER)]


@pytest.mark.parametrize("seed", range(4))
def test_an_order_that_goes_to_another_leaves_its_promise_where_it_was(moved: list[Record], seed: int) -> None:
    random.Random(seed).shuffle(moved)
    mine, theirs = files(moved)
    assert (tenders(mine), tenders(theirs)) == ((True, True, "held"), (False, False, "order-too-small"))
    assert (mine.lots, len(theirs.lots)) == ([], 1)


def test_it_brings_the_new_customer_what_it_brings_as_it_stands(moved: list[Record]) -> None:
    mine, theirs = files([moved[0], replace(moved[1], amount_minor=_BIG)])
    assert (tenders(mine), tenders(theirs)) == ((True, True, "held"), (True, False, "reached"))


def test_between_records_of_one_customer_nothing_is_lost(moved: list[Record]) -> None:
    (file,) = files([moved[0], replace(moved[1], amount_minor=_BIG)], me=[ME, _OTHER])
    assert tenders(file) == (True, False, "reached")


def test_what_was_decided_for_one_owner_decides_nothing_for_the_next(moved: list[Record]) -> None:
    big = replace(moved[1], version=3, amount_minor=_BIG)
    last = replace(moved[1], version=4)
    mine, theirs = files([*moved, big, last], Settled(moved[0].record_id, 2, "kept"))
    assert (tenders(mine), tenders(theirs)) == ((True, False, "held"), (True, True, "held"))


def test_a_correction_that_names_nobody_takes_the_goods_and_flags_the_promise(moved: list[Record]) -> None:
    mine, theirs = files([moved[0], replace(moved[1], customer_id=None)])
    assert (tenders(mine), mine.lots) == ((True, True, "held"), [])
    assert (tenders(theirs), theirs.lots) == ((False, False, "no-order"), [])


def test_who_voids_an_order_need_not_say_whose_it_was(moved: list[Record]) -> None:
    gone = replace(moved[0], version=2, customer_id=None, voided=True, lines=[])
    mine, _ = files([moved[0], delivery(moved[0], "2026-01-15", 4), gone])
    assert (tenders(mine), mine.lots) == ((True, True, "held"), [])


def test_it_is_still_the_last_day_where_the_customers_unit_is() -> None:
    one_in_the_afternoon = datetime(2026, 7, 15, 17, tzinfo=UTC)
    clock = Clock(_ZONES)
    assert clock.day(one_in_the_afternoon, "new-york") == date(2026, 7, 15)
    assert clock.day(one_in_the_afternoon) == date(2026, 7, 16)
