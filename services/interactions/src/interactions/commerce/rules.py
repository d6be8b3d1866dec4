"""Orders and what follows them, as plain values; where an order stands is a function of these and of nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any, Literal, TypeVar
from uuid import UUID

from guanxi.events import HISTORIC_AFTER
from guanxi.problems import FieldError, Unprocessable
from interactions.record import Record

MOST_MINOR = 10**15
DUE_KIND = "payment_overdue"
MATCH_KIND = "order_match"

OrderStatus = Literal["placed", "part_delivered", "delivered", "closed", "cancelled", "returned"]
_PARTS = frozenset({"lines", "discount_minor", "tax_minor", "shipping_minor"})
COMPLETE = frozenset({"delivered", "closed", "returned"})
R = TypeVar("R", bound=Record)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Goods ordered, in pieces, and their price after line discounts."""

    sku: str | None = None
    name: str | None = None
    quantity: int
    unit_price_minor: int | None = None
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """Goods that were delivered or came back; `amount_minor` is what the customer gets for the latter."""

    sku: str
    quantity: int
    amount_minor: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Order(Record):
    """What the customer bought."""

    placed_at: datetime
    currency: str
    lines: tuple[Line, ...]
    discount_minor: int | None
    tax_minor: int | None
    shipping_minor: int | None
    goods_minor: int
    total_minor: int
    way: str | None
    purpose: str | None
    status: OrderStatus = "placed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Following(Record):
    """What follows an order; `order_id` is empty while the order of that name is unknown to us."""

    external_order: str | None
    order_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery(Following):
    """Goods that reached the customer; without lines, all of the order."""

    delivered_at: datetime
    lines: tuple[Moved, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GoodsReturn(Following):
    """Goods that the customer gave back."""

    returned_at: datetime
    currency: str
    amount_minor: int
    lines: tuple[Moved, ...]
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment(Following):
    """An amount that is due, was paid, or both; `at` is when we put it on the timeline."""

    at: datetime
    due_on: date | None
    paid_on: date | None
    amount_minor: int
    currency: str
    overdue_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRecord(Record):
    """What was done on a product."""

    kind: str
    sku: str | None
    serial: str | None
    performed_at: datetime
    cost_minor: int | None
    currency: str | None
    note: str | None


@dataclass(frozen=True, slots=True)
class Followed:
    """An order's whole train."""

    deliveries: list[Delivery] = field(default_factory=list)
    returns: list[GoodsReturn] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Sums:
    """What an order comes to, in minor units."""

    goods_minor: int
    total_minor: int


def order_status(order: Order, followed: Followed) -> OrderStatus:
    """Where an order stands.

    Cancelled when it was taken back; returned when every piece came back; closed when all is delivered and what was
    paid covers what is owed, returns deducted. What was voided does not count.
    """
    if order.voided_at is not None:
        return "cancelled"
    ordered = _pieces(order.lines)
    returns = _live(followed.returns)
    if returns and _covers(_pieces(line for one in returns for line in one.lines), ordered):
        return "returned"
    deliveries = _live(followed.deliveries)
    if not deliveries:
        return "placed"
    everything = any(not one.lines for one in deliveries)
    if not everything and not _covers(_pieces(line for one in deliveries for line in one.lines), ordered):
        return "part_delivered"
    payments = [one for one in _live(followed.payments) if one.paid_on is not None]
    paid = sum(one.amount_minor for one in payments if one.currency == order.currency)
    given_back = sum(one.amount_minor for one in returns if one.currency == order.currency)
    return "closed" if paid >= order.total_minor - given_back else "delivered"


def corrected(order: Order, changes: Mapping[str, Any], total_minor: int | None) -> Order:
    """An order put right; what it comes to is added up anew when a part of it, or its total, is among the changes.

    Raises 422 as `add_up` does.
    """
    after = replace(order, **changes)
    if total_minor is None and not changes.keys() & _PARTS:
        return after
    sums = add_up(
        after.lines,
        discount_minor=after.discount_minor,
        tax_minor=after.tax_minor,
        shipping_minor=after.shipping_minor,
        total_minor=total_minor,
    )
    return replace(after, goods_minor=sums.goods_minor, total_minor=sums.total_minor)


def add_up(
    lines: Sequence[Line],
    *,
    discount_minor: int | None,
    tax_minor: int | None,
    shipping_minor: int | None,
    total_minor: int | None,
) -> Sums:
    """What an order comes to: goods less discount, and with tax and shipping; parts not given count as 0.

    Raises 422 when the total stated is another one, below zero, or any sum is too large to be true.
    """
    if errors := list(_too_large(lines)):
        raise Unprocessable("Some lines are not valid.", errors)
    goods = sum(line.amount_minor for line in lines) - (discount_minor or 0)
    total = goods + (tax_minor or 0) + (shipping_minor or 0)
    if total_minor is not None and total_minor != total:
        detail = f"The lines, less discount, with tax and shipping come to {total}."
        raise Unprocessable.field("total_minor", "total-mismatch", detail)
    if goods < 0:
        raise Unprocessable.field("discount_minor", "too-large", "The discount is larger than the goods.")
    if total > MOST_MINOR:
        field = "lines" if goods > MOST_MINOR else "total_minor"
        raise Unprocessable.field(field, "too-large", f"An order comes to at most {MOST_MINOR}.")
    return Sums(goods, total)


def sum_returned(lines: Iterable[Moved]) -> int:
    """What the customer gets for goods that came back; 422 when that is too large to be true."""
    total = sum(line.amount_minor or 0 for line in lines)
    if total > MOST_MINOR:
        raise Unprocessable.field("lines", "too-large", f"A return comes to at most {MOST_MINOR}.")
    return total


def check_returned(order: Order, before: Iterable[GoodsReturn], lines: Sequence[Moved]) -> None:
    """Raise 422 for more pieces of an article than were ordered and not yet given back."""
    left = _pieces(order.lines)
    left.subtract(_pieces(line for one in before if one.voided_at is None for line in one.lines))
    errors = []
    for n, line in enumerate(lines):
        left[line.sku] -= line.quantity
        if left[line.sku] < 0:
            errors.append(FieldError(f"lines[{n}].quantity", "too-many", "More than were ordered and are left."))
    if errors:
        raise Unprocessable("More comes back than was ordered.", errors)


def happened_at(one: Record) -> datetime:
    """When a record of commerce happened, as lists and the timeline show it."""
    match one:
        case Order():
            return one.placed_at
        case Delivery():
            return one.delivered_at
        case GoodsReturn():
            return one.returned_at
        case Payment():
            return one.at
        case ServiceRecord():
            return one.performed_at
    raise TypeError(f"{type(one).__name__} is no record of commerce")


def end_of_day(day: date, zone: tzinfo) -> datetime:
    """The moment at which a day is over in a time zone, in UTC: something due that day is overdue from then on."""
    return datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)


