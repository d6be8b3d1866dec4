from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

from complaints.custody import rules
from complaints.tickets.rules import Ticket

NOW = datetime(2026, 11, 23, tzinfo=UTC)
TICKET = Ticket(
    id=uuid4(),
    created_at=NOW,
    recorded_at=NOW,
    filed_at=NOW,
    unit_id="head-office",
    number="GX-2026-000001",
    channel="phone",
    holder_unit="finance",
    holder_id=uuid4(),
)


def test_a_period_begins_with_the_present_holder() -> None:
    period = rules.held(TICKET, 1, "rule", id=uuid4(), now=NOW)
    assert (period.to_unit, period.status, period.began_at) == ("finance", "held", NOW)


def test_the_present_and_the_awaited_period_are_found() -> None:
    first = rules.held(TICKET, 1, "rule", id=uuid4(), now=NOW)
    ended, asked = replace(first, status="ended"), replace(first, n=2, status="asked")
    assert rules.present([ended, first]) is first
    assert rules.present([ended]) is None
    assert rules.awaited([first, asked]) is asked
    assert rules.awaited([first]) is None


def test_a_move_tells_who_had_it_and_whether_it_was_the_wrong_door() -> None:
    period = replace(
        rules.held(TICKET, 2, "wrong_door", id=uuid4(), now=NOW, from_unit="finance"), to_unit="sales", wrong_door=True
    )
    assert rules.moved(TICKET, period) == {
        "from_unit": "finance",
        "to_unit": "sales",
        "from_holder_id": TICKET.holder_id,
        "reason": "wrong_door",
        "wrong_door": True,
    }
