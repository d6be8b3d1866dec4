"""Thin rows of what other services keep: complaints and messages."""

from __future__ import annotations

from collections.abc import Sequence

from guanxi.db import Tx
from guanxi.directory import newest
from guanxi.events import Event
from guanxi.events.complaints import ComplaintFiledVoided, Ticket
from guanxi.events.notifications import Message
from interactions.timeline import usecases
from interactions.timeline.rules import Entry, Summary, of_message, of_ticket


async def on_ticket(tx: Tx, events: Sequence[Event[Ticket]]) -> None:
    """Show each complaint as its newest fact leaves it."""
    await usecases.write(tx, [entry for event in newest(events) if (entry := of_ticket(event))])


async def on_ticket_voided(tx: Tx, events: Sequence[Event[ComplaintFiledVoided]]) -> None:
    """Hide a complaint that nobody made, also from news of it that comes later."""
    await usecases.bury(tx, [_grave(event) for event in newest(events) if event.subject])


async def on_message(tx: Tx, events: Sequence[Event[Message]]) -> None:
    """Show each message to the customer with what became of it."""
    await usecases.write(tx, [entry for event in newest(events) if (entry := of_message(event))])


def _grave(event: Event[ComplaintFiledVoided]) -> Entry:
    assert event.subject  # noqa: S101 - the caller has looked
    return Entry(
        id=event.data.complaint_id,
        customer_id=event.subject,
        at=event.time,
        kind="complaint",
        unit_id=event.data.unit,
        sequence=event.sequence,
        summary=Summary(),
    )
