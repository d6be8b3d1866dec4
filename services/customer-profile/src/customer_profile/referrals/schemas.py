"""What callers send and get about referrals."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from guanxi.events.fields import IsoDate


class NewReferral(BaseModel):
    """Whom this customer brought us."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=True,
        json_schema_extra={
            "examples": [{"referred_id": "019a3c5e-7d11-7abc-8def-0123456789ab", "referred_on": "2026-03-31"}]
        },
    )

    referred_id: UUID
    """The customer who came."""
    referred_on: IsoDate | None = None
    """The day; today, unless given."""


class ReferralRead(BaseModel):
    """That one customer brought us another one."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    status: Literal["active", "voided"]
    referrer_id: UUID
    referred_id: UUID
    referred_on: date
    created_at: datetime
    voided_at: datetime | None
