from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

from complaints.filing import rules
from complaints.filing.rules import Filing
from complaints.routing.rules import Route
from complaints.tickets.rules import Status

NOW = datetime(2026, 11, 23, tzinfo=UTC)
LEAD = uuid4()
FILING = Filing(
    id=uuid4(),
    unit_id="dealer-17",
    customer_id=uuid4(),
    channel="phone",
    text="bent",
    wish="a new one",
    reply_channel="phone",
    reply_address="13800131234",
    filed_at=NOW,
)
ROUTE = Route("finance", LEAD, "rule")


def test_a_ticket_is_assigned_from_its_first_moment() -> None:
    ticket = rules.ticket_of(FILING, ROUTE, "vip", NOW)
    assert (ticket.status, ticket.holder_unit, ticket.holder_id) == (Status.ASSIGNED, "finance", LEAD)
    assert (ticket.service_level, ticket.cause, ticket.severity) == ("vip", "other", "normal")
    assert ticket.text == "bent"


def test_of_an_erased_customer_no_word_is_taken() -> None:
    ticket = rules.ticket_of(replace(FILING, erased=True), ROUTE, "ordinary", NOW)
    assert (ticket.text, ticket.wish, ticket.reply_channel, ticket.reply_address) == (None, None, None, None)
    assert ticket.erased_at == NOW


def test_a_correction_keeps_where_the_ticket_is() -> None:
    ticket = replace(rules.ticket_of(FILING, ROUTE, "vip", NOW), holder_unit="sales", status=Status.ANSWERED)
    after = rules.corrected(ticket, replace(FILING, cause="price", text="skewed"), NOW)
    assert (after.cause, after.text) == ("price", "skewed")
    assert (after.holder_unit, after.status, after.service_level) == ("sales", Status.ANSWERED, "vip")


def test_a_correction_does_not_bring_an_erased_word_back() -> None:
    erased = replace(rules.ticket_of(FILING, ROUTE, "vip", NOW), text=None, erased_at=NOW)
    assert rules.corrected(erased, FILING, NOW).text is None
