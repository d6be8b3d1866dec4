"""Stopping messages by the link inside one of them."""

from __future__ import annotations

from guanxi import directory
from guanxi.db import Reader, Tx
from notifications.messages.rules import Message
from notifications.permissions import Question, Statement
from notifications.permissions import usecases as permissions

_EVIDENCE = "link in a message"


async def unsubscribe(tx: Tx, message: Message) -> None:
    """Withdraw the leave that the message went by: the customer's, and the one given for its complaint.

    A message about a complaint that is stopped is stopped for the customer too: the stricter reading is the safer one.
    """
    if message.customer_id is not None:
        await directory.share_lock(tx, message.customer_id)
    await permissions.hold(tx, [await _question(tx, message)], to_change=True)
    if await is_stopped(tx, message):
        return
    said = [_withdrawal(tx, message, for_ticket=False)] if message.customer_id else []
    said += [_withdrawal(tx, message, for_ticket=True)] if message.ticket_id else []
    await permissions.enter(tx, said)


async def is_stopped(reader: Reader, message: Message) -> bool:
    """Whether such a message would be refused now."""
    return (await permissions.judge(reader, [await _question(reader, message)]))[0].refused


async def _question(reader: Reader, message: Message) -> Question:
    members = await directory.members(reader, message.customer_id) if message.customer_id else []
    return Question(message.message_class, message.channel, message.customer_id, tuple(members), message.ticket_id)


def _withdrawal(tx: Tx, message: Message, *, for_ticket: bool) -> Statement:
    return Statement(
        id=tx.new_id(),
        customer_id=message.customer_id,
        purpose=message.message_class,
        channel=message.channel,
        state="withdrawn",
        said_at=tx.now,
        evidence=_EVIDENCE,
        actor="reader of the message",
        unit=message.unit_id,
        ticket_id=message.ticket_id if for_ticket else None,
    )
