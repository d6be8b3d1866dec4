"""Taking in what others tell of purchases and standing, and answering what a customer may claim."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from complaints.entitlements import agreement_store, policy_store, reading, store, told
from complaints.entitlements.evaluation import Answer, evaluate
from complaints.entitlements.offload import beside
from complaints.entitlements.rules import Version
from complaints.routing.rules import HEAD_OFFICE
from guanxi import directory
from guanxi.auth import Principal
from guanxi.db import Reader, Tx
from guanxi.events import Event
from guanxi.events.customers import AgreementChanged
from guanxi.events.directory import CustomerState
from guanxi.events.scores import KeyCustomerDesignated, SegmentChanged
from guanxi.problems import NotFound, Unprocessable


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked of whom: a day (none: today where the customer's unit is), perhaps an article or an order."""

    customer_id: UUID
    on: date | None = None
    sku: str | None = None
    order_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer, the version of the policy that gave it, and for whom."""

    asked: Asked
    canonical_id: UUID
    version: Version
    answer: Answer


async def answer(reader: Reader, principal: Principal, asked: Asked, now: datetime) -> Answered:
    """What the customer may claim by the policy of the day asked about.

    404 for an external caller who asks about another unit's customer: of their own they see their own unit's records.
    422 for a day before the first policy.
    """
    customer = await directory.customer(reader, asked.customer_id)
    if customer is None or not (principal.internal or customer.unit_id == principal.unit):
        raise NotFound("customer")
    time = await reading.clock(reader)
    on = asked.on or time.day(now, customer.unit_id or HEAD_OFFICE)
    version = await policy_store.in_force(reader, on)
    if version is None:
        raise Unprocessable.field("on", "no-policy", "No policy answers for so early a day.")
    if principal.internal:
        key, unit, members = customer.canonical_id, None, await directory.members(reader, asked.customer_id)
    else:
        key, unit, members = asked.customer_id, principal.unit, [asked.customer_id]
    found = (await reading.files(reader, {key: members}, time, unit))[key]
    said = await beside(len(found.lots), evaluate, version.policy, found, on, asked.sku, asked.order_id)
    return Answered(asked, key, version, said)


async def keep_purchases(tx: Tx, events: Sequence[Event[Any]]) -> None:
    """Keep every version of each order, delivery, return and service of somebody in particular.

    A later version that names nobody is kept too: the one before it, which did, may be here or still come.
    """
    some = [event for event in events if event.subject is not None or event.sequence > 1]
    await store.keep_records(tx, [told.record_of(event, event.subject) for event in some])


async def keep_agreements(tx: Tx, events: Sequence[Event[AgreementChanged]]) -> None:
    """Keep every version of each agreement: what an earlier one had promised is seen by it."""
    await agreement_store.keep(tx, [told.agreement_of(event) for event in events])


async def keep_tiers(tx: Tx, events: Sequence[Event[SegmentChanged]]) -> None:
    """Keep each step of each customer between the tiers of a segment."""
    await store.keep_steps(tx, [told.step_of(event, event.subject) for event in events if event.subject is not None])


async def keep_designations(tx: Tx, events: Sequence[Event[KeyCustomerDesignated]]) -> None:
    """Keep from when to when each customer is a key customer."""
    some = [event for event in directory.newest(events) if event.subject is not None]
    await store.keep_designations(tx, [told.designation_of(event, event.subject) for event in some if event.subject])


async def keep_regions(tx: Tx, events: Sequence[Event[CustomerState]]) -> None:
    """Keep where each customer is."""
    await store.keep_regions(tx, [told.region_of(event) for event in directory.newest(events)])


async def sold(reader: Reader, since: datetime, before: datetime) -> dict[str, int]:
    """Pieces of each article in the orders placed from one moment until before another, as they stand."""
    return await store.sold(reader, since, before)
