"""What customers said: complaints, opinions on a questionnaire, mentions in public."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from pydantic import Field

from guanxi.events.fields import (
    AddressText,
    Channel,
    Code,
    Grade,
    Part,
    PersonalReference,
    PersonalShortText,
    PersonalText,
    PersonName,
    ShortText,
    Sku,
    Vocabulary,
)
from guanxi.events.inbound._base import Inbound, InboundVoided
from guanxi.problems import FieldError

CAUSES = ("quality", "price", "indifference", "image", "neglect", "other")
SEVERITIES = ("low", "normal", "high", "critical")
ABOUT = ("internal", "external")
SENTIMENTS = ("positive", "neutral", "negative")

Cause = Annotated[str, Vocabulary(CAUSES, closed=True)]
Severity = Annotated[str, Vocabulary(SEVERITIES, closed=True)]
About = Annotated[str, Vocabulary(ABOUT, closed=True)]
Sentiment = Annotated[str, Vocabulary(SENTIMENTS, closed=True)]


class ReplyTo(Part):
    """Where the answer to this one complaint may go."""

    channel: Channel
    address: AddressText


class ReportedGrade(Part):
    """One item of a questionnaire: what was expected and what was got."""

    item: ShortText
    expected: Grade | None = None
    obtained: Grade


class ComplaintReported(Inbound, type="guanxi.inbound.ComplaintReported.v1"):
    """Somebody complained, with or without giving a name; a text or a cause is needed."""

    external_customer: PersonalReference | None = None
    external_ref: PersonalReference | None = None
    channel: Channel
    text: PersonalText | None = None
    cause: Cause | None = None
    sku: Sku | None = None
    wish: PersonalText | None = None
    severity: Severity | None = None
    about: About | None = None
    reply_to: ReplyTo | None = None

    def faults(self) -> Iterable[FieldError]:
        """A complaint about nothing."""
        if self.text is None and self.cause is None:
            yield FieldError("text", "missing", "a complaint needs a text or a cause")


class ComplaintReportedCorrected(ComplaintReported, type="guanxi.inbound.ComplaintReportedCorrected.v1"):
    """The whole complaint as it should have been reported."""

    external_ref: PersonalReference


class ComplaintReportedVoided(InboundVoided, type="guanxi.inbound.ComplaintReportedVoided.v1"):
    """Nobody complained."""


class OpinionReported(Inbound, type="guanxi.inbound.OpinionReported.v1"):
    """Somebody filled in a card or a survey, with or without giving a name."""

    external_customer: PersonalReference | None = None
    external_ref: PersonalReference | None = None
    questionnaire: Code
    grades: Annotated[tuple[ReportedGrade, ...], Field(min_length=1, max_length=200)]
    free_text: PersonalText | None = None


class OpinionReportedCorrected(OpinionReported, type="guanxi.inbound.OpinionReportedCorrected.v1"):
    """The whole opinion as it should have been reported."""

    external_ref: PersonalReference


class OpinionReportedVoided(InboundVoided, type="guanxi.inbound.OpinionReportedVoided.v1"):
    """The opinion was not given."""


class MentionReported(Inbound, type="guanxi.inbound.MentionReported.v1"):
    """Somebody spoke of the firm in public; never tied to a customer by itself."""

    external_ref: PersonalReference | None = None
    platform: ShortText
    handle: PersonName | None = None
    text: PersonalText
    url: PersonalShortText | None = None
    sentiment: Sentiment | None = None


class MentionReportedCorrected(MentionReported, type="guanxi.inbound.MentionReportedCorrected.v1"):
    """The whole mention as it should have been reported."""

    external_ref: PersonalReference


class MentionReportedVoided(InboundVoided, type="guanxi.inbound.MentionReportedVoided.v1"):
    """There was no such mention."""
