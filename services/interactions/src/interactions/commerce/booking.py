"""Entering orders and what follows them, many at once: rows, where each order stands, the timeline, the facts.

HTTP and reports both end here, so that a record is the same whichever door it came through.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

from guanxi import due
from guanxi.bus import log
from guanxi.db import Tx
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
from interactions.commerce import debt_store, debts, facts, rules, store
from interactions.commerce.rules import (
    MATCH_KIND,
    Delivery,
    Following,
    GoodsReturn,
    Order,
    OrderStatus,
    Payment,
    ServiceRecord,
)
from interactions.commerce.store import Name, Written
from interactions.record import Record
from interactions.timeline import usecases as timeline

R = TypeVar("R", bound=Record)
F = TypeVar("F", bound=Following)
Causes = Mapping[UUID, Event[Any]]
"""The report behind each record, by the record's id; empty for what came by HTTP."""
_SOON = timedelta(seconds=1)


async def place(tx: Tx, orders: Sequence[Order], causes: Causes) -> list[Order]:
    """Enter orders, new or corrected, and give what waited for them their order."""
    names = {one.id: (one.source, one.external_ref) for one in orders if one.source and one.external_ref}
    taken = await store.claim_names(tx, set(names.values()))
    # As with all that is due, the due row is locked before the record, never after it.
    await _look_again(tx, [key for key, name in names.items() if name in taken])
    written = await store.write(tx, orders)
    matched = await _match(tx, {key: name for key, name in names.items() if name not in taken})
    statuses = await _enter_orders(tx, written, matched, causes)
    await _tell_matched(tx, matched, statuses, causes)
    return [replace(one, status=statuses.get(one.id, one.status)) for one in written]


async def revise_order(tx: Tx, order: Order) -> None:
    """Enter an order that has been corrected; its lock is held, and its name is the one it had."""
    await _enter_orders(tx, await store.write(tx, [order]), (), {})


async def look_again(tx: Tx, record_id: UUID) -> None:
    """Bring together an order and what follows it, written at the same moment by two who could not see each other."""
    name = await store.name_of(tx, record_id)
    if name is None:
        return
    if await store.claim_names(tx, {name}):
        await due.schedule(tx, tx.now + _SOON, MATCH_KIND, record_id)
        return
    known = await store.order_ids(tx, {name})
    matched = await _match(tx, {order_id: key for key, order_id in known.items()})
    statuses = await restate(tx, {one.order_id for one in matched})
    await _tell_matched(tx, matched, statuses, {})


async def follow(tx: Tx, items: Sequence[F], causes: Causes) -> list[F]:
    """Enter deliveries, returns or payments, new or corrected; those of an unknown order wait for it."""
    names = {(one.source, one.external_order) for one in items if one.source and one.external_order}
    taken = await store.claim_names(tx, names, shared=True)
    known = await store.order_ids(tx, names)
    matched = [replace(one, order_id=one.order_id or known.get(_name(one))) for one in items]
    await _look_again(tx, [one.id for one in matched if one.order_id is None and _name(one) in taken])
    return await revise(tx, matched, causes)


async def revise(tx: Tx, items: Sequence[F], causes: Causes) -> list[F]:
    """Enter what has its order, or waits for it already."""
    before = await debts.lock(tx, items)
    items = [debts.carry_on(one, before) for one in items]
    await debts.schedule(tx, items, before, {key for key, event in causes.items() if event.historic})
    written = await store.write_following(tx, items)
    touched = {one.row.order_id for one in written} | {one.order_before for one in written}
    statuses = await restate(tx, touched)
    live = [one for one in written if one.row.voided_at is None]
    await timeline.write(tx, [facts.entry(one.row) for one in live])
    told = (
        draft(tx, one.row, fact, causes)
        for one in live
        for fact in _following_facts(one, statuses, before.get(one.row.id))
    )
    await log.record(tx, *told)
    await _let_off(tx, [one.row for one in live], statuses, causes)
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
    """Take records back for ever; those that had not been taken back before. Nothing is owed for such an order."""
    owed = await debt_store.lock_payments_of(tx, ids) if kind is Order else []
    voided = await store.void(tx, kind, ids, tx.now)
    await timeline.void(tx, [one.id for one in voided])
    statuses = await restate(tx, {one.order_id if isinstance(one, Following) else one.id for one in voided})
    await log.record(tx, *(draft(tx, one, fact, causes) for one in voided for fact in _void_facts(one)))
    await _let_off(tx, owed, statuses, causes)
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


