"""Facts about complaints that the complainant hears of."""

from __future__ import annotations

from collections.abc import Sequence

from guanxi.db import Tx
from guanxi.events import Event
from guanxi.events.complaints import ComplaintFiled, ComplaintFiledCorrected, ComplaintFiledVoided, Ticket
from notifications import bell
from notifications.messages import rules, usecases
from notifications.permissions import usecases as permissions


async def on_filed(tx: Tx, events: Sequence[Event[ComplaintFiled]]) -> None:
    """Keep the address given for the complaint, as leave to write about it, and queue the receipt."""
    await permissions.note_ticket_addresses(tx, events)
    await on_progress(tx, events)


async def on_progress(tx: Tx, events: Sequence[Event[Ticket]]) -> None:
    """Queue what each fact asks for: receipt, answer or thanks."""
    await usecases.queue(tx, [wanted for event in events if (wanted := rules.wanted_of(event)) is not None])
    tx.after_commit(bell.MESSAGES.ring)


async def on_corrected(tx: Tx, events: Sequence[Event[ComplaintFiledCorrected]]) -> None:
    """Keep the address as it should have been given."""
    await permissions.note_ticket_addresses(tx, events)


async def on_voided(tx: Tx, events: Sequence[Event[ComplaintFiledVoided]]) -> None:
    """Nobody complained: what is still waiting is not sent."""
    await usecases.drop_for_tickets(tx, [event.data.complaint_id for event in events])
