"""What a correction would take away is held until a person decides, whatever came in which order."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date

import pytest

from complaints.entitlements.evaluation import File, Tried, evaluate
from complaints.entitlements.goods import Record
from complaints.entitlements.rules import Settled

from .builders import file_of, order, shipped

_BIG = 50_000_000
_ON = date(2026, 11, 20)


def tenders(file: File) -> Tried:
    return next(one for one in evaluate(shipped(), file, _ON).customer if one.clause.code == "lifelong.tenders")


def said(tried: Tried) -> tuple[bool, bool, str | None]:
    return tried.applies, tried.flagged, tried.why


@pytest.fixture
def versions() -> list[Record]:
    first = order("2026-01-05", _BIG)
    return [first, replace(first, version=2, amount_minor=_BIG - 1)]


@pytest.mark.parametrize("seed", range(4))
def test_a_correction_below_it_is_flagged_and_nothing_withdrawn(versions: list[Record], seed: int) -> None:
    random.Random(seed).shuffle(versions)
    assert said(tenders(file_of(versions))) == (True, True, "held")


def test_so_is_an_order_that_was_never_placed(versions: list[Record]) -> None:
    gone = replace(versions[1], version=3, voided=True, currency=None, amount_minor=None)
    assert said(tenders(file_of([*versions, gone]))) == (True, True, "held")


def test_another_order_that_reaches_it_leaves_nothing_to_decide(versions: list[Record]) -> None:
    assert said(tenders(file_of([*versions, order("2026-03-01", _BIG)]))) == (True, False, "reached")


def test_a_correction_upwards_is_simply_right(versions: list[Record]) -> None:
    again = replace(versions[0], version=3)
    assert said(tenders(file_of([*versions, again]))) == (True, False, "reached")


def test_an_order_that_never_reached_it_promised_nothing() -> None:
    first = order("2026-01-05", _BIG - 2)
    found = tenders(file_of([first, replace(first, version=2, amount_minor=_BIG - 1)]))
    assert (found.applies, found.reason) == (False, "order-too-small")


@pytest.mark.parametrize(("decision", "applies"), [("kept", True), ("withdrawn", False)])
def test_what_a_person_decided_is_flagged_no_more(versions: list[Record], decision: str, *, applies: bool) -> None:
    settled = Settled(versions[0].record_id, 2, decision)
    found = tenders(file_of(versions, settled=settled))
    assert (found.applies, found.flagged) == (applies, False)


def test_what_is_promised_after_a_withdrawal_is_promised_anew(versions: list[Record]) -> None:
    settled = Settled(versions[0].record_id, 2, "withdrawn")
    again = replace(versions[0], version=3)
    less = replace(versions[1], version=4)
    assert said(tenders(file_of([*versions, again, less], settled=settled))) == (True, True, "held")
