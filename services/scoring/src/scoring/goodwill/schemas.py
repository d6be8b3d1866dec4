"""The return on goodwill over HTTP; money in minor units of the firm's currency."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

_CUSTOMER = "01980f5e-0a6e-7c31-9d0f-3f1f6a0b2c11"
_RETURN: dict[str, Any] = {
    "customer_id": _CUSTOMER,
    "members": [_CUSTOMER],
    "as_of": "2026-03-31",
    "currency": "CNY",
    "window_days": 365,
    "version": 1,
    "cost_minor": 2000000,
    "own_minor": 1200000,
    "own_before_minor": 900000,
    "referred_minor": 5000000,
    "referrals": 2,
    "ratio_hundredths": 310,
    "over": False,
    "items": [
        {"id": _CUSTOMER, "kind": "exchange", "status": "spent", "complaint_id": None, "given_on": "2025-09-01"}
        | {"cost_minor": 2000000, "counts_until": "2026-09-01"}
    ],
}


class GivenRead(BaseModel):
    """One goodwill."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    kind: str | None
    status: str | None = Field(description="`approved`: the cost is estimated; `spent`: it is what it was.")
    complaint_id: UUID | None
    given_on: date
    cost_minor: int | None = Field(description="Null where an exchange rate is missing.")
    counts_until: date = Field(description="Orders up to this day count as its return.")


class GoodwillReturn(BaseModel):
    """What came after the goodwill given to a customer. After is not because of: compare with the span before."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [_RETURN]})

    customer_id: UUID
    members: list[UUID]
    as_of: date
    currency: str
    window_days: int
    version: int = Field(description="Version of the rule.")
    cost_minor: int | None
    own_minor: int | None = Field(description="Profit of the customer's own orders within the windows.")
    own_before_minor: int | None = Field(description="The same of as many days before the first goodwill.")
    referred_minor: int | None = Field(description="Profit of customers whom it referred within the windows.")
    referrals: int
    ratio_hundredths: int | None = Field(description="What came back for each unit of cost, in hundredths: 310 is 3.1.")
    over: bool = Field(description="Whether all windows are over.")
    items: list[GivenRead]


class GoodwillReport(BaseModel):
    """What all goodwill of a span cost and what came after it."""

    model_config = ConfigDict(from_attributes=True)

    from_day: date = Field(alias="from")
    to_day: date = Field(alias="to")
    currency: str
    window_days: int
    version: int
    customers: int
    given: int
    unrated: int = Field(description="Customers with an exchange rate missing, or without any cost: in no sum.")
    cost_minor: int
    own_minor: int
    own_before_minor: int
    referred_minor: int
    referrals: int
    ratio_hundredths: int | None
    with_return: int = Field(description="Customers who brought back at least what it cost.")
    pending: int = Field(description="Customers of whom more may come.")
