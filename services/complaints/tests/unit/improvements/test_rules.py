from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from complaints.improvements import rules
from complaints.improvements.rules import Improvement
from guanxi.problems import Problem

_NOW = datetime(2026, 11, 27, 4, tzinfo=UTC)
_ZONE = ZoneInfo("Asia/Shanghai")


def an_improvement(**values: Any) -> Improvement:
    base: dict[str, Any] = {"id": uuid4(), "created_at": _NOW, "recorded_at": _NOW, "unit_id": "logistics"}
    base |= {"source": "suggestion", "complaints_since": date(2026, 10, 1), "titles": [], "proposed_by": "chen"}
    return Improvement(**{**base, "effective_on": date(2026, 11, 27), **values})


@pytest.mark.parametrize(
    ("effective_on", "before"),
    [
        (date(2026, 11, 1), _NOW),
        (date(2026, 11, 27), _NOW),  # its day has begun: whoever complained this morning is answered too
        (date(2026, 12, 1), datetime(2026, 11, 30, 16, tzinfo=UTC)),
    ],
)
def test_it_answers_what_was_complained_of_before_its_day(effective_on: date, before: datetime) -> None:
    one = an_improvement(status="approved", effective_on=effective_on)
    assert rules.published(one, _ZONE, _NOW).answers_before == before


@pytest.mark.parametrize(
    ("status", "step", "code"),
    [
        ("proposed", lambda one: rules.published(one, _ZONE, _NOW), "not-approved"),
        ("published", lambda one: rules.published(one, _ZONE, _NOW), "already-published"),
        ("proposed", lambda one: rules.approved(one, "chen", _NOW), "own-proposal"),
        ("approved", lambda one: rules.approved(one, "zhao", _NOW), "already-approved"),
        ("approved", lambda one: rules.amended(one, {"sku": None}, _NOW), "already-approved"),
    ],
)
def test_what_its_state_does_not_allow(status: str, step: Callable[[Improvement], object], code: str) -> None:
    with pytest.raises(Problem) as refused:
        step(an_improvement(status=status))
    assert refused.value.code == code


@pytest.mark.parametrize(("complaints", "pieces", "rate"), [(3, 1000, 3000), (1, 3, 333333), (0, 10, 0), (5, 0, None)])
def test_the_rate_is_per_million_pieces_sold(complaints: int, pieces: int, rate: int | None) -> None:
    assert rules.per_million(complaints, pieces) == rate


@pytest.mark.parametrize(
    ("before", "again"),
    [
        (_NOW + timedelta(days=9), _NOW + timedelta(days=9)),
        (_NOW, _NOW + timedelta(days=1)),
        (_NOW - timedelta(days=41), _NOW + timedelta(days=1)),
        (_NOW - rules.LATE, None),
        (None, None),
    ],
)
def test_it_looks_daily_for_a_while_for_what_came_late(before: datetime | None, again: datetime | None) -> None:
    assert rules.looks_again(an_improvement(status="published", answers_before=before), _NOW) == again
