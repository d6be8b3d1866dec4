"""A period of custody: who held a ticket, asked by whom and why, from when to when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from complaints.tickets.rules import Ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """One holding, or one that was only asked for; the columns of its row.

    `wrong_door` says that `from_unit` was the wrong door for this cause; `note` is what was said about it.
    """

    id: UUID
    version: int = 1
    created_at: datetime
    recorded_at: datetime
    unit_id: str
    complaint_id: UUID
    n: int
    from_unit: str | None = None
    to_unit: str
    reason: str
    note: str | None = None
    wrong_door: bool = False
    status: str
    asked_by: str | None = None
    began_at: datetime | None = None
    ended_at: datetime | None = None


def held(ticket: Ticket, n: int, reason: str, *, id: UUID, now: datetime, from_unit: str | None = None) -> Period:  # noqa: A002, PLR0913 - the columns that differ
    """The `n`-th period, with the ticket's present holder, beginning now."""
    return Period(
        id=id,
        created_at=now,
        recorded_at=now,
        unit_id=ticket.unit_id,
        complaint_id=ticket.id,
        n=n,
        from_unit=from_unit,
        to_unit=ticket.holder_unit,
        reason=reason,
        status="held",
        began_at=now,
    )


def present(periods: Sequence[Period]) -> Period | None:
    """The period in which somebody holds the ticket."""
    return next((period for period in periods if period.status == "held"), None)


def awaited(periods: Sequence[Period]) -> Period | None:
    """The period that was asked for and waits to be accepted."""
    return next((period for period in periods if period.status == "asked"), None)


def moved(ticket: Ticket, period: Period) -> dict[str, Any]:
    """What a hand-over's fact says beside the ticket's state."""
    return {
        "from_unit": period.from_unit or ticket.holder_unit,
        "to_unit": period.to_unit,
        "from_holder_id": ticket.holder_id,
        "reason": period.reason,
        "wrong_door": period.wrong_door,
    }
