"""Asking customers for permission, by phone or by a mail that may be sent, and taking their answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from guanxi import directory
from guanxi.auth import Principal
from guanxi.db import Reader, Tx
from guanxi.problems import Conflict, NotFound
from notifications import bell
from notifications.asking import rules, store
from notifications.asking.rules import Request
from notifications.asking.schemas import AnswerPost, RequestPost
from notifications.messages import usecases as messages
from notifications.messages.rules import Message
from notifications.permissions import Question
from notifications.permissions import usecases as permissions
from notifications.permissions.rules import ASKED, DENIED, GRANTED

_BY_LINK = "link in a message"


async def ask(tx: Tx, customer: directory.DirectoryCustomer, body: RequestPost, principal: Principal) -> Request:
    """Ask, unless the customer has said something or was asked within twelve months: then 409."""
    members = await directory.members(tx, customer.id)
    await permissions.hold(tx, [_question(body.purpose, body.channel, customer.id, members)], to_change=True)
    held = await permissions.effective(tx, members)
    states = [one.state for one in held if (one.purpose, one.channel) == (body.purpose, body.channel)]
    refused = rules.refusal(states, await store.earlier(tx, members, body.purpose, body.channel), tx.now)
    if refused is not None:
        raise Conflict(*refused)
    made = await store.add(tx, _new(tx, customer, body, principal))
    if made.way == "phone":
        await _enter(tx, made, ASKED, actor=principal.subject, evidence=None)
    else:
        await _ask_by_mail(tx, made, members)
    return made


async def answer(tx: Tx, request_id: UUID, body: AnswerPost, principal: Principal) -> Request:
    """Take the answer that one of ours was given. Raises 404 for another unit's, 409 when it was answered otherwise."""
    await get(tx, principal, request_id)
    state = GRANTED if body.granted else DENIED
    return await _answered(tx, request_id, state, actor=principal.subject, evidence=body.evidence)


async def answer_by_link(tx: Tx, asked: Message, *, granted: bool) -> None:
    """Take the answer that a customer gave on the page behind the mail; the first one holds."""
    found = await store.one(tx, asked.cause_id)
    if found is not None and found.state in rules.OPEN:
        state = GRANTED if granted else DENIED
        await _answered(tx, found.id, state, actor="reader of the message", evidence=_BY_LINK)


async def answered(reader: Reader, asked: Message) -> bool | None:
    """What was answered to the mail that asked, if anything."""
    found = await store.one(reader, asked.cause_id)
    return {GRANTED: True, DENIED: False}.get(found.state) if found else None


async def look(tx: Tx, message_id: UUID, _at: datetime) -> None:
    """Note what became of the mail that asks: the customer was asked, or was not and may be asked again."""
    message = await messages.one(tx, message_id)
    found = await store.one(tx, message.cause_id) if message else None
    if message is None or found is None:
        return
    await _hold(tx, found)
    found = await store.lock(tx, found.id)
    if found is None or found.state != rules.WAITING:
        return
    # A server that did not answer may have it: then the customer was asked.
    if message.status in ("sent", "unknown"):
        await store.mark(tx, found.id, ASKED, asked_at=message.settled_at)
        await _enter(tx, found, ASKED, actor=found.asked_by, evidence=None)
    else:
        await store.mark(tx, found.id, rules.NOT_ASKED, reason=message.reason or message.status)


async def get(reader: Reader, principal: Principal, request_id: UUID) -> Request:
    """One question, or 404."""
    found = await store.one(reader, request_id)
    if found is None or not (principal.internal or found.unit_id == principal.unit):
        raise NotFound("permission request")
    return found


async def page(  # noqa: PLR0913 - one argument for each filter
    reader: Reader,
    principal: Principal,
    *,
    customer_id: UUID | None,
    state: str | None,
    after: Sequence[Any] | None,
    limit: int,
) -> list[Request]:
    """Questions that the caller may see; an internal reader sees those to merged records too."""
    ids = None
    if customer_id is not None:
        ids = await directory.members(reader, customer_id) if principal.internal else [customer_id]
    return await store.page(reader, principal, customer_ids=ids, state=state, after=after, limit=limit)


async def _answered(tx: Tx, request_id: UUID, state: str, *, actor: str, evidence: str | None) -> Request:
    found = await store.one(tx, request_id)
    if found is None:
        raise NotFound("permission request")
    await directory.share_lock(tx, found.customer_id)
    await _hold(tx, found)
    found = await store.lock(tx, request_id)
    if found is None:
        raise NotFound("permission request")
    if found.state == state:
        return found
    if found.state not in rules.OPEN:
        raise Conflict("already-answered", "This was answered already, or never asked; see permissions for a change.")
    done = await store.mark(tx, request_id, state, asked_at=found.asked_at or tx.now, answered_at=tx.now)
    await _enter(tx, found, state, actor=actor, evidence=evidence)
    return done


async def _ask_by_mail(tx: Tx, made: Request, members: Sequence[UUID]) -> None:
    service = _question("service", "email", made.customer_id, members)
    if not (await permissions.judge(tx, [service]))[0].allowed:
        raise Conflict("no-permission", "No permission to write by mail; ask by phone, or send nothing.")
    await messages.queue(tx, [rules.wanted_of(made)])
    tx.after_commit(bell.MESSAGES.ring)


async def _enter(tx: Tx, request: Request, state: str, *, actor: str, evidence: str | None) -> None:
    entry = rules.said(request, state, tx.now, entry_id=tx.new_id(), actor=actor, evidence=evidence)
    await permissions.enter(tx, [entry])


async def _hold(tx: Tx, request: Request) -> None:
    # The permission before the request, here as where it is asked: so nobody waits in a ring.
    about = _question(request.purpose, request.channel, request.customer_id, [request.customer_id])
    await permissions.hold(tx, [about], to_change=True)


def _new(tx: Tx, customer: directory.DirectoryCustomer, body: RequestPost, principal: Principal) -> Request:
    by_phone = body.way == "phone"
    return Request(
        id=tx.new_id(),
        version=1,
        unit_id=customer.unit_id or principal.unit,
        created_at=tx.now,
        customer_id=customer.id,
        purpose=body.purpose,
        channel=body.channel,
        way=body.way,
        state=ASKED if by_phone else rules.WAITING,
        reason=None,
        asked_by=principal.subject,
        asked_at=tx.now if by_phone else None,
        answered_at=None,
    )


def _question(purpose: str, channel: str, customer_id: UUID, members: Sequence[UUID]) -> Question:
    return Question(purpose, channel, customer_id, tuple(members), None)
