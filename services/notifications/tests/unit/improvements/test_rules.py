"""Customers are counted, not records, and nobody is finished while somebody waits."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from notifications.improvements.rules import Improvement, Telling, finished, tally

NOW = datetime(2026, 3, 31, tzinfo=UTC)


def a_telling(customer: UUID, status: str | None = "sent", reason: str | None = None, **values: Any) -> Telling:
    base: dict[str, Any] = dict.fromkeys(Telling.__slots__)
    base |= {"id": uuid4(), "customer_id": customer, "status": status, "reason": reason}
    return Telling(**{**base, **values})


def an_improvement(complainants: int) -> Improvement:
    return Improvement(uuid4(), {}, date(2026, 3, 31), NOW, complainants, 0, None, 0, None)


@pytest.mark.parametrize(
    ("status", "reason", "told", "pending", "not_told"),
    [
        ("sent", None, 1, 0, {}),
        ("delivered", None, 1, 0, {}),
        ("queued", "retry", 0, 1, {}),
        ("held", None, 0, 1, {}),
        ("sending", None, 0, 1, {}),
        ("suppressed", "no_permission", 0, 0, {"no_permission": 1}),
        ("failed", "refused", 0, 0, {"refused": 1}),
        ("unknown", "no_answer", 0, 0, {"no_answer": 1}),
        (None, None, 0, 0, {"historic": 1}),
    ],
)
def test_what_became_of_the_message_is_the_outcome(
    status: str | None, reason: str | None, told: int, pending: int, not_told: dict[str, int]
) -> None:
    counted = tally([a_telling(uuid4(), status, reason)], {})
    assert (counted.told, counted.pending, counted.not_told) == (told, pending, not_told)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (("suppressed", "duplicate"), ("sent", None), (1, 0, {})),
        (("suppressed", "duplicate"), ("queued", None), (0, 1, {})),
        (("suppressed", "duplicate"), ("failed", "refused"), (0, 0, {"refused": 1})),
        (("suppressed", "no_permission"), ("suppressed", "no_permission"), (0, 0, {"no_permission": 1})),
        (("sent", None), ("suppressed", "no_permission"), (1, 0, {})),
    ],
)
def test_joined_records_are_one_customer(
    first: tuple[str, str | None], second: tuple[str, str | None], expected: tuple[int, int, dict[str, int]]
) -> None:
    one, other = uuid4(), uuid4()
    rows = [a_telling(one, *first), a_telling(other, *second)]
    for mixed in (rows, rows[::-1]):
        counted = tally(mixed, {one: one, other: one})
        assert (counted.told, counted.pending, counted.not_told) == expected


def test_replies_are_counted_by_customer() -> None:
    one, other, third = uuid4(), uuid4(), uuid4()
    rows = [a_telling(one, ask_at=NOW, better=True), a_telling(other, ask_at=NOW), a_telling(third, better=False)]
    counted = tally(rows, {one: one, other: one, third: third})
    assert (counted.asked, counted.better, counted.not_better) == (1, 1, 1)


def test_all_have_an_outcome_when_nobody_waits_and_nobody_is_missing() -> None:
    done, waiting = [a_telling(uuid4()), a_telling(uuid4())], [a_telling(uuid4(), "queued")]
    assert finished(an_improvement(2), done, tally(done, {}))
    assert not finished(an_improvement(3), done, tally(done, {}))
    assert not finished(an_improvement(1), done + waiting, tally(done + waiting, {}))
    assert finished(an_improvement(0), [], tally([], {}))
