"""The life of a designation."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from guanxi.ports import SystemIds
from guanxi.problems import Conflict
from scoring.designations.rules import Designation, decided, ended, entering, leaving

NOON = datetime(2026, 3, 31, 12, tzinfo=UTC)
LATER = NOON + timedelta(days=400)


def proposed(by: str = "li.ming") -> Designation:
    ids = SystemIds()
    return Designation(
        id=ids.new(),
        version=1,
        created_at=NOON,
        recorded_at=NOON,
        customer_id=ids.new(),
        status="proposed",
        reason="opens-the-north",
        proposed_by=by,
    )


def test_what_is_approved_begins_and_ends() -> None:
    one = decided(proposed(), "approved", "agreed", "zhao", NOON)
    assert (one.status, one.version, one.since, one.decided_by) == ("approved", 2, NOON, "zhao")
    over = ended(one, "moved-away", "zhao", LATER)
    assert (over.status, over.version, over.since, over.until, over.end_reason) == (
        "ended",
        3,
        NOON,
        LATER,
        "moved-away",
    )


def test_what_was_never_approved_has_no_time() -> None:
    assert ended(proposed(), "a-mistake", "li.ming", LATER).until is None
    assert decided(proposed(), "refused", None, "zhao", NOON).since is None


@pytest.mark.parametrize("decision", ["approved", "refused"])
def test_nobody_decides_on_what_they_proposed(decision: str) -> None:
    with pytest.raises(Conflict, match="somebody else"):
        decided(proposed("zhao"), decision, None, "zhao", NOON)  # type: ignore[arg-type]


def test_a_decision_is_made_once_and_an_end_too() -> None:
    one = decided(proposed(), "refused", None, "zhao", NOON)
    with pytest.raises(Conflict, match="refused already"):
        decided(one, "approved", None, "zhao", NOON)
    with pytest.raises(Conflict, match="refused already"):
        ended(one, "x", "zhao", NOON)


def test_a_reason_names_the_top_tier_only_when_it_was_that() -> None:
    assert (entering("top", "top"), entering("high", "top")) == ("top-tier", "key-segment")
    by_tier, by_segment = (replace(proposed("guanxi"), reason=one) for one in ("top-tier", "key-segment"))
    assert leaving(by_tier, "high", "top") == "left-top-tier"
    # The segment takes the top tier no more, or the customer is part of another now.
    assert leaving(by_tier, "top", "top") == "left-key-segment"
    assert leaving(by_segment, "middle", "top") == "left-key-segment"
