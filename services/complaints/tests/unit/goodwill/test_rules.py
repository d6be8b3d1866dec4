from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from complaints.goodwill import rules
from complaints.goodwill.rules import Request
from guanxi.problems import Problem

_NOW = datetime(2026, 11, 27, tzinfo=UTC)
_LIMIT = 5_000_000


def a_request(**values: Any) -> Request:
    base: dict[str, Any] = {"id": uuid4(), "created_at": _NOW, "recorded_at": _NOW, "unit_id": "sales", "answer": {}}
    base |= {"customer_id": uuid4(), "kind": "exchange", "cost_minor": _LIMIT, "currency": "CNY", "asked_by": "zhou"}
    return Request(**{**base, **values})


@pytest.mark.parametrize(
    ("level", "by", "cost", "code"),
    [
        ("staff", "chen", 1, "not-yours-to-decide"),
        ("lead", "chen", _LIMIT, None),
        ("lead", "chen", _LIMIT + 1, "above-your-limit"),
        ("director", "zhao", _LIMIT + 1, None),
        ("director", "zhou", 1, "own-request"),
    ],
)
def test_who_approves_how_much(level: str, by: str, cost: int, code: str | None) -> None:
    if code is None:
        rules.check_decider(a_request(cost_minor=cost), "approved", level, by, _LIMIT)
        return
    with pytest.raises(Problem) as refused:
        rules.check_decider(a_request(cost_minor=cost), "approved", level, by, _LIMIT)
    assert refused.value.code == code


def test_a_lead_refuses_any_amount() -> None:
    rules.check_decider(a_request(cost_minor=_LIMIT * 9), "refused", "lead", "chen", _LIMIT)


@pytest.mark.parametrize("status", ["approved", "refused", "spent"])
def test_a_decision_is_taken_once(status: str) -> None:
    with pytest.raises(Problem) as refused:
        rules.decided(a_request(status=status), "approved", None, "zhao", _NOW)
    assert refused.value.code == "already-decided"


@pytest.mark.parametrize(
    ("status", "code"), [("asked", "not-approved"), ("refused", "not-approved"), ("spent", "already-spent")]
)
def test_only_what_was_approved_is_spent_and_once(status: str, code: str) -> None:
    with pytest.raises(Problem) as refused:
        rules.spent(a_request(status=status), 1, _NOW, _NOW)
    assert refused.value.code == code


def test_what_the_warranty_covers_needs_no_goodwill() -> None:
    assert rules.entitled("repair", ["exchange", "repair"], covered=True)
    assert not rules.entitled("refund", ["exchange", "repair"], covered=True)
    assert not rules.entitled("repair", ["exchange", "repair"], covered=False)
