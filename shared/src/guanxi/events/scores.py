"""What the facts mean. Subject is the canonical customer; said only when a band, tier or membership changes."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field, Strict

from guanxi.events._envelope import Fact
from guanxi.events.fields import Code, IsoDate, Part, UtcTime, Vocabulary

KINDS = (
    *("value.existing", "value.potential", "value.influence", "value.learning", "trust"),
    *("satisfaction", "satisfaction.price", "satisfaction.quality", "satisfaction.brand", "satisfaction.service"),
)
DIRECTIONS = ("up", "down", "entered", "left")

Points = Annotated[int, Strict(), Field(ge=-(10**15), le=10**15, examples=[61], json_schema_extra={"x-unit": "points"})]


class Reason(Part):
    """One reason for a score: how many points, and which fact gave them."""

    code: Code
    points: Points
    fact_id: UUID | None = None
    """Aggregate id of the heaviest fact behind it."""


class ScoreChanged(Fact, type="guanxi.scores.ScoreChanged.v1"):
    """A score moved into another band; aggregate is the series (customer, kind)."""

    kind: Annotated[Code, Vocabulary(KINDS)]
    as_of: IsoDate
    """The day, in the firm's time zone, at whose end it holds."""
    value: Points | None = None
    """None when the band is `unrated`: an exchange rate is missing."""
    previous_value: Points | None = None
    band: Code
    previous_band: Code | None = None
    """None for the first score of the kind."""
    version: Code
    """Version of the scorecard."""
    reasons: tuple[Reason, ...] = ()
    """The heaviest first, at most five."""
    members: tuple[UUID, ...] = ()
    """The customers it was computed over, merged ones included."""


class SegmentChanged(Fact, type="guanxi.scores.SegmentChanged.v1"):
    """The customer entered or left a segment, or moved between the tiers of one; aggregate is (customer, segment)."""

    segment: Code
    tier: Code | None = None
    """The tier now; none after leaving, and in segments without tiers."""
    previous_tier: Code | None = None
    as_of: IsoDate
    direction: Annotated[Code, Vocabulary(DIRECTIONS)]
    version: Code | None = None
    """Version of the segment's rule."""
    reasons: tuple[Reason, ...] = ()
    members: tuple[UUID, ...] = ()


class KeyCustomerDesignated(Fact, type="guanxi.scores.KeyCustomerDesignated.v1"):
    """A person has approved a customer as a key customer, or has ended that; aggregate is the designation."""

    designation_id: UUID
    status: Annotated[Code, Vocabulary(("approved", "ended"))]
    reason: Code
    """Why it was proposed: `top-tier`, or what a person gave."""
    since: UtcTime
    until: UtcTime | None = None
    """When it ended."""