async def _enter_orders(
    tx: Tx, written: Sequence[Order], matched: Sequence[Following], causes: Causes
) -> Mapping[UUID, OrderStatus]:
    again = {one.id for one in written if one.version > 1 or one.voided_at} | {one.order_id for one in matched}
    statuses = await restate(tx, again)
    live = _live(replace(one, status=statuses.get(one.id, one.status)) for one in written)
    await timeline.write(tx, [facts.entry(one) for one in live])
    kinds = (OrderPlaced, OrderPlacedCorrected)
    await log.record(tx, *(draft(tx, one, facts.placed(one, _kind(one, *kinds)), causes) for one in live))
    return statuses


async def _match(tx: Tx, names: Mapping[UUID, Name]) -> list[Following]:
    return [one for kind in (Delivery, GoodsReturn, Payment) for one in await store.match(tx, kind, names)]


async def _tell_matched(
    tx: Tx, matched: Sequence[Following], statuses: Mapping[UUID, OrderStatus], causes: Causes
) -> None:
    waited = _live(matched)
    await timeline.write(tx, [facts.entry(one) for one in waited])
    # A payment that is only due has been told of to nobody yet.
    late = [one for one in waited if not isinstance(one, Payment) or one.paid_on]
    of_order = {one.id: causes[one.order_id] for one in late if one.order_id and one.order_id in causes}
    await log.record(tx, *(draft(tx, one, _fact(one, statuses), of_order) for one in late))
    await _let_off(tx, waited, statuses, causes)


async def _let_off(tx: Tx, items: Iterable[Following], statuses: Mapping[UUID, OrderStatus], causes: Causes) -> None:
    """Take back that those of these payments, locked, whose order was cancelled had been overdue."""
    owed = [one for one in items if isinstance(one, Payment) and one.overdue_at and one.voided_at is None]
    freed = await debt_store.let_off(
        tx, [one.id for one in owed if one.order_id and statuses.get(one.order_id) == "cancelled"]
    )
    await timeline.write(tx, [facts.entry(one) for one in freed])
    of_order = {one.id: causes[one.order_id] for one in freed if one.order_id and one.order_id in causes}
    await log.record(tx, *(draft(tx, one, facts.overdue_voided(one), {**causes, **of_order}) for one in freed))


async def _look_again(tx: Tx, ids: Sequence[UUID]) -> None:
    if ids:
        await due.schedule_all(tx, MATCH_KIND, dict.fromkeys(ids, tx.now))


def _following_facts(
    written: Written[F], statuses: Mapping[UUID, OrderStatus], before: Payment | None
) -> Iterable[Fact]:
    row = written.row
    if not isinstance(row, Payment):
        yield _fact(row, statuses)
        return
    if row.paid_on:
        kind = PaymentReceivedCorrected if before and before.paid_on else PaymentReceived
        yield facts.received(row, kind)
    elif before and before.paid_on:
        yield facts.payment_voided(row)
    if before and before.overdue_at and not row.overdue_at:
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


def _kind(one: Record, first: type[Any], corrected: type[Any]) -> Any:
    return first if one.version == 1 else corrected


def _name(one: Following) -> tuple[str, str]:
    return one.source or "", one.external_order or ""


def _live(items: Iterable[R]) -> list[R]:
    return [one for one in items if one.voided_at is None]
