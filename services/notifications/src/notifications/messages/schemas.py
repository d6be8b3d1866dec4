"""What callers read about messages."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from guanxi.events import Personal

Status = Literal["queued", "held", "sending", "sent", "delivered", "failed", "unknown", "suppressed"]


class MessageView(BaseModel):
    """A message, without its words: they are made when it is sent and not kept."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    id: UUID
    version: int
    intent: str
    message_class: str
    template: str
    language: str | None
    channel: str
    recipient: str
    customer_id: UUID | None
    employee_id: UUID | None
    ticket_id: UUID | None
    cause_type: str
    cause_id: UUID
    status: str
    reason: str | None
    """Why it was suppressed, failed, or is tried again."""
    permission_event_id: UUID | None
    """The entry of the ledger of permissions that allowed or refused it."""
    created_at: datetime
    send_after: datetime
    attempts: int
    settled_at: datetime | None


class AttemptView(BaseModel):
    """One try to hand it over."""

    n: int
    started_at: datetime
    ended_at: datetime | None
    outcome: str | None
    code: int | None


class MessageDetail(MessageView):
    """A message with its address and delivery log."""

    address: Annotated[str | None, Personal("email")]
    provider_key: str | None
    log: list[AttemptView]


class UnsubscribeView(BaseModel):
    """What the link stops, and whether it is stopped."""

    message_class: str
    channel: str
    stopped: bool
