"""What goes back by itself and what a person has to look at."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from customer_profile.customers.rules import FieldChange, Revision
from customer_profile.identity.worksheet_rules import Line, decided, edited, in_order, within

NOW = datetime(2026, 3, 31, tzinfo=UTC)
SPEAKS, ABSORBED = uuid4(), uuid4()


def a_line(**values: Any) -> Line:
    return Line(**{"kind": "field", "customer_id": SPEAKS, "what": "size", **values})


def a_revision(version: int, *fields: str, actor: str = "liming", source: str | None = None) -> Revision:
    diff = tuple(FieldChange(field, None, "x") for field in fields)
    return Revision(version, version, NOW + timedelta(days=version), actor, None, source, diff)


@pytest.mark.parametrize(
    ("values", "advice"),
    [
        ({}, "look"),
        ({"customer_id": ABSORBED}, "by_itself"),
        ({"by_person": False}, "by_itself"),
        ({"settled": True}, "by_itself"),
        ({"customer_id": ABSORBED, "settled": False}, "look"),
    ],
)
def test_only_a_persons_entry_under_the_id_that_spoke_needs_a_look(values: dict[str, Any], advice: str) -> None:
    assert a_line(**values).advice(SPEAKS) == advice


def test_a_field_is_one_line_for_whoever_changed_it_however_often() -> None:
    lines = edited(
        SPEAKS,
        [
            a_revision(4, "canonical_id"),
            a_revision(3, "size", "owner_id"),
            a_revision(2, "size", actor="source:dealer-17", source="dealer-17"),
            a_revision(1, "size"),
            a_revision(5, "lifecycle", actor="guanxi"),
        ],
    )
    found = {(one.kind, one.what, one.by): (one.count, one.by_person) for one in lines}
    assert found == {
        ("field", "size", "liming"): (2, True),
        ("field", "size", "source:dealer-17"): (1, False),
        ("owner", "owner_id", "liming"): (1, True),
        ("field", "lifecycle", "guanxi"): (1, False),
    }
    assert max(one.at for one in lines if one.at and one.what == "size") == NOW + timedelta(days=3)


def test_what_needs_a_look_comes_first_and_the_order_is_the_same_for_any() -> None:
    lines = [a_line(kind="rows", what="orders"), a_line(by_person=False), a_line(kind="alias"), a_line()]
    assert in_order(lines, SPEAKS) == in_order(lines[::-1], SPEAKS)
    assert [one.advice(SPEAKS) for one in in_order(lines, SPEAKS)] == ["look", "look", "look", "by_itself"]


@pytest.mark.parametrize(
    ("status", "joined", "fits"),
    [
        ("merged", True, True),
        ("merged", False, False),
        ("never_same", False, True),
        ("never_same", True, False),
        ("open", False, False),
    ],
)
def test_the_matchers_word_fits_or_needs_a_look(status: str, *, joined: bool, fits: bool) -> None:
    assert decided(status, joined=joined) == fits


def test_only_what_came_while_the_merge_stood_counts() -> None:
    later = NOW + timedelta(days=1)
    assert within(later, NOW, None)
    assert within(later, NOW, later)
    assert not within(NOW, NOW, None)
    assert not within(later + timedelta(seconds=1), NOW, later)
