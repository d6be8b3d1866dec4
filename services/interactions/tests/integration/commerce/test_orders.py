"""Orders and what follows them, over HTTP."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import pytest

from guanxi.events import Event
from guanxi.events.interactions import (
    OrderDelivered,
    OrderPlaced,
    OrderPlacedVoided,
    OrderReturned,
    PaymentOverdue,
    PaymentOverdueVoided,
    PaymentReceived,
    ServicePerformed,
)
from guanxi.testing import Harness, a_unit
from interactions.commerce import debts, rules

pytestmark = pytest.mark.asyncio

LINES = [
    {"sku": "tower", "quantity": 10, "unit_price_minor": 500},
    {"sku": "stand", "name": "木座", "quantity": 4, "amount_minor": 1000},
]
ORDER: dict[str, Any] = {
    "currency": "CNY",
    "lines": LINES,
    "discount_minor": 100,
    "tax_minor": 60,
    "shipping_minor": 40,
    "external_ref": "SO-1",
    "way": "web-shop",
}


WAITING = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


async def ordered(staff: httpx.AsyncClient, customer: Any, **values: Any) -> str:
    made = await staff.post("/v1/orders", json={"customer_id": str(await customer()), **ORDER, **values})
    assert made.status_code == 201, made.text
    return str(made.headers["Location"])


async def test_an_order_adds_up_and_is_read_back(staff: httpx.AsyncClient, service: Harness, customer: Any) -> None:
    path = await ordered(staff, customer, total_minor=6000)
    read = (await staff.get(path)).json()
    assert (read["goods_minor"], read["total_minor"], read["status"]) == (5900, 6000, "placed")
    assert [line["amount_minor"] for line in read["lines"]] == [5000, 1000]
    (event,) = await service.published(OrderPlaced)
    assert (event.data.total_minor, event.data.line_count, event.data.way) == (6000, 2, "web-shop")
    assert "木座" not in event.to_json().decode()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"total_minor": 6001}, "total_minor"),
        ({"discount_minor": 7000}, "discount_minor"),
        ({"lines": [{"quantity": 1, "amount_minor": 1}]}, "lines[0].sku"),
        ({"lines": [{"sku": "a", "quantity": 1}]}, "lines[0].amount_minor"),
        ({"lines": [{"sku": "a", "quantity": 0, "amount_minor": 1}]}, "lines[0].quantity"),
        ({"lines": [{"sku": "a", "quantity": 10**9, "unit_price_minor": 10**15}]}, "lines[0].unit_price_minor"),
        (
            {"lines": [{"sku": "a", "quantity": 2, "unit_price_minor": 10**15}], "discount_minor": 10**15},
            "lines[0].unit_price_minor",
        ),
        ({"lines": [{"sku": "a", "quantity": 1, "amount_minor": 10**15}] * 2}, "lines"),
        ({"lines": [{"sku": "a", "quantity": 1, "amount_minor": 10**15}], "tax_minor": 101}, "total_minor"),
        ({"lines": [{"sku": "a", "quantity": 1, "amount_minor": 10**15 + 1}]}, "lines[0].amount_minor"),
        ({"shipping_minor": 10**15}, "total_minor"),
        ({"lines": []}, "lines"),
        ({"currency": "XYZ"}, "currency"),
        ({"total_minor": "6000"}, "total_minor"),
        ({"status": "closed"}, "status"),
        ({"placed_at": "2190-01-01T00:00:00Z"}, "placed_at"),
    ],
)
async def test_a_wrong_order_is_refused_by_field(
    staff: httpx.AsyncClient, service: Harness, customer: Any, change: dict[str, Any], field: str
) -> None:
    answer = await staff.post("/v1/orders", json={"customer_id": str(await customer()), **ORDER, **change})
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"] == field
    assert await service.published() == []


async def test_the_largest_order_there_is_is_told_of(staff: httpx.AsyncClient, service: Harness, customer: Any) -> None:
    lines = [{"sku": "a", "quantity": 1, "amount_minor": 10**15}] * 2
    path = await ordered(staff, customer, lines=lines, discount_minor=10**15, tax_minor=0, shipping_minor=0)
    (event,) = await service.published(OrderPlaced)
    assert (event.data.goods_minor, event.data.total_minor) == (10**15, 10**15)
    back = [{"sku": "a", "quantity": 1, "amount_minor": 10**15}]
    too_much = await staff.post(f"{path}/returns", json={"lines": back * 2})
    assert (too_much.status_code, too_much.json()["errors"][0]["field"]) == (422, "lines")
    assert (await staff.post(f"{path}/returns", json={"lines": back})).status_code == 201
    (returned,) = await service.published(OrderReturned)
    assert returned.data.amount_minor == 10**15


async def test_an_order_goes_its_way(staff: httpx.AsyncClient, service: Harness, customer: Any) -> None:
    path = await ordered(staff, customer)
    part = await staff.post(f"{path}/deliveries", json={"lines": [{"sku": "tower", "quantity": 10}]})
    assert part.status_code == 201, part.text
    assert (await staff.get(path)).json()["status"] == "part_delivered"
    await staff.post(f"{path}/deliveries", json={"lines": [{"sku": "stand", "quantity": 4}]})
    assert (await staff.get(path)).json()["status"] == "delivered"
    await staff.post(f"{path}/payments", json={"amount_minor": 6000})
    assert (await staff.get(path)).json()["status"] == "closed"
    back = [
        {"sku": "tower", "quantity": 10, "amount_minor": 5000},
        {"sku": "stand", "quantity": 4, "amount_minor": 900},
    ]
    await staff.post(f"{path}/returns", json={"lines": back, "reason": "wrong colour"})
    read = (await staff.get(path)).json()
    assert read["status"] == "returned"
    assert [len(read[key]) for key in ("deliveries", "payments", "returns")] == [2, 1, 1]
    deliveries = await service.published(OrderDelivered)
    assert [event.data.complete for event in deliveries] == [False, True]
    (paid,), (returned,) = await service.published(PaymentReceived), await service.published(OrderReturned)
    assert (paid.data.amount_minor, returned.data.amount_minor) == (6000, 5900)
    assert "colour" not in returned.to_json().decode()
    timeline = (await staff.get(f"/v1/customers/{read['customer_id']}/timeline")).json()["items"]
    assert {one["kind"] for one in timeline} == {"order", "delivery", "payment", "return"}
    assert [one["summary"]["status"] for one in timeline if one["kind"] == "order"] == ["returned"]


async def test_more_cannot_come_back_than_was_ordered(staff: httpx.AsyncClient, customer: Any) -> None:
    path = await ordered(staff, customer)
    nine = {"lines": [{"sku": "tower", "quantity": 9, "amount_minor": 1}]}
    assert (await staff.post(f"{path}/returns", json=nine)).status_code == 201
    again = await staff.post(f"{path}/returns", json=nine)
    assert (again.status_code, again.json()["errors"][0]["field"]) == (422, "lines[0].quantity")


async def test_a_cancelled_order_takes_nothing_more(staff: httpx.AsyncClient, service: Harness, customer: Any) -> None:
    path = await ordered(staff, customer)
    cancelled = await staff.post(f"{path}/voiding", json={"reason": "customer-left"})
    assert (cancelled.status_code, cancelled.json()["status"]) == (201, "cancelled")
    assert (await staff.post(f"{path}/voiding", json={})).status_code == 409
    assert (await staff.post(f"{path}/payments", json={"amount_minor": 1})).status_code == 409
    assert (await staff.get("/v1/orders")).json()["items"] == []
    assert len((await staff.get("/v1/orders", params={"status": "cancelled"})).json()["items"]) == 1
    assert len(await service.published(OrderPlacedVoided)) == 1


async def test_what_is_not_paid_on_its_day_is_overdue(
    staff: httpx.AsyncClient, service: Harness, customer: Any
) -> None:
    path = await ordered(staff, customer)
    today = datetime.now(UTC).date()
    due = await staff.post(f"{path}/payments", json={"amount_minor": 6000, "due_on": str(today + timedelta(days=2))})
    assert (due.json()["paid_on"], due.json()["overdue_at"]) == (None, None)
    assert await service.work_off_due() == 0
    service.clock.move(4 * 86400)
    assert await service.work_off_due() == 1
    (event,) = await service.published(PaymentOverdue)
    # The end of the day in Shanghai, sixteen hours into it in UTC.
    assert event.time == datetime.combine(today + timedelta(days=2), datetime.min.time(), UTC) + timedelta(hours=16)
    read = await staff.get(due.headers["Location"])
    assert read.json()["overdue_at"]
    paid = await staff.patch(
        due.headers["Location"],
        json={"paid_on": str(today + timedelta(days=4))},
        headers={"If-Match": read.headers["ETag"]},
    )
    assert paid.status_code == 200, paid.text
    (received,) = await service.published(PaymentReceived)
    assert (received.data.days_late, received.data.payment_id) == (2, event.data.payment_id)


async def test_what_was_paid_in_time_never_falls_overdue(
    staff: httpx.AsyncClient, service: Harness, customer: Any
) -> None:
    path = await ordered(staff, customer)
    today = datetime.now(UTC).date()
    due = await staff.post(f"{path}/payments", json={"amount_minor": 6000, "due_on": str(today)})
    await staff.patch(due.headers["Location"], json={"paid_on": str(today)}, headers={"If-Match": '"1"'})
    service.clock.move(4 * 86400)
    await service.work_off_due()
    assert await service.published(PaymentOverdue) == []


def day_in_shanghai(days: float) -> date:
    return (datetime.now(UTC) + timedelta(days=days)).astimezone(ZoneInfo("Asia/Shanghai")).date()


async def overdue(staff: httpx.AsyncClient, service: Harness, customer: Any) -> tuple[str, dict[str, str]]:
    """A payment that is overdue for a day and a half at least: its path and its tag. The clock is four days on."""
    path = await ordered(staff, customer)
    body = {"amount_minor": 6000, "due_on": str(day_in_shanghai(2))}
    location = str((await staff.post(f"{path}/payments", json=body)).headers["Location"])
    service.clock.move(4 * 86400)
    assert await service.work_off_due() == 1
    assert len(await service.published(PaymentOverdue)) == 1
    return location, {"If-Match": (await staff.get(location)).headers["ETag"]}


async def test_a_payment_that_is_due_today_after_all_is_not_overdue_yet(
    staff: httpx.AsyncClient, service: Harness, customer: Any
) -> None:
    path, tag = await overdue(staff, service, customer)
    moved = await staff.patch(path, json={"due_on": str(day_in_shanghai(4))}, headers=tag)
    assert (moved.status_code, moved.json()["overdue_at"]) == (200, None)
    assert len(await service.published(PaymentOverdueVoided)) == 1
    assert await service.work_off_due() == 0
    service.clock.move(86400)
    assert await service.work_off_due() == 1
    assert [event.data.due_on for event in await service.published(PaymentOverdue)][1:] == [day_in_shanghai(4)]


@pytest.mark.parametrize("day", [1, -20])
async def test_a_payment_that_was_due_on_another_past_day_is_overdue_from_there(
    staff: httpx.AsyncClient, service: Harness, customer: Any, day: int
) -> None:
    path, tag = await overdue(staff, service, customer)
    moved = await staff.patch(path, json={"due_on": str(day_in_shanghai(day))}, headers=tag)
    assert (moved.status_code, moved.json()["overdue_at"]) == (200, None)
    assert await service.work_off_due() == 1
    told: list[Event[Any]] = await service.published(PaymentOverdue, PaymentOverdueVoided)
    assert [type(event.data) for event in told] == [PaymentOverdue, PaymentOverdueVoided, PaymentOverdue]
    assert [event.sequence for event in told] == [2, 3, 4]
    assert told[-1].data.due_on == day_in_shanghai(day)
    read = (await staff.get(path)).json()
    assert datetime.fromisoformat(read["overdue_at"]) == told[-1].time


async def test_what_else_is_corrected_leaves_a_payment_overdue(
    staff: httpx.AsyncClient, service: Harness, customer: Any
) -> None:
    path, tag = await overdue(staff, service, customer)
    found = await staff.patch(path, json={"amount_minor": 5000}, headers=tag)
    assert found.json()["overdue_at"]
    assert await service.work_off_due() == 0
    assert len(await service.published(PaymentOverdue, PaymentOverdueVoided)) == 1


async def test_what_a_cancelled_order_would_have_owed_never_falls_overdue(
    staff: httpx.AsyncClient, service: Harness, customer: Any
) -> None:
    path = await ordered(staff, customer)
    due = await staff.post(f"{path}/payments", json={"amount_minor": 6000, "due_on": str(day_in_shanghai(2))})
    assert (await staff.post(f"{path}/voiding", json={})).status_code == 201
    service.clock.move(4 * 86400)
    await service.work_off_due()
    assert await service.published(PaymentOverdue, PaymentOverdueVoided) == []
    assert (await staff.get(due.headers["Location"])).json()["overdue_at"] is None


async def test_cancelling_an_order_takes_back_that_its_payment_was_overdue(
    staff: httpx.AsyncClient, service: Harness, customer: Any
) -> None:
    path, _ = await overdue(staff, service, customer)
    payment = (await staff.get(path)).json()
    assert (await staff.post(f"/v1/orders/{payment['order_id']}/voiding", json={})).status_code == 201
    (event,) = await service.published(PaymentOverdueVoided)
    assert (str(event.data.payment_id), event.sequence) == (payment["id"], 3)
    assert (await staff.get(path)).json() == {**payment, "overdue_at": None, "version": 3}
    shown = (await staff.get(f"/v1/customers/{payment['customer_id']}/timeline?kind=payment")).json()["items"]
    assert [one["summary"]["status"] for one in shown] == ["due"]
    service.clock.move(86400)
    assert await service.work_off_due() == 0


@pytest.mark.parametrize(("days", "told"), [(-1, 1), (-4, 0), (-3000, 0)])
async def test_a_debt_that_we_learn_of_days_late_is_told_to_nobody(
    staff: httpx.AsyncClient, service: Harness, customer: Any, days: int, told: int
) -> None:
    path = await ordered(staff, customer)
    made = await staff.post(f"{path}/payments", json={"amount_minor": 6000, "due_on": str(day_in_shanghai(days))})
    assert await service.work_off_due() == told
    assert len(await service.published(PaymentOverdue)) == told
    assert bool((await staff.get(made.headers["Location"])).json()["overdue_at"]) == bool(told)


async def test_a_payment_of_a_unit_that_moved_is_looked_at_when_its_day_is_over_there(
    staff: httpx.AsyncClient, service: Harness, customer: Any
) -> None:
    path = await ordered(staff, customer)
    day = day_in_shanghai(2)
    await staff.post(f"{path}/payments", json={"amount_minor": 6000, "due_on": str(day)})
    await service.know(a_unit("head-office", kind="head_office", time_zone="Pacific/Honolulu", sequence=2))
    over = [rules.end_of_day(day, ZoneInfo(zone)) for zone in ("Asia/Shanghai", "Pacific/Honolulu")]
    for moment, told in zip(over, (0, 1), strict=True):
        service.clock.move((moment - service.clock.now()).total_seconds() + 60)
        assert await service.work_off_due() == 1
        assert len(await service.published(PaymentOverdue)) == told
    (event,) = await service.published(PaymentOverdue)
    assert event.time == over[1]


async def test_a_payment_entered_while_its_day_ends_waits_for_that_and_not_the_other_way_round(
    staff: httpx.AsyncClient, service: Harness, customer: Any
) -> None:
    path = await ordered(staff, customer)
    due = await staff.post(f"{path}/payments", json={"amount_minor": 6000, "due_on": str(day_in_shanghai(2))})
    location, payment_id = due.headers["Location"], UUID(due.json()["id"])
    service.clock.move(4 * 86400)
    body = {"paid_on": str(day_in_shanghai(3))}
    async with service.database.consumers.begin() as tx:
        await tx.execute("DELETE FROM due WHERE id = $1", payment_id)
        entering = asyncio.create_task(staff.patch(location, json=body, headers={"If-Match": '"1"'}))
        async with service.database.api.read() as reader:
            while not await reader.fetchval(WAITING):
                assert not entering.done()
        await debts.fall_overdue(tx, payment_id)
    assert (await entering).status_code == 412
    paid = await staff.patch(location, json=body, headers={"If-Match": '"2"'})
    assert (paid.status_code, bool(paid.json()["overdue_at"])) == (200, True)


@pytest.mark.parametrize("round_", range(5))
async def test_of_a_payment_and_the_end_of_its_day_one_comes_first(
    staff: httpx.AsyncClient, service: Harness, customer: Any, round_: int
) -> None:
    path = await ordered(staff, customer)
    due = await staff.post(f"{path}/payments", json={"amount_minor": 6000, "due_on": str(day_in_shanghai(2))})
    service.clock.move(4 * 86400)
    body = {"paid_on": str(day_in_shanghai(3))}
    answer, worked = await asyncio.gather(
        staff.patch(due.headers["Location"], json=body, headers={"If-Match": '"1"'}), service.work_off_due()
    )
    told: list[Event[Any]] = await service.published(PaymentReceived, PaymentOverdue)
    kinds = [type(event.data) for event in told]
    assert (answer.status_code, kinds, worked) in (
        (200, [PaymentReceived], 0),
        (200, [PaymentReceived], 1),
        (412, [PaymentOverdue], 1),
    )
    await service.work_off_due()
    assert len(await service.published(PaymentReceived, PaymentOverdue)) == 1


async def test_service_on_a_product_is_kept(staff: httpx.AsyncClient, service: Harness, customer: Any) -> None:
    customer_id = str(await customer())
    body = {"customer_id": customer_id, "kind": "repair", "sku": "tower", "note": "a new base", "cost_minor": 900}
    assert (await staff.post("/v1/service-records", json=body)).status_code == 422
    made = await staff.post("/v1/service-records", json={**body, "currency": "CNY"})
    assert made.status_code == 201
    assert (await staff.get(made.headers["Location"])).json() == made.json()
    found = (await staff.get("/v1/service-records", params={"customer_id": customer_id})).json()["items"]
    assert [one["note"] for one in found] == ["a new base"]
    (event,) = await service.published(ServicePerformed)
    assert (event.data.kind, event.data.cost_minor) == ("repair", 900)
    assert "base" not in event.to_json().decode()


async def test_an_external_unit_reaches_only_its_own_orders(
    staff: httpx.AsyncClient, dealer: httpx.AsyncClient, customer: Any
) -> None:
    path = await ordered(staff, customer)
    assert (await dealer.get(path)).status_code == 404
    for tail, body in (
        ("deliveries", {}),
        ("payments", {"amount_minor": 1}),
        ("returns", {"lines": [{"sku": "tower", "quantity": 1, "amount_minor": 1}]}),
        ("voiding", {}),
    ):
        assert (await dealer.post(f"{path}/{tail}", json=body)).status_code == 404
    paid = await staff.post(f"{path}/payments", json={"amount_minor": 1})
    assert (await dealer.get(paid.headers["Location"])).status_code == 404
    own = await customer(unit="dealer-17")
    made = await dealer.post("/v1/orders", json={"customer_id": str(own), **ORDER})
    assert [one["id"] for one in (await dealer.get("/v1/orders")).json()["items"]] == [made.json()["id"]]
