"""Payments that are due: when to look whether one is overdue, and what is told when it is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import tzinfo
from typing import TypeVar
from uuid import UUID

from guanxi import directory, due
from guanxi.bus import log
from guanxi.db import Reader, Tx
from interactions.commerce import debt_store, facts, rules, store
from interactions.commerce.rules import DUE_KIND, Following, Payment
from interactions.timeline import usecases as timeline

F = TypeVar("F", bound=Following)
Zones = Mapping[str, tzinfo]
Known = Mapping[UUID, Payment]
"""Payments as they stood before they were written anew, by id."""


async def zones(reader: Reader) -> Zones:
    """The time zone of each unit; of one that is not known yet, the default one."""
    known = {unit.code: directory.zone_of(unit.time_zone) for unit in await directory.units(reader)}
    return defaultdict(lambda: directory.DEFAULT_ZONE, known)


async def lock(tx: Tx, items: Sequence[Following]) -> Known:
    """The payments among these that are known already, locked with what is scheduled of them."""
    return await debt_store.lock_payments(tx, [one.id for one in items if isinstance(one, Payment)])


def carry_on(one: F, before: Known) -> F:
    """What is about to be written, with what its new version leaves standing of an overdue payment."""
    known = before.get(one.id)
    if isinstance(one, Payment) and known is not None and rules.still_overdue(one, known):
        return replace(one, overdue_at=known.overdue_at)
    return one


async def schedule(tx: Tx, items: Sequence[Following], before: Known, historic: Collection[UUID]) -> None:
    """Have the payments among these looked at when their day is over; `historic` are those learned of too late."""
    payments = [one for one in items if isinstance(one, Payment) and one.due_on]
    if not payments:
        return
    zone = await zones(tx)
    moments = {
        one.id: rules.look_at(one, before.get(one.id), zone[one.unit_id], tx.now, historic=one.id in historic)
        for one in payments
    }
    wanted = {key: at for key, at in moments.items() if at}
    if wanted:
        await due.schedule_all(tx, DUE_KIND, wanted)


async def fall_overdue(tx: Tx, payment_id: UUID) -> None:
    """Note that a payment is overdue, unless it was paid, voided or moved meanwhile, or its order was cancelled."""
    before = await store.lock(tx, Payment, payment_id)
    if before is None or before.voided_at or before.paid_on or before.overdue_at or before.due_on is None:
        return
    moment = rules.end_of_day(before.due_on, (await zones(tx))[before.unit_id])
    if moment > tx.now:
        # The unit's zone was not known, or was another one, when this was scheduled.
        await due.schedule(tx, moment, DUE_KIND, payment_id)
        return
    if before.order_id and await debt_store.cancelled(tx, before.order_id):
        return
    late = replace(before, overdue_at=moment, version=await debt_store.set_overdue(tx, payment_id, moment))
    await timeline.write(tx, [facts.entry(late)])
    event = log.draft(
        tx, facts.overdue(late), aggregate=late.id, sequence=late.version, subject=late.customer_id, time=moment
    )
    await log.record(tx, event)
