"""Commerce that arrives as reports: in any order, more than once, with the order last."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest

from guanxi.bus.applier import FactApplier
from guanxi.events import Event
from guanxi.events.interactions import (
    OrderDelivered,
    OrderDeliveredCorrected,
    OrderPlacedCorrected,
    OrderPlacedVoided,
    PaymentOverdue,
    PaymentOverdueVoided,
    PaymentReceived,
    PaymentReceivedCorrected,
)
from guanxi.testing import Harness
from interactions.topology import RECORDS

from .told import MOMENT, report

pytestmark = pytest.mark.asyncio


@pytest.mark.parametrize("voided_first", [True, False])
async def test_an_order_that_was_never_placed_owes_nothing_whichever_comes_first(
    service: Harness, staff: httpx.AsyncClient, customer: Any, *, voided_first: bool
) -> None:
    customer_id = await customer()
    payment = report("Payment", customer_id, ref="p-1", external_order="SO-1", due_on=(MOMENT.date()).isoformat())
    order = report("Order", customer_id, ref="SO-1")
    voided = report("Order", customer_id, "Voided", aggregate=order.aggregateid, sequence=2, ref="SO-1")
    await service.apply(payment)
    service.clock.move(36 * 3600)
    assert await service.work_off_due() == 1
    for event in (voided, order) if voided_first else (order, voided):
        await service.apply(event)
    told: list[Event[Any]] = await service.published(PaymentOverdue, PaymentOverdueVoided)
    assert [type(event.data) for event in told] == [PaymentOverdue, PaymentOverdueVoided]
    assert told[0].sequence < told[1].sequence
    assert (await staff.get(f"/v1/payments/{payment.aggregateid}")).json()["overdue_at"] is None


async def test_what_comes_before_its_order_waits_for_it(
    service: Harness, staff: httpx.AsyncClient, customer: Any
) -> None:
    customer_id = await customer()
    payment = report("Payment", customer_id, ref="p-1", external_order="SO-1")
    delivery = report("Delivery", customer_id, ref="d-1", external_order="SO-1")
    await service.apply(payment, delivery)
    waiting = (await staff.get(f"/v1/payments/{payment.aggregateid}")).json()
    assert (waiting["order_id"], waiting["external_order"]) == (None, "SO-1")
    (told,) = await service.published(OrderDelivered)
    assert (told.data.order_id, told.data.complete) == (None, None)
    order = report("Order", customer_id, ref="SO-1")
    await service.apply(order)
    read = (await staff.get(f"/v1/orders/{order.aggregateid}")).json()
    assert (read["status"], len(read["payments"]), len(read["deliveries"])) == ("closed", 1, 1)
    (paid,), (there,) = (
        await service.published(PaymentReceivedCorrected),
        await service.published(OrderDeliveredCorrected),
    )
    assert paid.data.order_id == there.data.order_id == order.aggregateid
    assert (paid.sequence, there.data.complete) == (2, True)


async def test_an_order_of_the_same_name_from_another_source_is_another_order(
    service: Harness, staff: httpx.AsyncClient, customer: Any
) -> None:
    customer_id = await customer()
    await service.apply(report("Order", customer_id, ref="SO-1"))
    payment = report("Payment", customer_id, external_order="SO-1")
    foreign = payment.model_copy(update={"data": payment.data.model_copy(update={"source": "other"})})
    await service.apply(foreign)
    assert (await staff.get(f"/v1/payments/{payment.aggregateid}")).json()["order_id"] is None


async def test_a_corrected_order_keeps_what_followed_it(
    service: Harness, staff: httpx.AsyncClient, customer: Any
) -> None:
    customer_id = await customer()
    order = report("Order", customer_id, ref="SO-1")
    delivery = report("Delivery", customer_id, external_order="SO-1", lines=[{"sku": "tower", "quantity": 10}])
    await service.apply(order, delivery)
    more = [{"sku": "tower", "quantity": 12, "amount_minor": 1200}]
    await service.apply(
        report("Order", customer_id, "Corrected", ref="SO-1", aggregate=order.aggregateid, sequence=2, lines=more)
    )
    read = (await staff.get(f"/v1/orders/{order.aggregateid}")).json()
    assert (read["status"], read["total_minor"], read["version"]) == ("part_delivered", 1200, 2)
    (event,) = await service.published(OrderPlacedCorrected)
    assert event.data.total_minor == 1200
    await service.apply(report("Order", customer_id, "Voided", ref="SO-1", aggregate=order.aggregateid, sequence=3))
    assert (await staff.get(f"/v1/orders/{order.aggregateid}")).json()["status"] == "cancelled"
    assert len(await service.published(OrderPlacedVoided)) == 1


async def test_a_payment_learned_of_in_time_takes_back_that_it_was_overdue(service: Harness, customer: Any) -> None:
    customer_id = await customer()
    due = MOMENT.date() + timedelta(days=1)
    first = report("Payment", customer_id, due_on=str(due))
    await service.apply(first)
    service.clock.move(3 * 86400)
    assert await service.work_off_due() == 1
    assert len(await service.published(PaymentOverdue)) == 1
    await service.apply(
        report(
            "Payment",
            customer_id,
            "Corrected",
            aggregate=first.aggregateid,
            sequence=2,
            due_on=str(due),
            paid_on=str(due),
        )
    )
    assert len(await service.published(PaymentOverdueVoided)) == 1
    (paid,) = await service.published(PaymentReceived)
    assert paid.data.days_late == 0


async def test_old_debts_schedule_nothing(service: Harness, customer: Any) -> None:
    customer_id = await customer()
    await service.apply(
        report("Payment", customer_id, due_on="2020-01-31", time=datetime(2020, 1, 1, tzinfo=UTC)),
    )
    assert await service.work_off_due() == 0
    assert await service.published() == []


async def test_a_payment_without_any_day_was_paid_when_it_was_told(service: Harness, customer: Any) -> None:
    await service.apply(report("Payment", await customer(), time=datetime(2026, 3, 31, 20, tzinfo=UTC)))
    (event,) = await service.published(PaymentReceived)
    assert event.data.paid_on == date(2026, 4, 1)


async def test_an_order_and_its_payment_in_two_transactions_at_once_find_each_other(
    service: Harness, staff: httpx.AsyncClient, customer: Any
) -> None:
    payer, buyer = await customer(), await customer()
    for n in range(20):
        order = report("Order", buyer, ref=f"SO-{n}")
        payment = report("Payment", payer, ref=f"p-{n}", external_order=f"SO-{n}")
        await asyncio.gather(service.apply(order), service.apply(payment))
        await service.work_off_due()
        found = (await staff.get(f"/v1/payments/{payment.aggregateid}")).json()
        assert found["order_id"] == str(order.aggregateid), n
        assert len((await staff.get(f"/v1/orders/{order.aggregateid}")).json()["payments"]) == 1


@pytest.mark.parametrize(
    ("family", "kind"), [("Delivery", "deliveries"), ("Return", "returns"), ("Payment", "payments")]
)
async def test_what_waits_for_its_order_can_be_found(
    service: Harness, staff: httpx.AsyncClient, dealer: httpx.AsyncClient, customer: Any, family: str, kind: str
) -> None:
    one, other = await customer(unit="dealer-17"), await customer()
    waiting = [report(family, one, ref=f"r-{n}", external_order="SO-9") for n in range(3)]
    known = report(family, other, ref="r-known", external_order="SO-1")
    await service.apply(report("Order", other, ref="SO-1"), known, *waiting)
    stranger = service.caller(unit="dealer-18", scope="interactions:read", subject="stranger")
    for reader in (staff, dealer):
        found: list[str] = []
        cursor: dict[str, str] | None = {}
        while cursor is not None:
            page = (await reader.get(f"/v1/{kind}", params={"unmatched": True, "limit": 2, **cursor})).json()
            found += [row["id"] for row in page["items"]]
            cursor = {"cursor": page["next"]} if page["next"] else None
        assert sorted(found) == sorted(str(event.aggregateid) for event in waiting)
    matched = (await staff.get(f"/v1/{kind}", params={"unmatched": False})).json()["items"]
    assert [row["id"] for row in matched] == [str(known.aggregateid)]
    of_one = (await staff.get(f"/v1/{kind}", params={"customer_id": str(one)})).json()["items"]
    assert [(row["order_id"], row["external_order"]) for row in of_one] == [(None, "SO-9")] * 3
    assert (await staff.get(f"/v1/{kind}/{known.aggregateid}")).json() == matched[0]
    assert (await stranger.get(f"/v1/{kind}")).json()["items"] == []
    assert (await stranger.get(f"/v1/{kind}/{known.aggregateid}")).status_code == 404
    assert (await dealer.get(f"/v1/{kind}", params={"customer_id": str(other)})).status_code == 404
    await service.apply(report("Order", one, ref="SO-9"))
    assert (await staff.get(f"/v1/{kind}", params={"unmatched": True})).json()["items"] == []


async def test_what_was_taken_back_by_hand_no_revision_revives(
    service: Harness, staff: httpx.AsyncClient, customer: Any
) -> None:
    customer_id = await customer()
    for family, kind in (("Delivery", "deliveries"), ("Return", "returns"), ("Payment", "payments")):
        first = report(family, customer_id, ref=f"r-{kind}", external_order="SO-1")
        await service.apply(first)
        assert (await staff.post(f"/v1/{kind}/{first.aggregateid}/voiding", json={})).status_code == 201
        again = {"ref": f"r-{kind}", "external_order": "SO-1", "aggregate": first.aggregateid, "sequence": 2}
        await service.apply(report(family, customer_id, "Corrected", **again))
        assert (await staff.get(f"/v1/{kind}/{first.aggregateid}")).json()["voided_at"], kind


async def test_a_stated_total_stands_until_a_part_of_it_is_corrected(
    service: Harness, staff: httpx.AsyncClient, customer: Any
) -> None:
    line = {"sku": "tower", "quantity": 10, "unit_price_minor": 100}
    order = report("Order", await customer(), ref="SO-1", lines=[line], total_minor=990)
    await service.apply(order)
    path = f"/v1/orders/{order.aggregateid}"
    right = await staff.patch(path, json={"way": "telephone"}, headers={"If-Match": '"1"'})
    assert (right.json()["total_minor"], right.json()["way"]) == (990, "telephone")
    right = await staff.patch(path, json={"discount_minor": 20}, headers={"If-Match": '"2"'})
    assert right.json()["total_minor"] == 980


@pytest.mark.parametrize("first", ["Order", "Payment"])
async def test_nobody_waits_for_another_who_writes_under_the_same_name(
    service: Harness, staff: httpx.AsyncClient, customer: Any, first: str
) -> None:
    order = report("Order", await customer(), ref="SO-1")
    payment = report("Payment", await customer(), ref="p-1", external_order="SO-1")
    earlier, later = (order, payment) if first == "Order" else (payment, order)
    async with service.database.consumers.begin() as tx:
        await FactApplier(RECORDS).apply_events(tx, [earlier])
        await service.apply(later)
        assert await service.work_off_due() == 1
    service.clock.move(2)
    assert await service.work_off_due() == 1
    assert await service.work_off_due() == 0
    (found,) = (await staff.get(f"/v1/orders/{order.aggregateid}")).json()["payments"]
    assert (found["id"], found["version"]) == (str(payment.aggregateid), 2)
    (told,) = await service.published(PaymentReceivedCorrected)
    assert (told.data.order_id, told.sequence) == (order.aggregateid, 2)


async def test_batches_that_name_each_others_orders_do_not_wait_in_circles(service: Harness, customer: Any) -> None:
    customers = [await customer(), await customer()]
    for turn in range(3):
        names = [[f"{turn}-{side}-{n}" for n in range(40)] for side in range(2)]
        batches = [
            [
                *(report("Order", customers[side], ref=name) for name in names[side]),
                *(report("Delivery", customers[side], ref=f"d-{name}", external_order=name) for name in names[side]),
                *(report("Payment", customers[side], ref=f"p-{name}", external_order=name) for name in names[1 - side]),
            ]
            for side in range(2)
        ]
        await asyncio.gather(*(service.apply(*batch) for batch in batches))
    await service.work_off_due()
    async with service.database.api.read() as reader:
        assert await reader.fetchval("SELECT count(*) FROM payment WHERE order_id IS NULL") == 0
        assert await reader.fetchval("SELECT count(*) FROM sales_order WHERE status = 'closed'") == 240
