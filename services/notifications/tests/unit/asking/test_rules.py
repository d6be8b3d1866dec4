"""Whom nobody may ask: who has said yes or no, is being asked, or was asked within twelve months."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from notifications.asking.rules import ONCE_IN, Request, refusal

NOW = datetime(2026, 3, 31, tzinfo=UTC)


def a_request(state: str, asked_at: datetime | None = None) -> Request:
    base: dict[str, Any] = dict.fromkeys(Request.__slots__)
    return Request(**{**base, "id": uuid4(), "state": state, "asked_at": asked_at})


@pytest.mark.parametrize(
    ("states", "code"),
    [
        ([], None),
        (["unknown", "asked"], None),
        (["granted"], "already-granted"),
        (["denied"], "already-refused"),
        (["withdrawn"], "already-refused"),
        (["granted", "denied"], "already-refused"),
    ],
)
def test_what_any_record_of_the_customer_said_counts(states: list[str], code: str | None) -> None:
    found = refusal(states, [], NOW)
    assert (found[0] if found else None) == code


@pytest.mark.parametrize(
    ("state", "ago", "refused"),
    [
        ("asked", timedelta(days=1), True),
        ("denied", ONCE_IN - timedelta(seconds=1), True),
        ("asked", ONCE_IN, False),
        ("waiting", None, True),
        ("not_asked", None, False),
    ],
)
def test_one_question_in_twelve_months(state: str, ago: timedelta | None, refused: bool) -> None:  # noqa: FBT001
    earlier = a_request(state, NOW - ago if ago is not None else None)
    assert (refusal([], [earlier], NOW) is not None) == refused
