"""Each promise of an agreement that was changed is decided by itself, and each kind of service is held by itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from complaints.entitlements.agreements import Copy
from complaints.entitlements.evaluation import Answer, Tried

from .builders import ask, day, file_of, held, order, signed, version, warranty, wording

_FIRST = version("2025-01-01", "2025-01-01")
_TENDERS = wording("tenders", "tender-documents", "customer")


def story(*said: list[dict[str, Any]]) -> list[Copy]:
    """Versions of an agreement that say this, recorded month by month."""
    moments = [_FIRST.recorded_at.replace(month=n + 1) for n in range(len(said))]
    return [
        replace(_FIRST, id=uuid4(), version=n, recorded_at=moment, clauses=terms)
        for n, (terms, moment) in enumerate(zip(said, moments, strict=True), 1)
    ]


def given(answer: Answer) -> list[Tried]:
    return [one for one in (*answer.customer, *answer.goods[0].tried) if one.applies and one.clause.agreed]


def flagged(answer: Answer) -> set[tuple[int, str]]:
    return {(by.version, one.clause.code) for one in given(answer) if one.flagged for by in one.promised_by}


def decide(versions: list[Copy], decided: dict[tuple[int, str], str]) -> Answer:
    return ask(file_of([order("2025-01-01")], agreements=signed(*versions, decided=decided)), "2025-12-01")


def test_what_is_taken_after_a_decision_waits_for_another() -> None:
    told = story([_TENDERS], [wording(months=24)], [wording(months=6)])
    assert flagged(decide(told[:2], {})) == {(1, "tenders")}
    kept = {(1, "tenders"): "kept"}
    assert flagged(decide(told[:2], kept)) == set()
    answer = decide(told, kept)
    assert (flagged(answer), warranty(answer).until) == ({(2, "towers")}, day("2027-01-01"))


def test_what_a_decided_version_went_on_giving_waits_once_it_is_taken() -> None:
    told = story([_TENDERS, wording(months=24)], [wording(months=24)], [wording(months=6)])
    answer = decide(told, {(1, "tenders"): "kept"})
    assert flagged(answer) == {(1, "towers"), (2, "towers")}
    assert [one.clause.code for one in given(answer) if one.flagged] == ["towers"]
    assert held(next(one for one in given(answer) if one.clause.code == "tenders")) == (True, False, "held")


def test_a_withdrawal_takes_what_was_shown_and_nothing_that_was_kept() -> None:
    told = story([_TENDERS], [], [wording(months=24)], [wording(months=3)])
    decided = {(1, "tenders"): "kept"}
    assert flagged(decide(told, decided)) == {(3, "towers")}
    answer = decide(told, {**decided, (3, "towers"): "withdrawn"})
    assert [(one.clause.code, held(one)) for one in given(answer)] == [("tenders", (True, False, "held"))]
    assert warranty(answer).reason == "expired"


def test_what_a_kept_promise_gives_anyhow_needs_no_other_decision() -> None:
    told = story([_TENDERS], [], [_TENDERS], [])
    assert flagged(decide(told, {})) == {(1, "tenders"), (3, "tenders")}
    assert flagged(decide(told, {(1, "tenders"): "kept"})) == set()
    assert flagged(decide(told, {(1, "tenders"): "withdrawn"})) == {(3, "tenders")}


_EXCHANGE = wording("exchange", kinds=["exchange"], months=12)
_REPAIR = wording("repair", kinds=["repair"], months=24)


@pytest.mark.parametrize(
    ("before", "after", "lost"),
    [
        ([_EXCHANGE, _REPAIR], [_REPAIR], {(1, "exchange")}),
        ([wording(kinds=["exchange", "repair"])], [wording(kinds=["repair"])], {(1, "towers")}),
        ([wording(months=12)], [_REPAIR], {(1, "towers")}),
        ([_EXCHANGE], [wording(months=12)], set()),
        ([wording(kinds=["exchange", "repair"], months=12)], [_EXCHANGE, _REPAIR], set()),
        ([wording(package="gold", months=12)], [wording(months=12)], {(1, "towers")}),
        ([wording(months=12)], [wording(package="gold", months=12)], set()),
        ([_EXCHANGE, _REPAIR], [], {(1, "exchange"), (1, "repair")}),
    ],
)
def test_each_kind_of_service_and_each_package_is_held_by_itself(
    before: list[dict[str, Any]], after: list[dict[str, Any]], lost: set[tuple[int, str]]
) -> None:
    assert flagged(decide(story(before, after), {})) == lost
