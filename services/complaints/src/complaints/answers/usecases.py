"""Answering, waiting, resolving, closing and reopening; each tells the ticket's whole new state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from complaints.answers import store
from complaints.answers.rules import Answer, Conversation, Reply, Verdict
from complaints.custody import usecases as custody
from complaints.deadlines import rules as steps
from complaints.deadlines import usecases as deadlines
from complaints.tickets import rules
from complaints.tickets import usecases as tickets
from complaints.tickets.facts import telling
from complaints.tickets.rules import Ticket
from guanxi.auth import Principal
from guanxi.db import Reader, Tx
from guanxi.events.complaints import (
    ComplaintAnswered,
    ComplaintClosed,
    ComplaintReopened,
    ComplaintResolved,
    ComplaintResumed,
    ComplaintWaiting,
)

NOT_SOLVED, REOPENED = "not_solved", "reopened"
CUSTOMER = "customer"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerGiven:
    """What an answer says and how it was checked."""

    text: str
    remedy: str | None = None
    quality: int | None = None
    conduct: Sequence[str] = ()


async def answer(tx: Tx, ticket: Ticket, given: AnswerGiven, principal: Principal) -> Ticket:
    """Answer a ticket; whoever of its unit answers what nobody has accepted has accepted it."""
    ticket = await _go_on(tx, await deadlines.miss(tx, ticket))
    # An administrator of another unit answers in its name and does not become its holder.
    taker = principal.employee_id if principal.unit == ticket.holder_unit else None
    after = rules.answer(ticket, taker, given.remedy, tx.now)
    await custody.withdraw_offer(tx, ticket)
    met = await deadlines.meet(tx, ticket, steps.ACKNOWLEDGE, steps.ANSWER, steps.CUSTODY)
    said = Answer(
        **_about(tx, ticket),
        text=None if ticket.erased_at else given.text,
        remedy=given.remedy,
        answered_by=principal.employee_id,
        quality=given.quality,
        conduct=list(given.conduct),
        in_time=met.get(steps.ANSWER),
    )
    await store.insert(tx, said)
    told = telling(ComplaintAnswered, answer_id=said.id, answered_by=said.answered_by, in_time=said.in_time)
    return await tickets.change(tx, after, told)


async def wait(tx: Tx, ticket: Ticket) -> Ticket:
    """Stop the clocks until the customer says something."""
    waiting = rules.wait(await deadlines.miss(tx, ticket))
    await deadlines.pause(tx, waiting)
    return await tickets.change(tx, waiting, telling(ComplaintWaiting))


async def take_reply(tx: Tx, ticket: Ticket, channel: str, text: str) -> Ticket:
    """Keep what the customer said; what waited for it goes on."""
    after = rules.go_on(ticket)
    said = Reply(**_about(tx, ticket), channel=channel, text=None if ticket.erased_at else text)
    await store.insert(tx, said)
    if after.status is ticket.status:
        return await tickets.change(tx, after, None)
    return await tickets.change(tx, await deadlines.resume(tx, after), telling(ComplaintResumed))


async def resolve(tx: Tx, ticket: Ticket, remedy: str | None, principal: Principal | None) -> Ticket:
    """What was wrong has been put right."""
    ticket = await deadlines.miss(tx, ticket)
    after = rules.resolve(ticket, remedy, tx.now)
    met = await deadlines.meet(tx, ticket, steps.RESOLVE)
    by, in_time = principal.employee_id if principal else None, met.get(steps.RESOLVE)
    told = telling(ComplaintResolved, remedy=after.remedy, resolved_by=by, in_time=in_time)
    return await tickets.change(tx, after, told)


async def close(tx: Tx, ticket: Ticket, *, solved: bool | None = None) -> Ticket:
    """It is over, and nobody holds it any more."""
    closed = rules.close(ticket, tx.now, solved=solved)
    await custody.end(tx, ticket)
    return await tickets.change(tx, closed, telling(ComplaintClosed, solved=solved))


async def reopen(tx: Tx, ticket: Ticket, *, by_customer: bool) -> Ticket:
    """It was not solved: give it back to its last holder and promise an answer anew."""
    back = await custody.begin_again(tx, rules.reopen(await deadlines.miss(tx, ticket)))
    promised = await deadlines.promise_again(tx, back)
    reason = NOT_SOLVED if by_customer else REOPENED
    return await tickets.change(tx, promised, telling(ComplaintReopened, by_customer=by_customer, reason=reason))


async def reopen_because(tx: Tx, ticket: Ticket, reason: str, *, given_by: str) -> Ticket:
    """Reopen a ticket for a reason that somebody gave; it is kept as their verdict."""
    reopened = await reopen(tx, ticket, by_customer=given_by == CUSTOMER)
    await _keep_verdict(tx, ticket, solved=False, comment=reason, given_by=given_by)
    return reopened


async def judge(tx: Tx, ticket: Ticket, *, solved: bool, comment: str | None) -> Ticket:
    """The customer's word: solved closes it, not solved reopens it; said twice it changes nothing the second time."""
    if _said_before(ticket, solved=solved, conversation=await store.conversation(tx, ticket.id)):
        return ticket
    judged = await _judged(tx, ticket, solved=solved)
    await _keep_verdict(tx, ticket, solved=solved, comment=comment, given_by=CUSTOMER)
    return judged


async def of_complaint(reader: Reader, complaint_id: UUID) -> Conversation:
    """Everything said about a ticket."""
    return await store.conversation(reader, complaint_id)


async def erase(tx: Tx, customer_ids: Sequence[UUID]) -> int:
    """Blank every word about tickets of these customers."""
    return await store.erase(tx, customer_ids)


async def _keep_verdict(tx: Tx, ticket: Ticket, *, solved: bool, comment: str | None, given_by: str) -> None:
    kept = None if ticket.erased_at else comment
    await store.insert(tx, Verdict(**_about(tx, ticket), solved=solved, given_by=given_by, comment=kept))


async def _judged(tx: Tx, ticket: Ticket, *, solved: bool) -> Ticket:
    if not solved:
        return await reopen(tx, ticket, by_customer=True)
    if ticket.status is rules.Status.CLOSED:
        return await tickets.change(tx, replace(ticket, solved=True), telling(ComplaintClosed, solved=True))
    if ticket.status is not rules.Status.RESOLVED:
        ticket = await resolve(tx, ticket, None, None)
    return await close(tx, ticket, solved=True)


async def _go_on(tx: Tx, ticket: Ticket) -> Ticket:
    if ticket.status is not rules.Status.WAITING:
        return ticket
    return await deadlines.resume(tx, rules.go_on(ticket))


def _said_before(ticket: Ticket, *, solved: bool, conversation: Conversation) -> bool:
    last = conversation.verdicts[-1] if conversation.verdicts else None
    if last is None or last.solved is not solved:
        return False
    return ticket.solved is True if solved else ticket.status in rules.BEING_WORKED_ON


def _about(tx: Tx, ticket: Ticket) -> dict[str, Any]:
    at = {"created_at": tx.now, "recorded_at": tx.now}
    return {"id": tx.new_id(), "unit_id": ticket.unit_id, "complaint_id": ticket.id, **at}
