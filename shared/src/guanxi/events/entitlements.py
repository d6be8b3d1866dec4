"""What a customer may claim, and what the firm gives beyond it; on the topic of complaints."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from guanxi.events._envelope import Fact
from guanxi.events.fields import Code, Count, Currency, IsoDate, Money, Sku, UtcTime, Vocabulary

GOODWILL_KINDS = ("exchange", "repair", "refund", "credit", "service")


class EntitlementPolicyPublished(Fact, type="guanxi.complaints.EntitlementPolicyPublished.v1"):
    """Another version of the rules of entitlement holds from a day; no subject, aggregate is the version."""

    policy_id: UUID
    number: Count
    """Its number: 1 is the shipped one."""
    effective_from: IsoDate
    clauses: tuple[Code, ...]
    approved_by: UUID | None = None


class Goodwill(Fact):
    """A claim met beyond entitlement; aggregate is the request, the subject its customer."""

    goodwill_id: UUID
    unit: Code
    complaint_id: UUID | None = None
    sku: Sku | None = None
    kind: Annotated[Code, Vocabulary(GOODWILL_KINDS)]
    cost_minor: Money
    """What it costs us: estimated when approved, true when spent."""
    currency: Currency
    approved_by: UUID | None = None
    approved_at: UtcTime


class GoodwillApproved(Goodwill, type="guanxi.complaints.GoodwillApproved.v1"):
    """Somebody with the right to has approved it."""


class GoodwillSpent(Goodwill, type="guanxi.complaints.GoodwillSpent.v1"):
    """It was given, at this cost."""

    spent_at: UtcTime
