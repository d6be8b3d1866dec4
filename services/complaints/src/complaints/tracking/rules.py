"""The way a complaint took, as its complainant may know it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from complaints.answers.rules import Conversation
from complaints.custody.rules import Period
from complaints.tickets.rules import Status, Ticket


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened on the way, or is promised; `unit` is the name of the unit that took it."""

    step: str
    at: datetime | None
    unit: str | None = None


def steps(ticket: Ticket, periods: Sequence[Period], said: Conversation, names: Mapping[str, str]) -> list[Step]:
    """The steps so far in order, then what is promised."""
    way = [Step("received", ticket.filed_at)]
    way += [Step("answered", answer.created_at) for answer in said.answers]
    way += [Step("reopened", verdict.created_at) for verdict in said.verdicts if not verdict.solved]
    for period in periods:
        if period.began_at is not None:
            unit = names.get(period.to_unit, period.to_unit)
            way.append(Step("held", max(period.began_at, ticket.filed_at), unit))
    if ticket.resolved_at is not None:
        way.append(Step("resolved", ticket.resolved_at))
    if ticket.closed_at is not None:
        way.append(Step("closed", ticket.closed_at))
    way.sort(key=lambda step: step.at or ticket.filed_at)
    if ticket.status is Status.WAITING:
        way.append(Step("waiting_for_you", None))
    elif ticket.promised_at is not None and ticket.answered_at is None:
        way.append(Step("promised", ticket.promised_at))
    return way
