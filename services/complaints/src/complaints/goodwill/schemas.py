"""Goodwill as it is asked for, decided and read."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StrictInt

from complaints.fields import Body, Code, Note, Read, Sku, UtcTime, example
from guanxi.events.fields import Currency, IsoDate, Money

_CUSTOMER = "01980f5e-0a6e-7c31-9d0f-3f1f6a0b2c11"
GoodwillKind = Literal["exchange", "repair", "refund", "credit", "service"]
GoodwillStatus = Literal["asked", "approved", "refused", "spent"]
Year = Annotated[StrictInt, Field(ge=2000, le=2199, examples=[2026])]


class GoodwillCreate(Body):
    """A claim that is to be met beyond entitlement."""

    model_config = example(
        customer_id=_CUSTOMER, sku="TOWER-1200", kind="exchange", cost_minor=8_000_000, currency="CNY"
    )

    customer_id: UUID
    complaint_id: UUID | None = None
    sku: Sku | None = None
    order_id: UUID | None = None
    """The order whose goods it is about; left out, any of them."""
    on: IsoDate | None = None
    """The day of the claim; left out, today."""
    kind: GoodwillKind
    cost_minor: Money
    """What it is estimated to cost us."""
    currency: Currency
    note: Note | None = None
    unit: Code | None = None
    """The internal unit whose budget is to pay; left out, the caller's."""


class GoodwillDecision(Body):
    """What becomes of a request."""

    model_config = example(decision="approved", reason="strategic-customer")

    decision: Literal["approved", "refused"]
    reason: Code | None = None


class GoodwillSpending(Body):
    """What it truly cost."""

    model_config = example(cost_minor=7_450_000)

    cost_minor: Money
    spent_at: UtcTime | None = None
    """Between the approval and now; left out, now."""


class BeyondRead(Read):
    """The answer of entitlement that a request goes beyond, as it was given."""

    policy_id: UUID
    number: int
    """Number of the policy's version."""
    on: date
    covered: bool
    clause: str | None
    reason: str
    until: date | None
    order_id: UUID | None
    agreement_id: UUID | None = None
    """The agreement whose clause answered, at this version; null for the policy's. Answers kept before have none."""
    agreement_version: int | None = None


class GoodwillRead(Read):
    """A request for goodwill."""

    id: UUID
    version: int
    unit: str
    customer_id: UUID
    complaint_id: UUID | None
    sku: str | None
    kind: str
    cost_minor: int
    currency: str
    note: Note | None
    answer: BeyondRead
    status: GoodwillStatus
    asked_by: str
    decided_by: str | None
    decided_at: datetime | None
    reason: str | None
    year: int | None
    """The year whose budget pays."""
    spent_minor: int | None
    """What it truly cost."""
    spent_at: datetime | None
    created_at: datetime


class BudgetBody(Body):
    """What a unit may give in a calendar year."""

    model_config = example(unit="sales", year=2026, limit_minor=50_000_000, currency="CNY")

    unit: Code
    year: Year
    limit_minor: Money
    currency: Currency


class BudgetRead(Read):
    """A budget, what is committed of it, and what is left."""

    id: UUID
    version: int
    unit: str
    year: int
    limit_minor: int
    currency: str
    committed_minor: int
    """Approved at estimates, spent at true cost."""
    left_minor: int
    """Below zero where the true costs came to more than was estimated."""
