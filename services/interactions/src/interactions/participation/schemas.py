"""The participation report over HTTP; rates are in hundredths of a percent."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class _Asked(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    invited: int
    answered: int = Field(description="With or without a name.")
    lapsed: int
    rate: int | None = Field(description="Of those invited, in hundredths of a percent; null when nobody was.")


class TotalRead(_Asked):
    """Over all channels."""


class ChannelRead(_Asked):
    """One channel."""

    channel: str


class GiverRead(_Asked):
    """One employee."""

    handed_by: UUID | None = Field(description="Null: sent, not handed over by anybody.")


class PrintedRead(BaseModel):
    """Printed cards of one questionnaire."""

    model_config = ConfigDict(from_attributes=True)

    questionnaire: str
    printed: int
    answered: int
    rate: int | None


class InterviewerRead(BaseModel):
    """What an employee brings home from interviews."""

    model_config = ConfigDict(from_attributes=True)

    employee_id: UUID | None
    interviews: int
    questions: int
    answered: int
    answer_rate: int | None = Field(description="Of the guides' questions, in hundredths of a percent.")
    needs: int
    needs_per_hundred: int = Field(description="Needs found in a hundred interviews.")
    opportunities: int


class ParticipationRead(BaseModel):
    """Who takes part; of each part the first 200, the busiest first."""

    model_config = ConfigDict(from_attributes=True)

    total: TotalRead
    by_channel: list[ChannelRead]
    by_giver: list[GiverRead]
    printed: list[PrintedRead]
    interviewers: list[InterviewerRead]
