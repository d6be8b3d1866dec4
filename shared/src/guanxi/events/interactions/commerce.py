"""Orders, deliveries, returns, payments and service on the product."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from guanxi.events.fields import (
    BasisPoints,
    Code,
    Count,
    Currency,
    Days,
    IsoDate,
    Money,
    Part,
    PersonalReference,
    Quantity,
    RecordReference,
    ShortText,
    SignedMoney,
    Sku,
    UtcTime,
    Vocabulary,
)
from guanxi.events.interactions._base import Recorded

SERVICE_KINDS = ("exchange", "care", "use", "explanation", "repair")


class OrderLine(Part):
    """What was bought, in pieces, for how much after line discounts."""

    sku: Sku | None = None
    quantity: Quantity
    amount_minor: Money
    margin_bp: BasisPoints | None = None
    """Margin that the product declares, in basis points of `amount_minor`; none: the firm's default holds."""


class OrderPlaced(Recorded, type="guanxi.interactions.OrderPlaced.v1"):
    """The customer bought."""

    order_id: UUID
    placed_at: UtcTime
    currency: Currency
    total_minor: Money
    """What the customer owes: goods - discount + tax + shipping."""
    goods_minor: SignedMoney
    """Goods after discount, without tax and shipping: the base of the margin."""
    line_count: Count
    lines: tuple[OrderLine, ...] = ()
    way: ShortText | None = None


class OrderPlacedCorrected(OrderPlaced, type="guanxi.interactions.OrderPlacedCorrected.v1"):
    """The whole order as it was."""


class OrderPlacedVoided(Recorded, type="guanxi.interactions.OrderPlacedVoided.v1"):
    """The order was never placed."""

    order_id: UUID


class MovedLine(Part):
    """Goods that moved, in pieces."""

    sku: Sku
    quantity: Quantity


class OrderDelivered(Recorded, type="guanxi.interactions.OrderDelivered.v1"):
    """Goods reached the customer; without lines, all of the order."""

    delivery_id: UUID
    order_id: UUID | None = None
    """None while the order is unknown to us."""
    external_order: RecordReference | None = None
    delivered_at: UtcTime
    complete: bool | None = None
    """Whether the whole order has been delivered by now; None while that cannot be told."""
    lines: tuple[MovedLine, ...] = ()


class OrderDeliveredCorrected(OrderDelivered, type="guanxi.interactions.OrderDeliveredCorrected.v1"):
    """The whole delivery as it was."""


class OrderDeliveredVoided(Recorded, type="guanxi.interactions.OrderDeliveredVoided.v1"):
    """Nothing was delivered."""

    delivery_id: UUID


class ReturnLine(MovedLine):
    """Goods that came back and what the customer gets for them."""

    amount_minor: Money


class OrderReturned(Recorded, type="guanxi.interactions.OrderReturned.v1"):
    """The customer gave goods back."""

    return_id: UUID
    order_id: UUID | None = None
    external_order: RecordReference | None = None
    returned_at: UtcTime
    currency: Currency
    amount_minor: Money
    """Sum of the lines."""
    lines: tuple[ReturnLine, ...] = ()


class OrderReturnedCorrected(OrderReturned, type="guanxi.interactions.OrderReturnedCorrected.v1"):
    """The whole return as it was."""


class OrderReturnedVoided(Recorded, type="guanxi.interactions.OrderReturnedVoided.v1"):
    """Nothing was returned."""

    return_id: UUID


class PaymentReceived(Recorded, type="guanxi.interactions.PaymentReceived.v1"):
    """The customer paid."""

    payment_id: UUID
    order_id: UUID | None = None
    """None while the order is unknown to us: the payment is kept unmatched."""
    external_order: RecordReference | None = None
    due_on: IsoDate | None = None
    paid_on: IsoDate
    amount_minor: Money
    currency: Currency
    days_late: Days | None = None
    """Days from due to paid, negative when early; None without a due date."""


class PaymentReceivedCorrected(PaymentReceived, type="guanxi.interactions.PaymentReceivedCorrected.v1"):
    """The whole payment as it was."""


class PaymentReceivedVoided(Recorded, type="guanxi.interactions.PaymentReceivedVoided.v1"):
    """Nothing was paid."""

    payment_id: UUID


class PaymentOverdue(Recorded, type="guanxi.interactions.PaymentOverdue.v1"):
    """The day came and the amount was not paid."""

    payment_id: UUID
    order_id: UUID | None = None
    external_order: RecordReference | None = None
    due_on: IsoDate
    amount_minor: Money
    currency: Currency


class PaymentOverdueVoided(Recorded, type="guanxi.interactions.PaymentOverdueVoided.v1"):
    """It had been paid in time, as we learned later."""

    payment_id: UUID


class ServicePerformed(Recorded, type="guanxi.interactions.ServicePerformed.v1"):
    """The product was exchanged, cared for, explained or repaired."""

    service_id: UUID
    kind: Annotated[Code, Vocabulary(SERVICE_KINDS)]
    sku: Sku | None = None
    serial: PersonalReference | None = None
    performed_at: UtcTime
    cost_minor: Money | None = None
    """What it cost us."""
    currency: Currency | None = None


class ServicePerformedCorrected(ServicePerformed, type="guanxi.interactions.ServicePerformedCorrected.v1"):
    """The whole service record as it was."""


class ServicePerformedVoided(Recorded, type="guanxi.interactions.ServicePerformedVoided.v1"):
    """The service was not performed."""

    service_id: UUID
