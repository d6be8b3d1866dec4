"""What a customer has: the newest of what was told of each record, and the goods that were delivered and kept. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from guanxi.directory import DEFAULT_ZONE

ORDER, DELIVERY, RETURN, SERVICE = "order", "delivery", "return", "service"
Zones = Mapping[str, ZoneInfo]
"""The time zone of each unit, by code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One version of an order, delivery, return or service; the columns of its row.

    `lines` are pairs of article and pieces; `amount_minor` is what an order came to, a service cost us. A correction
    may say that it was nobody's we know: `customer_id` None.
    """

    id: UUID
    version: int
    created_at: datetime
    recorded_at: datetime
    unit_id: str
    record_id: UUID
    kind: str
    customer_id: UUID | None
    order_id: UUID | None = None
    at: datetime
    currency: str | None = None
    amount_minor: int | None = None
    lines: Sequence[Mapping[str, Any]] = ()
    voided: bool = False

    def day(self, zones: Zones) -> date:
        """The day it happened, in the time zone of its unit."""
        return self.at.astimezone(zones.get(self.unit_id, DEFAULT_ZONE)).date()


@dataclass(frozen=True, slots=True)
class Lot:
    """Pieces of an article that a customer got together: what one answer is about.

    `start` is when they were delivered, else when they were ordered; `ordered` is None while no order is known.
    """

    order_id: UUID | None
    sku: str | None
    pieces: int
    start: date
    delivered: bool
    ordered: date | None = None

    @property
    def first(self) -> date:
        """The earlier of both days: who has ordered relies on what holds then."""
        return min(self.start, self.ordered or self.start)


def newest(versions: Iterable[Record]) -> list[Record]:
    """Of each record the newest version; one that was ever voided is gone, whatever came after."""
    found: dict[UUID, Record] = {}
    for one in versions:
        known = found.get(one.record_id)
        if known is None or (one.voided, one.version) > (known.voided, known.version):
            found[one.record_id] = one
    return [one for one in found.values() if not one.voided]


def lots_of(versions: Iterable[Record], zones: Zones) -> list[Lot]:
    """The goods that a customer has, from all that was told of their orders, deliveries and returns; oldest first.

    What has not been delivered counts from its order. What came back is taken from the oldest goods: which pieces it
    was is told by nobody, so it is read in the customer's favour.
    """
    versions = list(versions)
    live = newest(versions)
    orders = {one.record_id: one for one in live if one.kind == ORDER}
    voided = {one.record_id for one in versions if one.voided}
    following = [one for one in live if one.kind in {DELIVERY, RETURN} and one.order_id not in voided]
    by_order: defaultdict[UUID | None, list[Record]] = defaultdict(list)
    for one in sorted(following, key=lambda one: (one.at, one.id)):
        by_order[one.order_id].append(one)
    found = [lot for key in {*orders, *by_order} for lot in _of_order(orders.get(key), by_order[key], zones)]  # type: ignore[arg-type]
    return sorted(found, key=lambda lot: (lot.start, str(lot.order_id), lot.sku or ""))


def _of_order(order: Record | None, following: Sequence[Record], zones: Zones) -> list[Lot]:
    left: defaultdict[str | None, int] = defaultdict(int)
    for line in order.lines if order else ():
        left[line["sku"]] += line["quantity"]
    lots: list[Lot] = []
    ordered = order.day(zones) if order else None
    for one in (one for one in following if one.kind == DELIVERY):
        moved = [(line["sku"], line["quantity"]) for line in one.lines] or list(left.items())
        for sku, pieces in moved:
            if pieces:
                lots.append(Lot(one.order_id, sku, pieces, one.day(zones), delivered=True, ordered=ordered))
            left[sku] = max(left[sku] - pieces, 0)
    if order is not None and ordered is not None:
        rest = [(sku, pieces) for sku, pieces in left.items() if pieces]
        lots += [Lot(order.record_id, sku, pieces, ordered, delivered=False, ordered=ordered) for sku, pieces in rest]
    back = [line for one in following if one.kind == RETURN for line in one.lines]
    return _without(lots, back)


def _without(lots: list[Lot], back: Iterable[Mapping[str, Any]]) -> list[Lot]:
    kept = sorted(lots, key=lambda lot: (not lot.delivered, lot.start))
    for line in back:
        pieces = line["quantity"]
        for n, lot in enumerate(kept):
            taken = min(lot.pieces, pieces) if lot.sku == line["sku"] else 0
            kept[n] = replace(lot, pieces=lot.pieces - taken)
            pieces -= taken
    return [lot for lot in kept if lot.pieces]
