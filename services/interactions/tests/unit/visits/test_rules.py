"""When on its day a visit took place, and where what is wrong stands."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from guanxi.problems import FieldError, Unprocessable
from interactions.visits import rules

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY = date(2026, 3, 2)
EVENING = datetime(2026, 3, 2, 11, 0, tzinfo=UTC)


def test_a_visit_without_a_moment_was_at_noon_or_is_now() -> None:
    noon = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
    morning = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
    assert rules.moment(DAY, None, SHANGHAI, EVENING, "at") == noon
    assert rules.moment(DAY, None, SHANGHAI, morning, "at") == morning


def test_a_moment_lies_on_the_day_of_the_report() -> None:
    early = datetime(2026, 3, 1, 16, 30, tzinfo=UTC)
    assert rules.moment(DAY, early, SHANGHAI, EVENING, "at") == early
    with pytest.raises(Unprocessable) as refused:
        rules.moment(DAY, datetime(2026, 3, 2, 16, 30, tzinfo=UTC), SHANGHAI, EVENING, "at")
    assert [(error.field, error.code) for error in refused.value.errors] == [("at", "another-day")]


def test_a_day_that_has_not_come_is_not_reported() -> None:
    late = datetime(2026, 3, 1, 16, 30, tzinfo=UTC)
    rules.check_day(DAY, SHANGHAI, late)
    with pytest.raises(Unprocessable):
        rules.check_day(DAY, ZoneInfo("UTC"), late)


def test_a_cue_is_its_mark_and_its_words() -> None:
    assert rules.cue("said-fine-was-not", None) == "said-fine-was-not"
    assert rules.cue("said-fine-was-not", "looked away") == "said-fine-was-not: looked away"


def test_what_is_wrong_with_a_contact_is_named_as_the_report_has_it() -> None:
    errors = [FieldError("content", "x", "y"), FieldError("promises[1].due_at", "x", "y")]
    moved = rules.under("visits[3]", {"content": "result"}, Unprocessable("wrong", errors))
    assert [error.field for error in moved.errors] == ["visits[3].result", "visits[3].promises[1].due_at"]
