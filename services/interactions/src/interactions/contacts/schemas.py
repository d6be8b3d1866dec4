"""Contacts over HTTP."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from guanxi.events.fields import (
    Channel,
    Code,
    IsoDate,
    PersonalNote,
    PersonalShortText,
    PersonalText,
    PersonName,
    Seconds,
    UtcTime,
)
from guanxi.http import Correction
from interactions.contacts.rules import ContactKind, Direction, Need
from interactions.promises.schemas import PromiseRead

_Cues = Annotated[tuple[PersonalNote, ...], Field(max_length=50)]


class NewPromise(BaseModel):
    """Something promised in the contact."""

    model_config = ConfigDict(extra="forbid")

    what: PersonalShortText
    due_at: UtcTime = Field(description="The moment by which it must be kept; after the contact.")
    promiser: UUID | None = Field(default=None, description="The employee who promised; the contact's, if not given.")
    fulfilling_unit: Code | None = Field(default=None, description="The unit that must keep it; else the promiser's.")
    what_code: Code | None = Field(default=None, description="Your code for this kind of promise.")


class NewInteraction(BaseModel):
    """One exchange with a customer, over whichever channel."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "customer_id": "0198c0de-0000-7000-8000-000000000001",
                    "channel": "visit",
                    "direction": "out",
                    "content": "Looked at the stands together; they are short of forty.",
                    "outcome": "need_now",
                    "cues": ["said fine, was not"],
                    "promises": [{"what": "stands delivered by Friday", "due_at": "2026-04-03T09:00:00Z"}],
                }
            ]
        },
    )

    customer_id: UUID
    channel: Channel
    direction: Direction = Field(description="`in`: the customer came to us; `out`: we went to them.")
    kind: ContactKind | None = Field(
        default=None, description="What it was; what the channel usually is, if not given."
    )
    occurred_at: UtcTime | None = Field(default=None, description="Now, if not given; not in the future.")
    employee: UUID | None = Field(default=None, description="Who of ours; the caller, if not given.")
    contact_person: PersonName | None = Field(default=None, description="With whom, at the customer's.")
    subject: PersonalShortText | None = None
    content: PersonalText | None = None
    outcome: Need | None = Field(default=None, description="Whether they need something now, later or not at all.")
    need_on: IsoDate | None = Field(default=None, description="When they will need it.")
    duration_s: Seconds | None = None
    cues: _Cues = Field(default=(), description='Marks of what was not said, like "said fine, was not".')
    rival_named: PersonalNote | None = Field(default=None, description="The rival that the customer named.")
    promises: Annotated[tuple[NewPromise, ...], Field(max_length=50)] = ()


class InteractionCorrection(Correction):
    """The fields that were wrong, as they should have been; promises have outcomes instead."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"outcome": "later"}]})

    channel: Channel | None = None
    direction: Direction | None = None
    kind: ContactKind | None = None
    occurred_at: UtcTime | None = None
    contact_person: PersonName | None = None
    subject: PersonalShortText | None = None
    content: PersonalText | None = None
    outcome: Need | None = None
    need_on: IsoDate | None = None
    duration_s: Seconds | None = None
    cues: _Cues | None = None
    rival_named: PersonalNote | None = None

    FILLED = frozenset({"channel", "direction", "kind", "occurred_at", "cues"})


class InteractionRow(BaseModel):
    """A contact as it stands."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    customer_id: UUID
    unit: str = Field(validation_alias="unit_id", description="The unit whose record it is.")
    source: str | None = Field(description="The publisher, when it came as a report.")
    external_ref: str | None
    channel: str
    direction: str
    kind: str
    occurred_at: datetime
    recorded_at: datetime = Field(description="When we learned of it, or of its source's newest version.")
    employee_id: UUID | None
    employee: str | None = Field(validation_alias="employee_name", description="Their name, where a report gave it.")
    contact_person: str | None
    subject: str | None
    content: str | None
    outcome: str | None
    need_on: date | None
    duration_s: int | None
    cues: list[str]
    rival_named: str | None
    promise_count: int
    voided_at: datetime | None


class InteractionRead(InteractionRow):
    """A contact with what was promised in it."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)

    promises: list[PromiseRead] = Field(default_factory=list)
