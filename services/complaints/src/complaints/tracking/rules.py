"""The way a complaint took, as its complainant may know it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from complaints.answers.rules import Conversation
from complaints.custody.rules import Period
from complaints.tickets.rules import Status, Ticket
from complaints.tracking.schemas import TrackStep


def steps(ticket: Ticket, periods: Sequence[Period], said: Conversation, names: Mapping[str, str]) -> list[TrackStep]:
    """The steps so far in order, then what is promised."""
    way = [TrackStep(step="received", at=ticket.filed_at)]
    way += [TrackStep(step="answered", at=answer.created_at) for answer in said.answers]
    way += [TrackStep(step="reopened", at=verdict.created_at) for verdict in said.verdicts if not verdict.solved]
    for period in periods:
        if period.began_at is not None:
            unit = names.get(period.to_unit, period.to_unit)
            way.append(TrackStep(step="held", at=max(period.began_at, ticket.filed_at), unit=unit))
    if ticket.resolved_at is not None:
        way.append(TrackStep(step="resolved", at=ticket.resolved_at))
    if ticket.closed_at is not None:
        way.append(TrackStep(step="closed", at=ticket.closed_at))
    way.sort(key=lambda step: step.at or ticket.filed_at)
    if ticket.status is Status.WAITING:
        way.append(TrackStep(step="waiting_for_you", at=None))
    elif ticket.promised_at is not None and ticket.answered_at is None:
        way.append(TrackStep(step="promised", at=ticket.promised_at))
    return way
