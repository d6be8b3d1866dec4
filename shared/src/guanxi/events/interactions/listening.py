"""What customers said: opinions on a questionnaire, mentions in public."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from guanxi.events.fields import Channel, Code, Count, Grade, Part, ShortText, UtcTime, Vocabulary
from guanxi.events.interactions._base import Recorded

SENTIMENTS = ("positive", "neutral", "negative")
QUESTIONNAIRE_KINDS = ("card", "survey", "exit", "interview")
BUY_AGAIN = "would-buy-again"
"""What trust listens to: the facet of a question of a card or survey, the indicator of a guide's."""


class ItemGrade(Part):
    """One item of a questionnaire: what was expected and what was got."""

    item: ShortText
    expected: Grade | None = None
    obtained: Grade
    facet: Code | None = None
    """What the item is about (`price`, `quality`, `brand`, `service`, ...), where the questionnaire says so."""


class OpinionGiven(Recorded, type="guanxi.interactions.OpinionGiven.v1"):
    """Somebody filled in a card or survey; without a subject, anonymously."""

    opinion_id: UUID
    questionnaire: Code
    given_at: UtcTime
    grades: tuple[ItemGrade, ...]
    has_text: bool = False
    """Whether they wrote something as well; the words stay with interactions."""
    kind: Annotated[Code, Vocabulary(QUESTIONNAIRE_KINDS)] | None = None
    """None: reported by a publisher under a code that is no questionnaire of ours."""
    questionnaire_version: Count | None = None
    invitation_id: UUID | None = None
    """The invitation that it answers; never set on an anonymous one, whatever card it was written on."""


class OpinionGivenCorrected(OpinionGiven, type="guanxi.interactions.OpinionGivenCorrected.v1"):
    """The whole opinion as it was."""


class OpinionGivenVoided(Recorded, type="guanxi.interactions.OpinionGivenVoided.v1"):
    """The opinion was not given."""

    opinion_id: UUID


class MentionObserved(Recorded, type="guanxi.interactions.MentionObserved.v1"):
    """Somebody spoke of the firm in public; words and handle stay with interactions."""

    mention_id: UUID
    platform: ShortText
    observed_at: UtcTime
    sentiment: Annotated[Code, Vocabulary(SENTIMENTS)] | None = None


class MentionObservedCorrected(MentionObserved, type="guanxi.interactions.MentionObservedCorrected.v1"):
    """The whole mention as it was."""


class MentionObservedVoided(Recorded, type="guanxi.interactions.MentionObservedVoided.v1"):
    """There was no such mention."""

    mention_id: UUID


class SurveyInvited(Recorded, type="guanxi.interactions.SurveyInvited.v1"):
    """A customer was handed or sent a card or survey; aggregate is the invitation."""

    invitation_id: UUID
    questionnaire: Code
    questionnaire_version: Count
    channel: Channel
    handed_by: UUID | None = None
    """The employee who gave it; none when it was sent."""
    invited_at: UtcTime
    lapses_at: UtcTime
    """When it counts as unanswered."""


class InvitationLapsed(SurveyInvited, type="guanxi.interactions.InvitationLapsed.v1"):
    """It was not answered; the event's time is `lapses_at`."""
