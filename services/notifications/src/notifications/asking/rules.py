"""When a customer may be asked, and by which words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from notifications.messages.rules import Wanted
from notifications.permissions.rules import ASKED, DENIED, GRANTED, REFUSALS, Statement

INTENT = "permission-request"
WAYS = ("phone", "email")
WAITING, NOT_ASKED = "waiting", "not_asked"
STATES = (WAITING, ASKED, GRANTED, DENIED, NOT_ASKED)
OPEN = frozenset({WAITING, ASKED})
ONCE_IN = timedelta(days=365)
"""Whoever was asked is not asked the same again for so long, whatever the answer was."""


@dataclass(frozen=True, slots=True)
class Request:
    """One question to a customer: whether we may write for this purpose over this channel."""

    id: UUID
    version: int
    unit_id: str
    created_at: datetime
    customer_id: UUID
    purpose: str
    channel: str
    way: str
    state: str
    reason: str | None
    asked_by: str
    asked_at: datetime | None
    answered_at: datetime | None


def refusal(states: Sequence[str], earlier: Sequence[Request], now: datetime) -> tuple[str, str] | None:
    """Why this customer must not be asked, as code and sentence; `states` and `earlier` are those of all records."""
    if REFUSALS & set(states):
        return "already-refused", "The customer has said no; only the customer can take that back."
    if GRANTED in states:
        return "already-granted", "The customer has allowed it already."
    if any(one.state == WAITING for one in earlier):
        return "asked-lately", "The customer is being asked already."
    if any(one.asked_at and now - one.asked_at < ONCE_IN for one in earlier):
        return "asked-lately", "The customer was asked within the last twelve months."
    return None


def wanted_of(request: Request) -> Wanted:
    """The mail that asks; it is of class `service` and goes only with permission for that."""
    return Wanted(
        intent=INTENT,
        key=f"{INTENT}:{request.id}",
        message_class="service",
        channel="email",
        recipient="customer",
        unit=request.unit_id,
        customer_id=request.customer_id,
        employee_id=None,
        ticket_id=None,
        facts={"purpose": request.purpose, "channel": request.channel},
        cause_type=INTENT,
        cause_id=request.id,
        cause_event_id=request.id,
    )


def said(  # noqa: PLR0913 - one argument for each part of an entry
    request: Request, state: str, at: datetime, *, entry_id: UUID, actor: str, evidence: str | None
) -> Statement:
    """The entry of the ledger that a question, or its answer, is."""
    return Statement(
        id=entry_id,
        customer_id=request.customer_id,
        purpose=request.purpose,
        channel=request.channel,
        state=state,
        said_at=at,
        evidence=evidence,
        actor=actor,
        unit=request.unit_id,
    )
