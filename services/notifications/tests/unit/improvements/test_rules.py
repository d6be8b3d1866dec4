"""What is counted makes one whole, and who is waited for."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

from notifications.improvements.rules import QUIET, Counted, Improvement, awaited_until, tally

NOW = datetime(2026, 3, 31, tzinfo=UTC)
HOUR = timedelta(hours=1)


def counted(outcome: Any = "told", reason: str | None = None, customers: int = 1, **values: Any) -> Counted:
    numbers = {"asked": 0, "better": 0, "not_better": 0, "latest": NOW}
    return Counted(outcome, reason, customers, **{**numbers, **values})


def an_improvement(complainants: int) -> Improvement:
    return Improvement(uuid4(), {}, date(2026, 3, 31), NOW, complainants, 0, None, 0, None, NOW)


def test_parts_are_counted_together() -> None:
    parts = [
        counted(customers=3, asked=2, better=1, not_better=1, latest=NOW - HOUR),
        counted("pending", customers=2),
        counted("not_told", "no_permission", 4),
        counted("not_told", "historic", 5, not_better=1),
    ]
    whole = tally(parts)
    assert (whole.told, whole.pending, list(whole.not_told.items())) == (
        3,
        2,
        [("historic", 5), ("no_permission", 4)],
    )
    assert (whole.asked, whole.better, whole.not_better) == (2, 1, 2)
    assert (whole.customers, whole.latest) == (14, NOW)


def test_nobody_is_waited_for_when_as_many_customers_are_here_as_complained() -> None:
    assert awaited_until(an_improvement(2), tally([counted(), counted("not_told", "historic")])) is None
    assert awaited_until(an_improvement(0), tally([])) is None


def test_who_is_missing_is_waited_for_until_it_has_been_quiet() -> None:
    assert awaited_until(an_improvement(1), tally([])) == NOW + QUIET
    assert awaited_until(an_improvement(2), tally([counted(latest=NOW + HOUR)])) == NOW + HOUR + QUIET
    assert awaited_until(an_improvement(2), tally([counted(latest=NOW - HOUR)])) == NOW + QUIET
