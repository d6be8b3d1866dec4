"""Following a complaint by its link, and giving the verdict."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from complaints.answers import usecases as answers
from complaints.custody import usecases as custody
from complaints.tickets import usecases as tickets
from complaints.tickets.rules import BEING_WORKED_ON, Status, Ticket
from complaints.tracking import rules
from complaints.tracking.schemas import Track, TrackingLink, TrackStep
from guanxi import directory
from guanxi.auth import ANONYMOUS, AuditEntry, Principal, audit, tracking
from guanxi.db import Reader, Tx


async def link(
    reader: Reader, principal: Principal, complaint_id: UUID, *, key: bytes, public_url: str
) -> TrackingLink:
    """The link of a ticket that the caller may see, to its page; computed each time, never stored."""
    ticket = await tickets.read(reader, principal, complaint_id)
    token = tracking.token(key, ticket.id)
    return TrackingLink(token=token, url=f"{public_url.rstrip('/')}/track/{token}")


@dataclass(frozen=True, slots=True)
class Seen:
    """What the link shows, and the time zone of the unit that answers for it."""

    track: Track
    zone: str


async def follow(reader: Reader, complaint_id: UUID) -> Track:
    """What the link shows."""
    return (await seen(reader, complaint_id)).track


async def seen(reader: Reader, complaint_id: UUID) -> Seen:
    """The same for a page, which shows moments by a clock on the wall."""
    ticket = await tickets.read(reader, None, complaint_id)
    units = {unit.code: unit for unit in await directory.units(reader)}
    names = {unit.code: unit.name for unit in units.values()}
    said = await answers.of_complaint(reader, complaint_id)
    periods = await custody.of_complaint(reader, complaint_id)
    asked = names.get(ticket.offered_to, ticket.offered_to) if ticket.offered_to else None
    track = Track(
        number=ticket.number,
        status=ticket.status,
        filed_at=ticket.filed_at,
        holder=names.get(ticket.holder_unit, ticket.holder_unit),
        asked=asked,
        promised_at=ticket.promised_at,
        answered_at=ticket.answered_at,
        answer=said.answers[-1].text if said.answers else None,
        solved=ticket.solved,
        may_judge=_may_judge(ticket),
        steps=[TrackStep.model_validate(step) for step in rules.steps(ticket, periods, said, names)],
    )
    holder = units.get(ticket.holder_unit)
    return Seen(track, holder.time_zone if holder else directory.DEFAULT_ZONE.key)


async def judge(tx: Tx, complaint_id: UUID, *, solved: bool, comment: str | None) -> None:
    """Take the customer's verdict; the audit row names the ticket, not the token."""
    ticket = await tickets.lock(tx, complaint_id, None)
    await answers.judge(tx, ticket, solved=solved, comment=comment)
    entry = AuditEntry("POST /v1/track/{token}/verdict", "complaint", ticket.id, ticket.customer_id)
    await audit(tx, ANONYMOUS, entry)


def _may_judge(ticket: Ticket) -> bool:
    return ticket.status not in BEING_WORKED_ON and not (ticket.status is Status.CLOSED and ticket.solved is True)
