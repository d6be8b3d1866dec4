"""Orders, deliveries, returns, payments and service records over HTTP."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from guanxi.events.fields import (
    Code,
    Currency,
    IsoDate,
    Money,
    PersonalNote,
    PersonalReference,
    PersonalText,
    Quantity,
    Reference,
    ShortText,
    Sku,
    UtcTime,
)
from guanxi.http import Correction
from guanxi.problems import FieldError

ServiceKind = Literal["exchange", "care", "use", "explanation", "repair"]
_MAX_LINES = 2000


class _New(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewOrderLine(_New):
    """Goods ordered: what (`sku` or `name`), how many, for how much (`amount_minor`, else pieces times unit price)."""

    sku: Sku | None = None
    name: ShortText | None = None
    quantity: Quantity
    unit_price_minor: Money | None = None
    amount_minor: Money | None = Field(default=None, description="After line discounts, in minor units.")


def line_faults(lines: Iterable[NewOrderLine]) -> Iterator[FieldError]:
    """Lines that do not say what, or for how much."""
    for n, line in enumerate(lines):
        if line.sku is None and line.name is None:
            yield FieldError(f"lines[{n}].sku", "missing", "A line needs a sku or a name.")
        if line.amount_minor is None and line.unit_price_minor is None:
            yield FieldError(f"lines[{n}].amount_minor", "missing", "A line needs amount_minor or unit_price_minor.")


_OrderLines = Annotated[tuple[NewOrderLine, ...], Field(min_length=1, max_length=_MAX_LINES)]


class NewOrder(_New):
    """What a customer has bought."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "customer_id": "0198c0de-0000-7000-8000-000000000001",
                    "external_ref": "SO-2026-0412",
                    "currency": "CNY",
                    "lines": [{"sku": "tower-1200", "quantity": 1000, "unit_price_minor": 50000}],
                    "total_minor": 50000000,
                }
            ]
        },
    )

    customer_id: UUID
    external_ref: Reference | None = Field(default=None, description="Your own number of the order.")
    placed_at: UtcTime | None = Field(default=None, description="Now, if not given; not in the future.")
    currency: Currency
    lines: _OrderLines
    discount_minor: Money | None = None
    tax_minor: Money | None = None
    shipping_minor: Money | None = None
    total_minor: Money | None = Field(default=None, description="Checked against the parts when it is given.")
    way: Code | None = Field(default=None, description="How it came: a code of yours, such as `web-shop`.")
    purpose: PersonalNote | None = None


class OrderCorrection(Correction):
    """The fields that were wrong, as they should have been."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"discount_minor": 100000, "way": "telephone"}]})

    placed_at: UtcTime | None = None
    currency: Currency | None = None
    lines: _OrderLines | None = Field(default=None, description="All lines, not only those that were wrong.")
    discount_minor: Money | None = None
    tax_minor: Money | None = None
    shipping_minor: Money | None = None
    total_minor: Money | None = Field(default=None, description="Checked against the parts when it is given.")
    way: Code | None = None
    purpose: PersonalNote | None = None

    FILLED = frozenset({"placed_at", "currency", "lines", "total_minor"})


class NewMovedLine(_New):
    """Goods that were delivered."""

    sku: Sku
    quantity: Quantity


class NewReturnedLine(NewMovedLine):
    """Goods that came back, and what the customer gets for them."""

    amount_minor: Money


class NewDelivery(_New):
    """Goods of an order that reached the customer; without lines, all of them."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"delivered_at": "2026-04-02T09:30:00+08:00", "lines": [{"sku": "tower-1200", "quantity": 600}]}
            ]
        },
    )

    external_ref: Reference | None = None
    delivered_at: UtcTime | None = Field(default=None, description="Now, if not given; not in the future.")
    lines: Annotated[tuple[NewMovedLine, ...], Field(max_length=_MAX_LINES)] = ()


class NewReturn(_New):
    """Goods of an order that the customer gave back."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"lines": [{"sku": "tower-1200", "quantity": 2, "amount_minor": 100000}], "reason": "cracked"}]
        },
    )

    external_ref: Reference | None = None
    returned_at: UtcTime | None = Field(default=None, description="Now, if not given; not in the future.")
    lines: Annotated[tuple[NewReturnedLine, ...], Field(min_length=1, max_length=_MAX_LINES)]
    reason: PersonalText | None = None


class NewPayment(_New):
    """An amount that is due (`due_on`), was paid (`paid_on`), or both; with neither it is paid today."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"amount_minor": 25000000, "due_on": "2026-04-30"}]}
    )

    external_ref: Reference | None = None
    amount_minor: Money
    currency: Currency | None = Field(default=None, description="The order's, if not given.")
    due_on: IsoDate | None = None
    paid_on: IsoDate | None = None


class PaymentCorrection(Correction):
    """What was wrong about a payment, or that what was due has been paid."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"paid_on": "2026-03-31"}]})

    amount_minor: Money | None = None
    due_on: IsoDate | None = None
    paid_on: IsoDate | None = None

    FILLED = frozenset({"amount_minor"})


class NewServiceRecord(_New):
    """What was done for a customer on a product."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "customer_id": "0198c0de-0000-7000-8000-000000000001",
                    "kind": "repair",
                    "sku": "tower-1200",
                    "cost_minor": 9000,
                    "currency": "CNY",
                    "note": "a new base",
                }
            ]
        },
    )

    customer_id: UUID
    kind: ServiceKind
    external_ref: Reference | None = None
    sku: Sku | None = None
    serial: PersonalReference | None = None
    performed_at: UtcTime | None = Field(default=None, description="Now, if not given; not in the future.")
    cost_minor: Money | None = Field(default=None, description="What it cost us; needs `currency`.")
    currency: Currency | None = None
    note: PersonalText | None = None
