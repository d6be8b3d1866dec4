from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from complaints.answers.rules import Answer, Conversation, Verdict
from complaints.custody import rules as custody
from complaints.tickets.rules import Status, Ticket
from complaints.tracking.rules import Step, steps

START = datetime(2026, 11, 23, tzinfo=UTC)
TICKET = Ticket(
    id=uuid4(),
    created_at=START,
    recorded_at=START,
    filed_at=START,
    unit_id="head-office",
    number="GX-2026-000001",
    channel="phone",
    status=Status.ASSIGNED,
    holder_unit="finance",
    promised_at=START + timedelta(days=2),
)
NAMES = {"finance": "Finance"}
FIRST = custody.held(TICKET, 1, "first_door", id=uuid4(), now=START)
ROW: dict[str, Any] = {"id": uuid4(), "recorded_at": START, "unit_id": "head-office", "complaint_id": TICKET.id}


def later(hours: int) -> datetime:
    return START + timedelta(hours=hours)


def test_a_fresh_complaint_is_received_held_and_promised() -> None:
    assert steps(TICKET, [FIRST], Conversation(), NAMES) == [
        Step("received", START),
        Step("held", START, "Finance"),
        Step("promised", TICKET.promised_at),
    ]


def test_while_it_is_the_customers_turn_no_time_is_promised() -> None:
    waiting = replace(TICKET, status=Status.WAITING)
    assert steps(waiting, [FIRST], Conversation(), NAMES)[-1] == Step("waiting_for_you", None)


def test_answers_and_reopenings_stand_in_the_order_they_happened() -> None:
    said = Conversation(
        [Answer(**ROW, created_at=later(1), text="a"), Answer(**ROW, created_at=later(3), text="b")],
        [],
        [Verdict(**ROW, created_at=later(2), solved=False, given_by="customer")],
    )
    done = replace(TICKET, status=Status.CLOSED, answered_at=later(3), resolved_at=later(4), closed_at=later(5))
    found = [step.step for step in steps(done, [FIRST], said, NAMES)]
    assert found == ["received", "held", "answered", "reopened", "answered", "resolved", "closed"]


def test_what_was_asked_and_never_begun_is_no_step() -> None:
    asked = replace(FIRST, n=2, to_unit="sales", status="asked", began_at=None)
    assert [step.step for step in steps(TICKET, [FIRST, asked], Conversation(), NAMES)].count("held") == 1


def test_a_unit_without_a_known_name_is_shown_by_its_code() -> None:
    assert steps(TICKET, [FIRST], Conversation(), {})[1] == Step("held", START, "finance")
