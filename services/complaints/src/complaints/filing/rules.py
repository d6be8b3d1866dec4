"""From what came in to a ticket."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from complaints.routing.rules import Route
from complaints.tickets.rules import Ticket, assign
from guanxi.auth import ADMIN, Principal
from guanxi.problems import Forbidden

OTHER = "other"
NORMAL = "normal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """What somebody complained of, and how it came to us. `first_door` is the unit they came to."""

    id: UUID
    unit_id: str
    customer_id: UUID | None
    source: str | None = None
    external_ref: str | None = None
    channel: str
    text: str | None = None
    cause: str | None = None
    sku: str | None = None
    wish: str | None = None
    severity: str | None = None
    about: str | None = None
    reply_channel: str | None = None
    reply_address: str | None = None
    first_door: str | None = None
    filed_at: datetime
    historic: bool = False
    erased: bool = False


def ticket_of(filing: Filing, route: Route, level: str, now: datetime) -> Ticket:
    """The ticket, assigned to the unit it was routed to; its number comes later."""
    received = replace(
        Ticket(
            id=filing.id,
            created_at=now,
            recorded_at=now,
            unit_id=filing.unit_id,
            number="",
            channel=filing.channel,
            holder_unit=route.unit,
            holder_id=route.lead_id,
            service_level=level,
            historic=filing.historic,
            filed_at=filing.filed_at,
            customer_id=filing.customer_id,
            source=filing.source,
            external_ref=None if filing.erased else filing.external_ref,
        ),
        **_said(filing, now),
    )
    return assign(received)


def corrected(ticket: Ticket, filing: Filing, now: datetime) -> Ticket:
    """The ticket with what was complained of as it should have been reported; its course goes on."""
    filing = replace(filing, erased=filing.erased or ticket.erased_at is not None)
    return replace(ticket, customer_id=filing.customer_id, channel=filing.channel, **_said(filing, now))


def amended(ticket: Ticket, said: Ticket) -> Ticket:
    """The ticket as somebody corrects it by hand; no word is kept of a customer who was erased."""
    if ticket.erased_at is None:
        return said
    return replace(said, text=None, wish=None, reply_channel=None, reply_address=None)


def check_corrector(ticket: Ticket, principal: Principal) -> None:
    """Raise `Forbidden` unless it is the caller's record, the caller's unit holds it, or they are an administrator."""
    if principal.unit not in (ticket.unit_id, ticket.holder_unit) and not principal.may(ADMIN):
        raise Forbidden("Only the unit that took it down or holds it corrects it.", "not-yours-to-correct")


def check_voider(ticket: Ticket, principal: Principal) -> None:
    """Raise `Forbidden` unless it is the caller's record or they are an administrator.

    Whoever only holds it cannot: else what is "not ours" would be voided instead of handed on.
    """
    if principal.unit != ticket.unit_id and not principal.may(ADMIN):
        raise Forbidden("Only the unit that took it down can take it back.", "not-yours-to-void")


def _said(filing: Filing, now: datetime) -> dict[str, Any]:
    kept = not filing.erased
    return {
        "cause": filing.cause or OTHER,
        "about": filing.about,
        "severity": filing.severity or NORMAL,
        "sku": filing.sku,
        "text": filing.text if kept else None,
        "wish": filing.wish if kept else None,
        "reply_channel": filing.reply_channel if kept else None,
        "reply_address": filing.reply_address if kept else None,
        "erased_at": None if kept else now,
    }
