"""Facts about complaints that the complainant hears of."""

from __future__ import annotations

from collections.abc import Sequence

from guanxi.db import Tx
from guanxi.events import Event
from guanxi.events.complaints import ComplaintFiledVoided, Ticket
from notifications import bell
from notifications.messages import rules, usecases
from notifications.permissions import usecases as permissions


async def on_ticket(tx: Tx, events: Sequence[Event[Ticket]]) -> None:
    """Keep the address that the complaint has now, as leave to write about it."""
    await permissions.note_tickets(tx, events)


async def on_progress(tx: Tx, events: Sequence[Event[Ticket]]) -> None:
    """The same, and queue what each fact asks for: receipt, answer or thanks."""
    await on_ticket(tx, events)
    await usecases.queue(tx, filter(None, (rules.wanted_of(event, tx.now) for event in events)))
    tx.after_commit(bell.MESSAGES.ring)


async def on_voided(tx: Tx, events: Sequence[Event[ComplaintFiledVoided]]) -> None:
    """Nobody complained: what waits is not sent, and what is still queued later is dropped when its turn comes."""
    await permissions.void_tickets(tx, events)
    await usecases.drop_for_tickets(tx, [event.data.complaint_id for event in events])