def still_overdue(payment: Payment, before: Payment) -> bool:
    """Whether what was told of as overdue stays so: it is due on the same day, and was not paid by then."""
    if before.overdue_at is None or payment.due_on != before.due_on:
        return False
    return payment.paid_on is None or payment.due_on is None or payment.paid_on > payment.due_on


def look_at(
    payment: Payment, before: Payment | None, zone: tzinfo, now: datetime, *, historic: bool
) -> datetime | None:
    """When to look whether a payment is overdue; None when it is not due, or is known to be overdue.

    None also when its day was over for more than 48 hours before we learned of it, as in any `historic` report.
    """
    if payment.due_on is None or payment.paid_on or payment.voided_at or payment.overdue_at:
        return None
    moment = end_of_day(payment.due_on, zone)
    known = before is not None and (before.overdue_at is not None or before.recorded_at - moment <= HISTORIC_AFTER)
    late = historic or now - moment > HISTORIC_AFTER
    return None if late and moment <= now and not known else moment


def days_late(payment: Payment) -> int | None:
    """Days from due to paid, negative when early."""
    if payment.due_on is None or payment.paid_on is None:
        return None
    return (payment.paid_on - payment.due_on).days


def payment_moment(paid_on: date | None, told: datetime) -> datetime:
    """When a payment happened: when it was told, unless that was days after; then noon (UTC) of the day it was paid."""
    if paid_on is None or paid_on >= told.date() - timedelta(days=1):
        return told
    return datetime.combine(paid_on, time(12), UTC)


def _too_large(lines: Sequence[Line]) -> Iterable[FieldError]:
    for n, line in enumerate(lines):
        if line.amount_minor > MOST_MINOR:
            yield FieldError(f"lines[{n}].unit_price_minor", "too-large", f"A line comes to at most {MOST_MINOR}.")


def _live(items: Iterable[R]) -> list[R]:
    return [one for one in items if one.voided_at is None]


def _pieces(lines: Iterable[Line | Moved]) -> Counter[str | None]:
    pieces: Counter[str | None] = Counter()
    for line in lines:
        pieces[line.sku] += line.quantity
    return pieces


def _covers(have: Counter[str | None], want: Counter[str | None]) -> bool:
    return all(have[sku] >= count for sku, count in want.items())
