"""Rates of participation."""

from __future__ import annotations

import pytest

from interactions.participation.rules import Interviewer, rate


@pytest.mark.parametrize(
    ("part", "whole", "found"),
    [(0, 0, None), (0, 3, 0), (1, 3, 3333), (2, 3, 6667), (3, 3, 10_000), (1, 20_000, 1), (1, 20_001, 0)],
)
def test_a_rate_is_in_hundredths_of_a_percent(part: int, whole: int, found: int | None) -> None:
    assert rate(part, whole) == found


def test_needs_are_counted_per_interview() -> None:
    one = Interviewer(employee_id=None, interviews=3, questions=30, answered=27, needs=5, opportunities=1)
    assert (one.needs_per_hundred, one.answer_rate) == (166, 9000)
