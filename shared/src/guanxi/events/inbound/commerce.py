"""Orders, deliveries, returns, payments and service on the product."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from pydantic import Field

from guanxi.events.fields import (
    TELLING,
    Currency,
    IsoDate,
    Money,
    Part,
    PersonalNote,
    PersonalReference,
    PersonalText,
    Quantity,
    ShortText,
    Sku,
    UtcTime,
    Vocabulary,
)
from guanxi.events.inbound._base import Inbound, InboundVoided
from guanxi.problems import FieldError

MAX_LINES = 2000
MOST_MINOR = 10**15
"""What an order or a return may come to, as every sum of money."""
SERVICE_KINDS = ("exchange", "care", "use", "explanation", "repair")

ServiceKind = Annotated[str, Vocabulary(SERVICE_KINDS, closed=True)]


class ReportedLine(Part):
    """One line of an order: what (`sku` or `name`), how many, for how much (`amount_minor` or `unit_price_minor`)."""

    sku: Sku | None = None
    name: ShortText | None = None
    quantity: Quantity
    unit_price_minor: Money | None = None
    amount_minor: Money | None = None

    @property
    def total_minor(self) -> int:
        """Its amount, else quantity times unit price, in minor units."""
        if self.amount_minor is not None:
            return self.amount_minor
        return self.quantity * (self.unit_price_minor or 0)


class DeliveredLine(Part):
    """One line of a delivery."""

    sku: Sku
    quantity: Quantity


class ReturnedLine(Part):
    """One line of a return; the quantity is above 0, the amount is what the customer gets back."""

    sku: Sku
    quantity: Quantity
    amount_minor: Money


class OrderReported(Inbound, type="guanxi.inbound.OrderReported.v1"):
    """The customer bought; where total and all parts are given they must add up."""

    external_customer: PersonalReference
    external_ref: PersonalReference
    placed_at: UtcTime
    currency: Currency
    lines: Annotated[tuple[ReportedLine, ...], Field(min_length=1, max_length=MAX_LINES)]
    discount_minor: Money | None = None
    tax_minor: Money | None = None
    shipping_minor: Money | None = None
    total_minor: Money | None = None
    way: ShortText | None = None
    purpose: PersonalNote | None = None

    @property
    def goods_minor(self) -> int:
        """What the goods cost after discount, without tax and shipping: the base of a margin."""
        return sum(line.total_minor for line in self.lines) - (self.discount_minor or 0)

    @property
    def sum_minor(self) -> int:
        """The total stated, else the sum of the parts given (missing ones count as 0)."""
        if self.total_minor is not None:
            return self.total_minor
        return self.goods_minor + (self.tax_minor or 0) + (self.shipping_minor or 0)

    def faults(self) -> Iterable[FieldError]:
        """Lines that say nothing, and a total that is not the sum of its parts."""
        for n, line in enumerate(self.lines):
            if line.sku is None and line.name is None:
                yield FieldError(f"lines[{n}].sku", "missing", "a line needs a sku or a name")
            if line.amount_minor is None and line.unit_price_minor is None:
                yield FieldError(f"lines[{n}].amount_minor", "missing", "a line needs amount_minor or unit_price_minor")
            elif line.total_minor > MOST_MINOR:
                yield FieldError(f"lines[{n}].unit_price_minor", "too-large", f"makes more than {MOST_MINOR} in all")
        if self._adds_up() is False:
            detail = "is not the sum of the lines' amount_minor - discount_minor + tax_minor + shipping_minor"
            yield FieldError("total_minor", "total-mismatch", detail)
        elif not 0 <= self.sum_minor <= MOST_MINOR or abs(self.goods_minor) > MOST_MINOR:
            yield FieldError("total_minor", "out-of-range", f"must come to 0 at least and to {MOST_MINOR} at most")

    def _adds_up(self) -> bool | None:
        parts = (self.discount_minor, self.tax_minor, self.shipping_minor, *(n.amount_minor for n in self.lines))
        if self.total_minor is None or None in parts:
            return None
        return self.total_minor == self.goods_minor + (self.tax_minor or 0) + (self.shipping_minor or 0)


class OrderReportedCorrected(OrderReported, type="guanxi.inbound.OrderReportedCorrected.v1"):
    """The whole order as it should have been reported."""


class OrderReportedVoided(InboundVoided, type="guanxi.inbound.OrderReportedVoided.v1"):
    """The order was never placed, or was cancelled before anything came of it."""


class DeliveryReported(Inbound, type="guanxi.inbound.DeliveryReported.v1"):
    """Goods of an order reached the customer; without lines, all of them."""

    external_customer: PersonalReference
    external_ref: PersonalReference | None = None
    external_order: PersonalReference
    delivered_at: UtcTime
    lines: Annotated[tuple[DeliveredLine, ...], Field(max_length=MAX_LINES), TELLING] = ()


class DeliveryReportedCorrected(DeliveryReported, type="guanxi.inbound.DeliveryReportedCorrected.v1"):
    """The whole delivery as it should have been reported."""

    external_ref: PersonalReference


class DeliveryReportedVoided(InboundVoided, type="guanxi.inbound.DeliveryReportedVoided.v1"):
    """Nothing was delivered."""


class ReturnReported(Inbound, type="guanxi.inbound.ReturnReported.v1"):
    """The customer gave goods back."""

    external_customer: PersonalReference
    external_ref: PersonalReference | None = None
    external_order: PersonalReference | None = None
    returned_at: UtcTime
    currency: Currency
    lines: Annotated[tuple[ReturnedLine, ...], Field(min_length=1, max_length=MAX_LINES)]
    reason: PersonalText | None = None

    def faults(self) -> Iterable[FieldError]:
        """A sum too large to be true."""
        if sum(line.amount_minor for line in self.lines) > MOST_MINOR:
            yield FieldError("lines", "too-large", f"must come to {MOST_MINOR} at most")


class ReturnReportedCorrected(ReturnReported, type="guanxi.inbound.ReturnReportedCorrected.v1"):
    """The whole return as it should have been reported."""

    external_ref: PersonalReference


class ReturnReportedVoided(InboundVoided, type="guanxi.inbound.ReturnReportedVoided.v1"):
    """Nothing was returned."""


class PaymentReported(Inbound, type="guanxi.inbound.PaymentReported.v1"):
    """An amount is due (`due_on`), was paid (`paid_on`), or both; with neither it was paid at the event's time."""

    external_customer: PersonalReference
    external_ref: PersonalReference
    external_order: PersonalReference | None = None
    due_on: Annotated[IsoDate, TELLING] | None = None
    paid_on: Annotated[IsoDate, TELLING] | None = None
    amount_minor: Money
    currency: Currency


