"""What callers send and read about permissions."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from guanxi.events import Personal
from guanxi.events.fields import Channel, UtcTime

Purpose = Literal["service", "transactional", "marketing", "survey", "personal"]
Evidence = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=200), Personal("text")]


class PermissionStatement(BaseModel):
    """What a customer said about being written to."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    purpose: Purpose
    channel: Channel
    state: Literal["granted", "denied", "withdrawn"]
    evidence: Annotated[Evidence | None, Field(examples=["signed form 2026-114"])] = None
    """How we know: a form, a recording, a link. A grant without it is refused."""
    at: UtcTime | None = None
    """When the customer said so; now, unless given."""

    @model_validator(mode="after")
    def _a_grant_has_evidence(self) -> Self:
        if self.state == "granted" and not self.evidence:
            message = "a grant needs evidence: where the customer said so"
            raise ValueError(message)
        return self


class PermissionsPut(BaseModel):
    """What a customer said, of one or several purposes and channels."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "permissions": [
                        {
                            "purpose": "service",
                            "channel": "email",
                            "state": "granted",
                            "evidence": "signed form 2026-114",
                            "at": "2026-03-31T02:00:00Z",
                        }
                    ]
                }
            ]
        },
    )

    permissions: Annotated[list[PermissionStatement], Field(min_length=1, max_length=50)]


class PermissionView(BaseModel):
    """What holds for one purpose and channel."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    purpose: str
    channel: str
    state: str
    said_at: datetime
    customer_id: UUID
    """The record that decides; with merged customers it may be another member's."""
    evidence: Annotated[str | None, Personal("text")]
    source: str | None
    """The publisher that reported it; none when said to us."""


class PermissionsView(BaseModel):
    """What a customer allows. What is not listed is unknown, and unknown means no."""

    customer_id: UUID
    permissions: list[PermissionView]
