"""How a relationship stands beyond its score: who is leaving in silence, and what to do; on the topic of scores."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from guanxi.events._envelope import Fact
from guanxi.events.fields import Code, Count, IsoDate, Part, UtcTime, Vocabulary

RISKS = ("calm", "watch", "at_risk", "lost", "recovered")
SIGNALS = ("order_rhythm", "contact_rhythm", "unanswered_invitations", "rival_named", "cue_marks", "single_tie")
CHURN_CAUSES = ("natural", "competitive", "fault")
COUNTERMEASURES = ("quality", "service", "price", "emotional_investment", "brand")


class Signal(Part):
    """What the radar saw, beside what is usual for this customer."""

    code: Annotated[Code, Vocabulary(SIGNALS)]
    seen: Count
    """Days of silence for a rhythm, else how often within the window."""
    usual: Count | None = None
    """The customer's own usual gap, in days; none where it is no rhythm."""
    fact_id: UUID | None = None
    """Aggregate id of the newest fact behind it."""


class RelationshipAtRisk(Fact, type="guanxi.scores.RelationshipAtRisk.v1"):
    """The radar's reading of a customer changed; aggregate is the customer's watch, whole state each time."""

    risk: Annotated[Code, Vocabulary(RISKS)]
    previous_risk: Annotated[Code, Vocabulary(RISKS)] | None = None
    as_of: IsoDate
    signals: tuple[Signal, ...] = ()
    """The heaviest first."""
    cause: Annotated[Code, Vocabulary(CHURN_CAUSES)] | None = None
    countermeasures: tuple[Annotated[Code, Vocabulary(COUNTERMEASURES)], ...] = ()
    version: Code
    """Version of the radar's rule."""
    members: tuple[UUID, ...] = ()


class CareTaskOpened(Fact, type="guanxi.scores.CareTaskOpened.v1"):
    """Somebody is to look after a customer who has not complained; aggregate is the task."""

    task_id: UUID
    owner_id: UUID | None = None
    """The account owner; none: the lead of the unit."""
    unit: Code
    due_on: IsoDate
    cause: Annotated[Code, Vocabulary(CHURN_CAUSES)] | None = None
    countermeasures: tuple[Annotated[Code, Vocabulary(COUNTERMEASURES)], ...] = ()
    signals: tuple[Annotated[Code, Vocabulary(SIGNALS)], ...] = ()
    opened_at: UtcTime
    members: tuple[UUID, ...] = ()