class PaymentReportedCorrected(PaymentReported, type="guanxi.inbound.PaymentReportedCorrected.v1"):
    """The whole payment as it should have been reported."""


class PaymentReportedVoided(InboundVoided, type="guanxi.inbound.PaymentReportedVoided.v1"):
    """Nothing was paid and nothing is due."""


class ServiceReported(Inbound, type="guanxi.inbound.ServiceReported.v1"):
    """The product was exchanged, cared for, explained or repaired; a cost needs its currency."""

    external_customer: PersonalReference
    external_ref: PersonalReference | None = None
    kind: ServiceKind
    sku: Sku | None = None
    serial: PersonalReference | None = None
    performed_at: UtcTime
    cost_minor: Money | None = None
    currency: Currency | None = None
    note: PersonalText | None = None

    def faults(self) -> Iterable[FieldError]:
        """A cost without a currency."""
        if self.cost_minor is not None and self.currency is None:
            yield FieldError("currency", "missing", "cost_minor needs a currency")


class ServiceReportedCorrected(ServiceReported, type="guanxi.inbound.ServiceReportedCorrected.v1"):
    """The whole service record as it should have been reported."""

    external_ref: PersonalReference


class ServiceReportedVoided(InboundVoided, type="guanxi.inbound.ServiceReportedVoided.v1"):
    """The service was not performed."""
