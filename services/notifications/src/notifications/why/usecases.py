"""What a message's link shows, and taking the one tap that it offers."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from guanxi.auth import ANONYMOUS, AuditEntry, audit
from guanxi.db import Reader, Tx
from guanxi.problems import Conflict
from notifications.asking import usecases as asking
from notifications.asking.rules import INTENT as PERMISSION_REQUEST
from notifications.improvements import usecases as improvements
from notifications.improvements.rules import ASKED as IMPROVEMENT_SURVEY
from notifications.links import Links
from notifications.messages import unsubscribing, words
from notifications.messages import usecases as messages
from notifications.messages.rules import Message
from notifications.why.schemas import ReceiptView, WhyView

Question = Literal["improvement", "permission"]
_QUESTIONS: dict[str, Question] = {IMPROVEMENT_SURVEY: "improvement", PERMISSION_REQUEST: "permission"}


async def show(reader: Reader, message_id: UUID, links: Links, default_zone: str) -> WhyView:
    """What the link shows."""
    found = await messages.find(reader, message_id)
    receipt = await messages.receipt(reader, found)
    return WhyView(
        intent=found.intent,
        subject=await words.subject_of(reader, found, links, default_zone),
        message_class=found.message_class,
        channel=found.channel,
        about="complaint" if receipt and receipt.ticket else "class",
        sent_at=found.settled_at if found.status == "sent" else None,
        permitted_at=receipt.said_at if receipt else None,
        permission=ReceiptView(
            purpose=receipt.purpose,
            channel=receipt.channel,
            since=receipt.said_at,
            evidence=receipt.evidence,
            source=receipt.source,
        )
        if receipt
        else None,
        stopped=await unsubscribing.is_stopped(reader, found),
        question=_QUESTIONS.get(found.intent),
        answer=await _answer(reader, found),
        stop=links.unsubscribe(found.id),
    )


async def withdraw(tx: Tx, message_id: UUID) -> None:
    """Stop such messages. The audit row names the message, not the token."""
    found = await messages.find(tx, message_id)
    await unsubscribing.unsubscribe(tx, found)
    await audit(tx, ANONYMOUS, AuditEntry("unsubscribe", "message", found.id, found.customer_id))


async def answer(tx: Tx, message_id: UUID, *, yes: bool) -> None:
    """Take the answer to what the message asks; 409 where it asks nothing."""
    found = await messages.find(tx, message_id)
    match _QUESTIONS.get(found.intent):
        case "improvement":
            await improvements.reply(tx, found, better=yes)
        case "permission":
            await asking.answer_by_link(tx, found, granted=yes)
        case _:
            raise Conflict("nothing-asked", "This message asks nothing.")
    await audit(tx, ANONYMOUS, AuditEntry("answer", "message", found.id, found.customer_id))


async def _answer(reader: Reader, found: Message) -> bool | None:
    match _QUESTIONS.get(found.intent):
        case "improvement":
            return await improvements.replied(reader, found)
        case "permission":
            return await asking.answered(reader, found)
    return None
