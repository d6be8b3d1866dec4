"""What others are told of a message: that it went, that it did not and why; never its words or address."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from guanxi import due
from guanxi.bus import log
from guanxi.db import Tx
from guanxi.events import Event
from guanxi.events.notifications import Message as MessageFact
from guanxi.events.notifications import NotificationFailed, NotificationSent, NotificationSuppressed
from notifications.messages.rules import Message, awaited


async def tell(tx: Tx, messages: Iterable[Message]) -> None:
    """Record the facts that follow from messages' final status, and call who waits for them."""
    told = list(messages)
    await log.record(tx, *(_drafted(tx, one) for one in told))
    moments: dict[str, dict[UUID, datetime]] = {}
    for kind, id_, pause in filter(None, map(awaited, told)):
        moments.setdefault(kind, {})[id_] = tx.now + pause
    # All at once and in one order, as whoever else schedules them: so nobody waits in a ring.
    for kind in sorted(moments):
        await due.schedule_all(tx, kind, moments[kind])


def _drafted(tx: Tx, message: Message) -> Event[MessageFact]:
    fact = _fact(message, tx)
    return log.draft(tx, fact, aggregate=message.id, sequence=message.version, subject=message.customer_id)


def _fact(message: Message, tx: Tx) -> MessageFact:
    about: dict[str, Any] = {
        "message_id": message.id,
        "intent": message.intent,
        "message_class": message.message_class,
        "template": message.template,
        "language": message.language,
        "channel": message.channel,
        "recipient": message.recipient,
        "employee_id": message.employee_id,
        "unit": message.unit_id,
        "cause_type": message.cause_type,
        "cause_id": message.cause_id,
    }
    if message.status == "sent":
        return NotificationSent(**about, sent_at=tx.now, attempts=message.attempts)
    if message.status == "suppressed":
        return NotificationSuppressed(**about, suppressed_at=tx.now, reason=message.reason or "superseded")
    return NotificationFailed(**about, failed_at=tx.now, attempts=message.attempts, reason=message.reason or "unknown")
