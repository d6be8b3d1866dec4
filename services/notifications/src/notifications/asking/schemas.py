"""What callers send and read about permission requests."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, StrictBool, model_validator

from guanxi.events.fields import Channel
from notifications.permissions.schemas import Evidence, Purpose

State = Literal["waiting", "asked", "granted", "denied", "not_asked"]


class RequestPost(BaseModel):
    """Ask a customer who has said nothing yet."""

    model_config = ConfigDict(
        extra="forbid",
        use_attribute_docstrings=True,
        json_schema_extra={
            "examples": [
                {
                    "customer_id": "01980000-0000-7000-8000-000000000001",
                    "purpose": "marketing",
                    "channel": "email",
                    "way": "phone",
                }
            ]
        },
    )

    customer_id: UUID
    purpose: Purpose
    channel: Channel
    """Over which channel we would write."""
    way: Literal["phone", "email"]
    """How we ask: you call them, or they get one mail, which goes only with permission for `service`."""


class AnswerPost(BaseModel):
    """What the customer answered."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"granted": True, "evidence": "call of 2026-03-31, 09:40"}]}
    )

    granted: StrictBool
    evidence: Evidence | None = None

    @model_validator(mode="after")
    def _a_grant_has_evidence(self) -> Self:
        if self.granted and not self.evidence:
            message = "a grant needs evidence: where the customer said so"
            raise ValueError(message)
        return self


class RequestView(BaseModel):
    """One question to a customer, and how it stands."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    id: UUID
    version: int
    customer_id: UUID
    purpose: str
    channel: str
    way: str
    state: State
    """`waiting` until the mail has gone; `not_asked` when it could not go."""
    reason: str | None
    """Why it was not asked: no_permission, no_address, ..."""
    created_at: datetime
    asked_at: datetime | None
    answered_at: datetime | None
