"""What callers read about the telling of an improvement."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class TellingView(BaseModel):
    """One record of a customer that the improvement concerns."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    customer_id: UUID
    canonical_id: UUID
    """The record that speaks for the customer; merged records are one customer, told once."""
    complaint_id: UUID
    """The complaint by which it concerns them; of several the one that was read first."""
    outcome: Literal["told", "not_told", "pending"]
    reason: str | None
    """Why not: no_permission, no_address, erased, historic, duplicate (told under another record), refused, ..."""
    message_id: UUID | None
    told_at: datetime | None
    ask_at: datetime | None
    """When they are asked whether it is better; only with permission for surveys."""
    better: bool | None
    """What they answered."""
    replied_at: datetime | None


class NotToldView(BaseModel):
    """How many customers were not told, for one reason."""

    reason: str
    customers: int


class TellingsView(BaseModel):
    """Whom an improvement was told to. Customers are counted, merged records as one."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    improvement_id: UUID
    titles: dict[str, str]
    effective_on: date
    published_at: datetime
    told: int
    not_told: list[NotToldView]
    pending: int
    anonymous: int
    """Complaints of it without a name: nobody can be told."""
    asked: int
    """How many of those who were told are asked, or will be, whether it is better."""
    better: int
    not_better: int
    finished_at: datetime | None
    """When all had an outcome, the last time."""
    items: list[TellingView]
    next: str | None
    """The cursor of the next page; null on the last."""
