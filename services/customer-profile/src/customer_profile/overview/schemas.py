"""What callers get as an overview."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from customer_profile.customers.answers import CustomerRead, customer_read
from customer_profile.overview import rules
from customer_profile.overview.rules import Item, Overview, Section


class ItemRead(BaseModel):
    """One thing that a service said of the customer."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    id: UUID
    """Its id at the service that keeps it."""
    customer_id: UUID
    """The record it was recorded under, for ever."""
    status: str
    at: datetime
    details: dict[str, JsonValue] = Field(description="Codes, ids, amounts and times; words stay with their service.")


class SectionRead(BaseModel):
    """Items of one kind, the newest first."""

    as_of: datetime | None = Field(description="When we last learned anything of this kind; null when never.")
    items: list[ItemRead]


class ProfileRead(BaseModel):
    """Who the customer is, over all its records."""

    as_of: datetime
    customer: CustomerRead


class TierRead(BaseModel):
    """The tier that the customer is in."""

    as_of: datetime | None
    tier: str | None


class OverviewRead(BaseModel):
    """One customer on one page. Scores, tier and segments are the firm's: null for external units."""

    customer_id: UUID
    members: list[UUID]
    profile: ProfileRead
    contacts: SectionRead
    orders: SectionRead
    complaints: SectionRead = Field(description="Open ones.")
    promises: SectionRead
    messages: SectionRead
    scores: SectionRead | None
    tier: TierRead | None
    segments: SectionRead | None


def overview_read(found: Overview, *, internal: bool) -> OverviewRead:
    """An overview as it is shown."""
    shown = {name: _section(section) for name, section in found.sections.items()}
    segments = found.sections.get(rules.SEGMENTS)
    return OverviewRead(
        customer_id=found.profile.id,
        members=list(found.members),
        profile=ProfileRead(
            as_of=found.profile.recorded_at, customer=customer_read(found.profile, found.members, internal=internal)
        ),
        contacts=shown[rules.CONTACTS],
        orders=shown[rules.ORDERS],
        complaints=shown[rules.COMPLAINTS],
        promises=shown[rules.PROMISES],
        messages=shown[rules.MESSAGES],
        scores=shown.get(rules.SCORES),
        segments=shown.get(rules.SEGMENTS),
        tier=TierRead(as_of=segments.as_of, tier=rules.tier_of(segments.items)) if segments else None,
    )


def _section(section: Section) -> SectionRead:
    return SectionRead(as_of=section.as_of, items=[_item(one) for one in section.items])


def _item(one: Item) -> ItemRead:
    return ItemRead(
        id=one.item_id, customer_id=one.customer_id, status=one.status, at=one.at, details=dict(one.body or {})
    )
