"""Orders and what follows them, as they are shown."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from interactions.commerce.rules import OrderStatus


class _Read(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    version: int
    customer_id: UUID
    unit: str = Field(validation_alias="unit_id", description="The unit whose record it is.")
    source: str | None = Field(description="The publisher, when it came as a report.")
    external_ref: str | None
    recorded_at: datetime
    voided_at: datetime | None


class LineRead(BaseModel):
    """Goods ordered."""

    model_config = ConfigDict(from_attributes=True)

    sku: str | None
    name: str | None
    quantity: int
    unit_price_minor: int | None
    amount_minor: int


class MovedRead(BaseModel):
    """Goods that moved."""

    model_config = ConfigDict(from_attributes=True)

    sku: str
    quantity: int
    amount_minor: int | None


class OrderRow(_Read):
    """An order as it stands."""

    placed_at: datetime
    currency: str
    lines: list[LineRead]
    discount_minor: int | None
    tax_minor: int | None
    shipping_minor: int | None
    goods_minor: int = Field(description="The goods after discount, without tax and shipping.")
    total_minor: int = Field(description="What the customer owes.")
    way: str | None
    purpose: str | None
    status: OrderStatus = Field(description="Follows from deliveries, returns and payments; nobody sets it.")


class _FollowingRead(_Read):
    order_id: UUID | None = Field(description="Null while the order of this name is unknown to us.")
    external_order: str | None


class DeliveryRead(_FollowingRead):
    """Goods that reached the customer."""

    delivered_at: datetime
    lines: list[MovedRead]


class ReturnRead(_FollowingRead):
    """Goods that came back."""

    returned_at: datetime
    currency: str
    amount_minor: int
    lines: list[MovedRead]
    reason: str | None


class PaymentRead(_FollowingRead):
    """An amount due or paid."""

    due_on: date | None
    paid_on: date | None
    amount_minor: int
    currency: str
    overdue_at: datetime | None = Field(description="Since when it has been overdue.")


class OrderRead(OrderRow):
    """An order with what followed it."""

    deliveries: list[DeliveryRead]
    returns: list[ReturnRead]
    payments: list[PaymentRead]


class ServiceRecordRead(_Read):
    """What was done on a product."""

    kind: str
    sku: str | None
    serial: str | None
    performed_at: datetime
    cost_minor: int | None
    currency: str | None
    note: str | None
