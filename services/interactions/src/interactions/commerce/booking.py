"""Entering orders and what follows them, many at once: rows, where each order stands, the timeline, the facts.

HTTP and reports both end here, so that a record is the same whichever door it came through.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from guanxi import directory
from guanxi.bus import log
from guanxi.db import Reader, Tx
from guanxi.events import Event, Fact
from guanxi.events.interactions import (
    OrderDelivered,
    OrderDeliveredCorrected,
    OrderPlaced,
    OrderPlacedCorrected,
    OrderReturned,
    OrderReturnedCorrected,
    PaymentReceived,
    PaymentReceivedCorrected,
    ServicePerformed,
    ServicePerformedCorrected,
)
from interactions.commerce import facts, rules, store
from interactions.commerce.rules import (
    Delivery,
    Following,
    GoodsReturn,
    Order,
    OrderStatus,
    Payment,
    ServiceRecord,
)
from interactions.commerce.store import Written
from interactions.record import Record
from interactions.timeline import usecases as timeline

R = TypeVar("R", bound=Record)
F = TypeVar("F", bound=Following)
Causes = Mapping[UUID, Event[Any]]
"""The report behind each record, by the record's id; empty for what came by HTTP."""
Zones = Mapping[str, tzinfo]


async def place(tx: Tx, orders: Sequence[Order], causes: Causes) -> list[Order]:
    """Enter orders, new or corrected, and give what waited for them their order."""
    names = {one.id: (one.source, one.external_ref) for one in orders if one.source and one.external_ref}
    await store.lock_names(tx, set(names.values()))
    written = await store.write(tx, orders)
    matched = [one for kind in (Delivery, GoodsReturn, Payment) for one in await store.match(tx, kind, names)]
    again = {one.id for one in written if one.version > 1 or one.voided_at} | {one.order_id for one in matched}
    statuses = await restate(tx, again)
    live = _live(replace(one, status=statuses.get(one.id, one.status)) for one in written)
    waited = _live(matched)
    await timeline.write(tx, [facts.entry(one) for one in (*live, *waited)])
    told = [draft(tx, one, facts.placed(one, _kind(one, OrderPlaced, OrderPlacedCorrected)), causes) for one in live]
    # A payment that is only due has been told of to nobody yet.
    late = [one for one in waited if not isinstance(one, Payment) or one.paid_on]
    of_order = {one.id: causes[one.order_id] for one in late if one.order_id and one.order_id in causes}
    told += [draft(tx, one, _fact(one, statuses), of_order) for one in late]
    await log.record(tx, *told)
    return [replace(one, status=statuses.get(one.id, one.status)) for one in written]


async def follow(tx: Tx, items: Sequence[F], causes: Causes) -> list[F]:
    """Enter deliveries, returns or payments, new or corrected; those of an unknown order wait for it."""
    names = {(one.source, one.external_order) for one in items if one.source and one.external_order}
    await store.lock_names(tx, names)
    known = await store.order_ids(tx, names) if names else {}
    matched = [replace(one, order_id=one.order_id or known.get(_name(one))) for one in items]
    await _schedule(tx, matched, causes)
    written = await store.write_following(tx, matched)
    touched = {one.row.order_id for one in written} | {one.order_before for one in written}
    statuses = await restate(tx, touched)
    live = [one for one in written if one.row.voided_at is None]
    await store.clear_overdue(tx, [one.row.id for one in live if _no_longer_overdue(one.row, tx.now)])
    await timeline.write(tx, [facts.entry(one.row) for one in live])
    await log.record(
        tx, *(draft(tx, one.row, fact, causes) for one in live for fact in _following_facts(one, statuses, tx.now))
    )
    return [one.row for one in written]


async def perform(tx: Tx, services: Sequence[ServiceRecord], causes: Causes) -> list[ServiceRecord]:
    """Enter service records, new or corrected."""
    written = await store.write(tx, services)
    live = _live(written)
    await timeline.write(tx, [facts.entry(one) for one in live])
    kinds = (ServicePerformed, ServicePerformedCorrected)
    await log.record(tx, *(draft(tx, one, facts.performed(one, _kind(one, *kinds)), causes) for one in live))
    return written


