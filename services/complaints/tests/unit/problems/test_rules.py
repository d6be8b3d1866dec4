from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from complaints.problems import rules
from complaints.problems.rules import Problem
from guanxi.problems import Problem as Refusal

_NOW = datetime(2026, 11, 27, tzinfo=UTC)


def a_problem(status: str) -> Problem:
    return Problem(
        id=uuid4(),
        created_at=_NOW,
        recorded_at=_NOW,
        unit_id="head-office",
        cause="neglect",
        sku="STAND-40",
        status=status,
        since=date(2026, 11, 1),
        complaints=5,
        complainants=5,
    )


def test_a_solution_may_be_replaced_by_a_better_one() -> None:
    first = rules.solved(a_problem("recognised"), "Send new ones.", "exchange", "wang", _NOW)
    second = rules.solved(first, "Send them by express.", None, "zhao", _NOW)
    assert (second.status, second.solution, second.remedy, second.version) == (
        *("solution_decided", "Send them by express.", None, 3),
    )


@pytest.mark.parametrize(
    ("status", "step", "code"),
    [
        ("suspected", lambda one: rules.solved(one, "x", None, "wang", _NOW), "not-recognised"),
        ("improved", lambda one: rules.solved(one, "x", None, "wang", _NOW), "improved"),
        ("recognised", lambda one: rules.recognised(one, "wang", _NOW), "already-recognised"),
    ],
)
def test_what_its_state_does_not_allow(status: str, step: Callable[[Problem], object], code: str) -> None:
    with pytest.raises(Refusal) as refused:
        step(a_problem(status))
    assert refused.value.code == code


def test_a_second_improvement_moves_nothing() -> None:
    first = rules.improved(a_problem("recognised"), _NOW, _NOW)
    assert rules.improved(first, _NOW + timedelta(days=30), _NOW) == first
