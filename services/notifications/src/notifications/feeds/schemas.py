"""What callers send and read about webhooks."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from notifications.feeds.rules import FACTS


def _known(value: str) -> str:
    if value not in FACTS:
        raise PydanticCustomError("unknown_type", "no such fact can be subscribed to")
    return value


Type = Annotated[str, Field(max_length=120, examples=["guanxi.complaints.ComplaintFiled.v1"]), AfterValidator(_known)]
Types = Annotated[list[Type], Field(min_length=1, max_length=100)]
Url = Annotated[str, Field(min_length=1, max_length=2000, examples=["https://hooks.example.com/guanxi"])]


class WebhookPost(BaseModel):
    """Where to send which facts."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"types": ["guanxi.complaints.ComplaintFiled.v1"], "url": "https://hooks.example.com/guanxi"}]
        },
    )

    types: Types
    url: Url


class WebhookPatch(BaseModel):
    """What shall be another way."""

    model_config = ConfigDict(
        extra="forbid", use_attribute_docstrings=True, json_schema_extra={"examples": [{"status": "paused"}]}
    )

    types: Types | None = None
    url: Url | None = None
    status: Literal["active", "paused"] | None = None
    """Paused, facts wait; active again, they are sent."""


class WebhookView(BaseModel):
    """A subscription. Its secret was shown when it was made."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    id: UUID
    version: int
    unit_id: str
    types: list[str]
    url: str
    status: str
    reason: str | None
    """Why it was disabled."""
    created_at: datetime


class WebhookMade(WebhookView):
    """A new subscription with its secret, this once; null when the request is repeated."""

    secret: str | None


class DeliveryView(BaseModel):
    """What became of one event."""

    id: UUID
    event_id: UUID
    event_type: str
    status: str
    attempts: int
    answered: int | None
    reason: str | None
    created_at: datetime
    next_at: datetime
    settled_at: datetime | None
