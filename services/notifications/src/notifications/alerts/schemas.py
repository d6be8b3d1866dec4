"""What callers send and read about alerts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from guanxi.events import Personal

State = Literal["raised", "seen", "done", "escalated"]
RoleName = Literal[
    "owner",
    "holder",
    "holder_lead",
    "to_holder",
    "promiser",
    "fulfilling_lead",
    "head_office",
    "assignee",
    "assignee_lead",
    "raiser",
    "leaver",
    "successor",
    "customer_lead",
    "internal_leads",
]
Note = Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[^\u0000]*$"), Personal("text")]


class AlertView(BaseModel):
    """Something that waits for a person."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    id: UUID
    version: int
    rule: str
    """Code of the rule that raised it: complaint-filed, promise-broken, ..."""
    state: str
    urgent: bool
    employee_id: UUID | None
    """Who was told; none when everybody of the unit was."""
    unit_id: str
    customer_id: UUID | None
    cause_type: str
    cause_id: UUID
    """What it is about: the complaint, the promise, the need, the care task, the step of a review, ..."""
    facts: dict[str, str]
    created_at: datetime
    due_at: datetime | None
    """When somebody above is told, unless it has been seen."""
    seen_at: datetime | None
    done_at: datetime | None
    settled_by: str | None
    note: Annotated[str | None, Personal("text")]
    escalated_from: UUID | None


class AcknowledgementPost(BaseModel):
    """Seen: I am on it. Done: nothing is left to do."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"state": "seen", "note": "I call him this afternoon"}]}
    )

    state: Literal["seen", "done"]
    note: Note | None = None


class AlertRuleView(BaseModel):
    """Which fact tells whom."""

    code: str
    version: int
    fact: str
    recipients: list[str]
    mode: str
    tiers: list[str]
    urgent: bool
    escalate_after: int | None
    enabled: bool


class AlertRulePut(BaseModel):
    """A rule as it shall be; which fact it is about does not change."""

    model_config = ConfigDict(
        extra="forbid",
        use_attribute_docstrings=True,
        json_schema_extra={
            "examples": [
                {
                    "recipients": ["owner", "holder"],
                    "mode": "all",
                    "urgent": True,
                    "escalate_after": 120,
                    "enabled": True,
                }
            ]
        },
    )

    recipients: Annotated[list[RoleName], Field(min_length=1, max_length=14)]
    mode: Literal["all", "first"]
    """Tell all of them, or the first who can be found."""
    tiers: Annotated[list[Annotated[str, Field(min_length=1, max_length=64)]], Field(max_length=20)] = []
    """Only customers who fall from one of these tiers: required for facts about tiers, none for others."""
    urgent: StrictBool
    """Urgent ones are mailed as well."""
    escalate_after: Annotated[int | None, Field(strict=True, ge=1, le=10_000)] = None
    """Working minutes until somebody above is told."""
    enabled: StrictBool = True
