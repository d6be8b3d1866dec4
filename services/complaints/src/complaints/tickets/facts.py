"""A ticket as other services read it: its whole state, without a word that anybody said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from complaints.tickets.rules import Ticket
from guanxi.events import Fact
from guanxi.events.complaints import ComplaintFiledVoided
from guanxi.events.complaints import Ticket as TicketFact

T = TypeVar("T", bound=TicketFact)
Tell = Callable[[Ticket], Fact]
"""Makes the fact that tells a change, out of the ticket after it."""

_SAME = (
    *("number", "source", "external_ref", "channel", "cause", "about", "severity", "sku", "status", "holder_unit"),
    *("holder_id", "service_level", "filed_at", "promised_at", "answered_at", "resolved_at", "closed_at"),
    *("reopen_count", "handovers", "escalation_level"),
)


def fact_of(kind: type[T], ticket: Ticket, **more: Any) -> T:
    """The fact `kind` with the whole state of the ticket, and what this kind adds to it."""
    state = {name: getattr(ticket, name) for name in _SAME}
    # The address is given for this complaint alone; it travels with it, and is erased with it.
    given = ticket.reply_channel and ticket.reply_address
    reply_to = {"channel": ticket.reply_channel, "address": ticket.reply_address} if given else None
    return kind.model_validate(
        {"complaint_id": ticket.id, "unit": ticket.unit_id, "reply_to": reply_to, **state, **more}
    )


def telling(kind: type[T], **more: Any) -> Tell:
    """How a change is told: as this kind of fact, with what it adds to the state of the ticket after the change."""
    return lambda ticket: fact_of(kind, ticket, **more)


def voided(ticket: Ticket) -> ComplaintFiledVoided:
    """The fact that nobody complained."""
    return ComplaintFiledVoided(
        complaint_id=ticket.id,
        number=ticket.number,
        unit=ticket.unit_id,
        source=ticket.source,
        external_ref=ticket.external_ref,
    )
