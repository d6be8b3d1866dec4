"""Calls, visits and letters, with the promises made in them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from guanxi.events.fields import (
    Channel,
    IsoDate,
    Part,
    PersonalNote,
    PersonalReference,
    PersonalShortText,
    PersonalText,
    PersonName,
    Seconds,
    UtcTime,
    Vocabulary,
)
from guanxi.events.inbound._base import Inbound, InboundVoided

DIRECTIONS = ("in", "out")
OUTCOMES = ("need_now", "later", "none")

Direction = Annotated[str, Vocabulary(DIRECTIONS, closed=True)]
Outcome = Annotated[str, Vocabulary(OUTCOMES, closed=True)]


class ReportedPromise(Part):
    """What was promised, by when and by whom; without a promiser it is the contact's employee."""

    what: PersonalShortText
    due_at: UtcTime
    promiser: PersonName | None = None


class ContactReported(Inbound, type="guanxi.inbound.ContactReported.v1"):
    """Somebody of ours and the customer spoke or wrote to each other."""

    external_customer: PersonalReference
    external_ref: PersonalReference | None = None
    channel: Channel
    direction: Direction
    employee: PersonName | None = None
    contact_person: PersonName | None = None
    subject: PersonalShortText | None = None
    content: PersonalText | None = None
    outcome: Outcome | None = None
    need_on: IsoDate | None = None
    duration_s: Seconds | None = None
    cues: Annotated[tuple[PersonalNote, ...], Field(max_length=50)] = ()
    rival_named: PersonalNote | None = None
    promises: Annotated[tuple[ReportedPromise, ...], Field(max_length=50)] = ()


class ContactReportedCorrected(ContactReported, type="guanxi.inbound.ContactReportedCorrected.v1"):
    """The whole contact as it should have been reported."""

    external_ref: PersonalReference


class ContactReportedVoided(InboundVoided, type="guanxi.inbound.ContactReportedVoided.v1"):
    """The contact did not take place."""
