"""Reports of commerce, shuffled and repeated, corrected and voided, end in the same state."""

from __future__ import annotations

import random
from typing import Any
from uuid import UUID

import pytest

from guanxi.events import Event
from guanxi.events.interactions import (
    OrderDelivered,
    OrderDeliveredCorrected,
    OrderDeliveredVoided,
    OrderPlaced,
    OrderPlacedCorrected,
    OrderPlacedVoided,
    OrderReturned,
    OrderReturnedCorrected,
    OrderReturnedVoided,
    PaymentReceived,
    PaymentReceivedCorrected,
    PaymentReceivedVoided,
    ServicePerformed,
    ServicePerformedCorrected,
    ServicePerformedVoided,
)
from guanxi.testing import Harness

from .told import IDS, report

pytestmark = pytest.mark.asyncio


FACTS: tuple[tuple[str, dict[str, Any], Any, Any, Any], ...] = (
    ("Order", {"way": "telephone"}, OrderPlaced, OrderPlacedCorrected, OrderPlacedVoided),
    (
        "Delivery",
        {"lines": [{"sku": "tower", "quantity": 3}]},
        OrderDelivered,
        OrderDeliveredCorrected,
        OrderDeliveredVoided,
    ),
    (
        "Return",
        {"lines": [{"sku": "tower", "quantity": 2, "amount_minor": 70}]},
        OrderReturned,
        OrderReturnedCorrected,
        OrderReturnedVoided,
    ),
    ("Payment", {"amount_minor": 70}, PaymentReceived, PaymentReceivedCorrected, PaymentReceivedVoided),
    ("Service", {"kind": "care"}, ServicePerformed, ServicePerformedCorrected, ServicePerformedVoided),
)


@pytest.mark.parametrize(("family", "change", "first", "corrected", "voided"), FACTS)
async def test_each_fact_is_corrected_whole_and_voided(
    service: Harness,
    customer: Any,
    family: str,
    change: dict[str, Any],
    first: Any,
    corrected: Any,
    voided: Any,
) -> None:
    customer_id, aggregate = await customer(), IDS.new()
    order = {} if family in ("Order", "Service") else {"external_order": "SO-1"}
    await service.apply(report(family, customer_id, aggregate=aggregate, **order))
    await service.apply(report(family, customer_id, "Corrected", aggregate=aggregate, sequence=2, **order, **change))
    await service.apply(report(family, customer_id, "Voided", aggregate=aggregate, sequence=3))
    told: list[Event[Any]] = await service.published()
    assert [(type(event.data), event.sequence) for event in told] == [(first, 1), (corrected, 2), (voided, 3)]
    assert {(event.aggregateid, event.subject) for event in told} == {(aggregate, customer_id)}
    new, old = told[1].data.model_dump(), told[0].data.model_dump()
    assert new.keys() == old.keys()
    assert {name for name in new if new[name] != old[name]} >= change.keys()


async def last_facts(service: Harness) -> dict[UUID, Any]:
    """What the newest fact of each aggregate that is not voided tells, without counters of how it came about."""
    last: dict[UUID, Event[Any]] = {}
    told_of: list[Event[Any]] = await service.published()
    for event in told_of:
        assert event.aggregateid not in last or last[event.aggregateid].sequence < event.sequence
        last[event.aggregateid] = event
    # `complete` is how an order stood when its delivery was told of: of two the later one completes it.
    return {
        key: (event.subject, event.data.model_dump(exclude={"complete"}))
        for key, event in last.items()
        if not type(event.data).__name__.endswith("Voided")
    }


async def state(service: Harness) -> list[Any]:
    """What readers see, without counters of how it came about."""
    statements = (
        "SELECT id, customer_id, status, total_minor, lines, voided_at IS NULL FROM sales_order ORDER BY id",
        "SELECT id, order_id, delivered_at, lines, voided_at IS NULL FROM delivery ORDER BY id",
        "SELECT id, order_id, amount_minor, lines, voided_at IS NULL FROM goods_return ORDER BY id",
        "SELECT id, order_id, amount_minor, due_on, paid_on, voided_at IS NULL FROM payment ORDER BY id",
        "SELECT id, kind, note, voided_at IS NULL FROM service_record ORDER BY id",
        "SELECT id, customer_id, kind, at, summary FROM timeline_entry WHERE NOT voided ORDER BY id",
    )
    async with service.database.api.read() as reader:
        return [[tuple(row.values()) for row in await reader.fetch(sql)] for sql in statements]


def history(chance: random.Random, customers: list[UUID]) -> list[Event[Any]]:
    """Some orders with what follows them, corrections and voids, in the order in which they happened."""
    events: list[Event[Any]] = []

    def tell(family: str, name: str, **values: Any) -> None:
        subject, aggregate = chance.choice(customers), IDS.new()
        events.append(report(family, subject, ref=name, aggregate=aggregate, **values))
        if chance.random() < 0.4:
            changed = {**values, "reason": "again"} if family == "Return" else values
            if family == "Payment":
                changed = {**values, "amount_minor": chance.randint(1, 2000)}
            events.append(report(family, subject, "Corrected", ref=name, aggregate=aggregate, sequence=2, **changed))
        if chance.random() < 0.2:
            events.append(report(family, subject, "Voided", ref=name, aggregate=aggregate, sequence=3))

    for n in range(10):
        name = f"SO-{n}"
        tell("Order", name)
        for m in range(chance.randint(0, 3)):
            lines = [] if chance.random() < 0.3 else [{"sku": "tower", "quantity": chance.randint(1, 6)}]
            tell("Delivery", f"d-{n}-{m}", external_order=name, lines=lines)
        for m in range(chance.randint(0, 2)):
            tell("Payment", f"p-{n}-{m}", external_order=name, amount_minor=chance.randint(100, 1000))
        if chance.random() < 0.5:
            quantity = chance.choice([1, 10])
            tell(
                "Return",
                f"r-{n}",
                external_order=name,
                lines=[{"sku": "tower", "quantity": quantity, "amount_minor": 50}],
            )
        tell("Service", f"s-{n}")
    tell("Payment", "lost", external_order="SO-unknown")
    return events


@pytest.mark.parametrize("seed", range(6))
async def test_any_order_and_any_repetition_ends_in_the_same_state(service: Harness, customer: Any, seed: int) -> None:
    chance = random.Random(seed)
    events = history(chance, [await customer() for _ in range(3)])
    for event in events:
        await service.apply(event)
    expected, told = await state(service), await last_facts(service)
    async with service.database.api.begin() as tx:
        for table in (
            *("sales_order", "delivery", "goods_return", "payment", "service_record"),
            *("timeline_entry", "reported", "inbox", "due", "outbox", "event_log"),
        ):
            await tx.execute(f"DELETE FROM {table}")
    shuffled = [*events, *chance.sample(events, len(events) // 2)]
    chance.shuffle(shuffled)
    while shuffled:
        size = chance.randint(1, 9)
        await service.apply(*shuffled[:size])
        shuffled = shuffled[size:]
    found = await state(service)
    assert found == expected
    assert await last_facts(service) == told
    assert {row[2] for row in found[0]} >= {"placed", "part_delivered", "returned", "cancelled"}
    assert len({fact["order_id"] for _, fact in told.values() if fact.get("line_count")}) >= 5