async def void(tx: Tx, kind: type[R], ids: Collection[UUID], causes: Causes) -> list[R]:
    """Take records back for ever; those that had not been taken back before."""
    voided = await store.void(tx, kind, ids, tx.now)
    await timeline.void(tx, [one.id for one in voided])
    await restate(tx, {one.order_id if isinstance(one, Following) else one.id for one in voided})
    await log.record(tx, *(draft(tx, one, fact, causes) for one in voided for fact in _void_facts(one)))
    return voided


async def restate(tx: Tx, order_ids: Iterable[UUID | None]) -> Mapping[UUID, OrderStatus]:
    """Find out anew where these orders stand, by all that is known of them."""
    wanted = {one for one in order_ids if one}
    orders = await store.lock_orders(tx, wanted) if wanted else []
    if not orders:
        return {}
    # Read after the locks are held: what another transaction added meanwhile is seen, by one of the two.
    followed = await store.followed(tx, wanted)
    statuses = {one.id: rules.order_status(one, followed[one.id]) for one in orders}
    news = await store.set_statuses(tx, statuses)
    await timeline.set_statuses(tx, {key: statuses[key] for key in news})
    return statuses


async def zones(reader: Reader) -> Zones:
    """The time zone of each unit."""
    return {unit.code: _zone(unit.time_zone) for unit in await directory.units(reader)}


def draft(tx: Tx, one: Record, fact: Fact, causes: Causes) -> Event[Any]:
    """The event of a fact about a record, at the record's own moment."""
    return log.draft(
        tx,
        fact,
        aggregate=one.id,
        sequence=one.version,
        subject=one.customer_id,
        time=facts.entry(one).at,
        cause=causes.get(one.id),
    )


async def _schedule(tx: Tx, items: Sequence[Following], causes: Causes) -> None:
    payments = [one for one in items if isinstance(one, Payment) and one.due_on and not (one.paid_on or one.voided_at)]
    if not payments:
        return
    zone = await zones(tx)
    moments = {one.id: rules.end_of_day(one.due_on, zone.get(one.unit_id, UTC)) for one in payments if one.due_on}
    historic = {key for key, event in causes.items() if event.historic}
    # Whoever works off what is due locks the due row, then the payment: so do we.
    await store.schedule(tx, {key: at for key, at in moments.items() if at > tx.now or key not in historic})


def _following_facts(written: Written[F], statuses: Mapping[UUID, OrderStatus], now: datetime) -> Iterable[Fact]:
    row = written.row
    if not isinstance(row, Payment):
        yield _fact(row, statuses)
        return
    if row.paid_on:
        kind = PaymentReceivedCorrected if written.paid_before else PaymentReceived
        yield facts.received(row, kind)
    elif written.paid_before:
        yield facts.payment_voided(row)
    if _no_longer_overdue(row, now):
        yield facts.overdue_voided(row)


def _fact(row: Following, statuses: Mapping[UUID, OrderStatus]) -> Fact:
    if isinstance(row, Delivery):
        status = statuses.get(row.order_id) if row.order_id else None
        return facts.delivered(row, status, _kind(row, OrderDelivered, OrderDeliveredCorrected))
    if isinstance(row, GoodsReturn):
        return facts.returned(row, _kind(row, OrderReturned, OrderReturnedCorrected))
    if isinstance(row, Payment):
        return facts.received(row, _kind(row, PaymentReceived, PaymentReceivedCorrected))
    raise TypeError(f"{type(row).__name__} follows no order")


def _void_facts(one: Record) -> Iterable[Fact]:
    match one:
        case Order():
            yield facts.order_voided(one)
        case Delivery():
            yield facts.delivery_voided(one)
        case GoodsReturn():
            yield facts.return_voided(one)
        case ServiceRecord():
            yield facts.service_voided(one)
        case Payment():
            if one.paid_on:
                yield facts.payment_voided(one)
            if one.overdue_at:
                yield facts.overdue_voided(one)


def _no_longer_overdue(row: Following, now: datetime) -> bool:
    if not isinstance(row, Payment) or row.overdue_at is None:
        return False
    in_time = row.due_on is not None and row.paid_on is not None and row.paid_on <= row.due_on
    return row.due_on is None or in_time or (row.paid_on is None and row.due_on > now.date())


def _kind(one: Record, first: type[Any], corrected: type[Any]) -> Any:
    return first if one.version == 1 else corrected


def _name(one: Following) -> tuple[str, str]:
    return one.source or "", one.external_order or ""


def _live(items: Iterable[R]) -> list[R]:
    return [one for one in items if one.voided_at is None]


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC
