"""What others are told of a message: that it went, that it did not and why; never its words or address."""

from __future__ import annotations

from typing import Any

from guanxi import due
from guanxi.bus import log
from guanxi.db import Tx
from guanxi.events.notifications import Message as MessageFact
from guanxi.events.notifications import NotificationFailed, NotificationSent, NotificationSuppressed
from notifications.messages.rules import Message, awaited


async def tell(tx: Tx, message: Message) -> None:
    """Record the fact that follows from a message's final status, and call who waits for it."""
    fact = _fact(message, tx)
    drafted = log.draft(tx, fact, aggregate=message.id, sequence=message.version, subject=message.customer_id)
    await log.record(tx, drafted)
    work = awaited(message)
    if work is not None:
        await due.schedule(tx, tx.now, *work)


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
