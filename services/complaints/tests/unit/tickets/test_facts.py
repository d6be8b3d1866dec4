from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

from complaints.tickets import facts
from complaints.tickets.rules import Status, Ticket
from complaints.tickets.usecases import human_number
from guanxi.events.complaints import ComplaintAnswered, ComplaintFiled

NOW = datetime(2026, 11, 23, tzinfo=UTC)
TICKET = Ticket(
    id=uuid4(),
    created_at=NOW,
    recorded_at=NOW,
    filed_at=NOW,
    unit_id="dealer-17",
    number="GX-2026-000001",
    channel="phone",
    text="secret words",
    wish="secret wish",
    reply_channel="email",
    reply_address="zhang@example.com",
    status=Status.ANSWERED,
    holder_unit="finance",
    reopen_count=2,
    escalation_level=1,
)


def test_a_fact_carries_the_whole_state_and_none_of_the_words() -> None:
    fact = facts.fact_of(ComplaintFiled, TICKET)
    assert (fact.complaint_id, fact.unit, fact.status) == (TICKET.id, "dealer-17", "answered")
    assert (fact.reopen_count, fact.escalation_level) == (2, 1)
    assert "secret" not in fact.model_dump_json()


def test_the_reply_address_travels_while_there_is_one() -> None:
    fact = facts.fact_of(ComplaintFiled, TICKET)
    assert fact.reply_to is not None
    assert fact.reply_to.address == "zhang@example.com"
    erased = replace(TICKET, reply_channel=None, reply_address=None)
    assert facts.fact_of(ComplaintFiled, erased).reply_to is None


def test_a_kind_adds_its_own_fields() -> None:
    answer_id = uuid4()
    fact = facts.telling(ComplaintAnswered, answer_id=answer_id, in_time=True)(TICKET)
    assert isinstance(fact, ComplaintAnswered)
    assert (fact.answer_id, fact.in_time) == (answer_id, True)


def test_numbers_are_padded_to_six_digits_and_may_grow() -> None:
    assert human_number(123, NOW) == "GX-2026-000123"
    assert human_number(12_345_678, NOW) == "GX-2026-12345678"
