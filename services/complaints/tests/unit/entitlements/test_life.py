from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest

from complaints.entitlements import rules
from complaints.entitlements.rules import Version
from guanxi.problems import Problem

_NOW = datetime(2026, 11, 27, tzinfo=UTC)
_TODAY = date(2026, 11, 27)


def a_version(status: str, number: int = 2, **values: Any) -> Version:
    base: dict[str, Any] = {"id": uuid4(), "version": 1, "created_at": _NOW, "recorded_at": _NOW, "unit_id": "sales"}
    base |= {"number": number, "status": status, "effective_from": _TODAY, "body": {}, "author": "zhou"}
    return Version(**{**base, **values})


@pytest.mark.parametrize(
    ("status", "step", "code"),
    [
        ("draft", lambda one: rules.approved(one, "zhao", None, _NOW), "not-rehearsed"),
        ("rehearsed", lambda one: rules.approved(one, "zhou", None, _NOW), "own-draft"),
        ("approved", lambda one: rules.approved(one, "zhao", None, _NOW), "already-approved"),
        ("draft", lambda one: rules.published(one, _TODAY, _NOW), "not-approved"),
        ("rehearsed", lambda one: rules.published(one, _TODAY, _NOW), "not-approved"),
        ("published", lambda one: rules.published(replace(one, published_at=_NOW), _TODAY, _NOW), "already-published"),
        ("retired", lambda one: rules.rehearsed(replace(one, published_at=_NOW), {}, _NOW), "already-published"),
    ],
)
def test_what_its_state_does_not_allow(status: str, step: Callable[[Version], object], code: str) -> None:
    with pytest.raises(Problem) as refused:
        step(a_version(status))
    assert refused.value.code == code


def test_another_rehearsal_takes_the_approval_back() -> None:
    approved = rules.approved(a_version("rehearsed"), "zhao", uuid4(), _NOW)
    again = rules.rehearsed(approved, {"against": 1}, _NOW)
    assert (again.status, again.approved_by, again.approver_id, again.approved_at) == ("rehearsed", None, None, None)
    assert again.version == approved.version + 1


@pytest.mark.parametrize(
    ("effective_from", "holds_from"),
    [(date(2026, 11, 1), _TODAY), (_TODAY, _TODAY), (date(2027, 1, 1), date(2027, 1, 1))],
)
def test_it_never_reaches_back(effective_from: date, holds_from: date) -> None:
    one = a_version("approved", effective_from=effective_from)
    assert rules.published(one, _TODAY, _NOW).effective_from == holds_from


@pytest.mark.parametrize(
    ("present", "against", "code"),
    [
        (a_version("published", 1, effective_from=date(2009, 1, 1)), 1, None),
        (a_version("published", 3), 3, "superseded"),
        (a_version("published", 1, effective_from=date(2026, 11, 28)), 1, "superseded"),
        (a_version("published", 1), None, "rehearse-again"),
        (a_version("published", 1), 0, "rehearse-again"),
    ],
)
def test_what_is_published_changes_what_was_rehearsed(present: Version, against: int | None, code: str | None) -> None:
    one = a_version("published", rehearsal={"against": against})
    if code is None:
        rules.check_followed(one, present, None)
        return
    with pytest.raises(Problem) as refused:
        rules.check_followed(one, present, None)
    assert refused.value.code == code


def test_what_waits_for_a_later_day_is_not_made_to_follow_what_it_was_not_rehearsed_against() -> None:
    one = a_version("published", 3, rehearsal={"against": 1})
    present = a_version("published", 1, effective_from=date(2009, 1, 1))
    with pytest.raises(Problem) as refused:
        rules.check_followed(one, present, a_version("published", 2, effective_from=date(2027, 1, 1)))
    assert (refused.value.status, refused.value.code) == (409, "another-waits")
