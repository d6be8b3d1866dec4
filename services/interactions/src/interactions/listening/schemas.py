"""Opinions and mentions over HTTP."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class _Read(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    customer_id: UUID | None = Field(description="Null when it was said without a name.")
    unit: str = Field(validation_alias="unit_id", description="The unit whose record it is.")
    source: str | None
    external_ref: str | None
    recorded_at: datetime
    voided_at: datetime | None


class GradeRead(BaseModel):
    """One item: what was expected and what was got, from 0 to 10."""

    model_config = ConfigDict(from_attributes=True)

    item: str
    expected: int | None
    obtained: int
    facet: str | None = Field(description="What it is about, where the questionnaire says so.")


class OpinionRead(_Read):
    """A card or survey that was filled in."""

    questionnaire: str
    questionnaire_version: int | None
    kind: str | None = Field(description="`card`, `survey` or `exit`; null for a code that is no questionnaire here.")
    invitation_id: UUID | None = Field(description="The invitation that it answers, where the customer signed.")
    given_at: datetime = Field(description="Of what was given without a name the day's beginning, in UTC.")
    grades: list[GradeRead]
    free_text: str | None


class MentionRead(_Read):
    """What somebody said of the firm in public."""

    platform: str
    observed_at: datetime
    handle: str | None
    text: str | None
    url: str | None
    sentiment: str | None
