"""Answering complaints, and what follows."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter

from complaints.answers import usecases
from complaints.answers.schemas import AnswerCreate, ClosureCreate, ReopeningCreate, ReplyCreate, ResolutionCreate
from complaints.answers.usecases import AnswerGiven
from complaints.fields import IfMatchGiven
from complaints.tickets.schemas import ComplaintItem
from complaints.tickets.steps import Writer, take

router = APIRouter(tags=["answers"])


@router.post("/complaints/{complaint_id}/answers", status_code=201)
async def answer(complaint_id: UUID, body: AnswerCreate, call: Writer, expected: IfMatchGiven) -> ComplaintItem:
    """Answer the complaint your unit holds. Whoever answers what nobody has accepted has thereby accepted it."""
    given = AnswerGiven(**body.model_dump())
    return await take(
        call, complaint_id, expected, lambda tx, ticket: usecases.answer(tx, ticket, given, call.principal)
    )


@router.post("/complaints/{complaint_id}/waiting", status_code=201)
async def wait(complaint_id: UUID, call: Writer, expected: IfMatchGiven) -> ComplaintItem:
    """Wait for the customer, for the unit that holds it: the deadlines stand still until they reply."""
    return await take(call, complaint_id, expected, usecases.wait)


@router.post("/complaints/{complaint_id}/customer-replies", status_code=201)
async def take_reply(complaint_id: UUID, body: ReplyCreate, call: Writer, expected: IfMatchGiven) -> ComplaintItem:
    """Keep what the customer said; a complaint that waited for it goes on."""
    return await take(
        call,
        complaint_id,
        expected,
        lambda tx, ticket: usecases.take_reply(tx, ticket, body.channel, body.text),
        holder_only=False,
    )


@router.post("/complaints/{complaint_id}/resolution", status_code=201)
async def resolve(
    complaint_id: UUID, call: Writer, expected: IfMatchGiven, body: ResolutionCreate | None = None
) -> ComplaintItem:
    """Say that what was wrong has been put right; for the unit that holds it, and only once it is answered."""
    remedy = body.remedy if body else None
    return await take(
        call, complaint_id, expected, lambda tx, ticket: usecases.resolve(tx, ticket, remedy, call.principal)
    )


@router.post("/complaints/{complaint_id}/reopening", status_code=201)
async def reopen(complaint_id: UUID, body: ReopeningCreate, call: Writer, expected: IfMatchGiven) -> ComplaintItem:
    """Reopen what was answered, resolved or closed: its last holder has it again, with a new promised time."""
    by = usecases.CUSTOMER if body.by_customer else call.principal.subject
    return await take(
        call,
        complaint_id,
        expected,
        lambda tx, ticket: usecases.reopen_because(tx, ticket, body.reason, given_by=by),
        holder_only=False,
    )


@router.post("/complaints/{complaint_id}/closure", status_code=201)
async def close(
    complaint_id: UUID, call: Writer, expected: IfMatchGiven, body: ClosureCreate | None = None
) -> ComplaintItem:
    """Close what your unit holds and has resolved. "Not ours" closes nothing: hand it on with a reason."""
    solved = body.solved if body else None
    return await take(call, complaint_id, expected, lambda tx, ticket: usecases.close(tx, ticket, solved=solved))
