"""What was entered wrongly is put right or taken back, over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from guanxi.events.interactions import (
    OrderDeliveredVoided,
    OrderPlacedCorrected,
    OrderReturnedVoided,
    PaymentOverdue,
    PaymentOverdueVoided,
    PaymentReceivedVoided,
    ServicePerformed,
    ServicePerformedVoided,
)
from guanxi.testing import Harness

pytestmark = pytest.mark.asyncio
LINES = [{"sku": "tower", "quantity": 10, "unit_price_minor": 500}]
FOLLOWING: tuple[tuple[str, dict[str, Any], Any], ...] = (
    ("deliveries", {"lines": [{"sku": "tower", "quantity": 10}]}, OrderDeliveredVoided),
    ("returns", {"lines": [{"sku": "tower", "quantity": 10, "amount_minor": 5000}]}, OrderReturnedVoided),
    ("payments", {"amount_minor": 5000}, PaymentReceivedVoided),
)


async def ordered(client: httpx.AsyncClient, customer: Any, **values: Any) -> dict[str, Any]:
    body = {"customer_id": str(await customer()), "currency": "CNY", "lines": LINES, **values}
    made = await client.post("/v1/orders", json=body)
    assert made.status_code == 201, made.text
    order: dict[str, Any] = made.json()
    return order


@pytest.mark.parametrize(("kind", "body", "fact"), FOLLOWING)
async def test_what_followed_an_order_is_taken_back(
    staff: httpx.AsyncClient, service: Harness, customer: Any, kind: str, body: dict[str, Any], fact: Any
) -> None:
    order = await ordered(staff, customer)
    made = await staff.post(f"/v1/orders/{order['id']}/{kind}", json=body)
    path = made.headers["Location"]
    assert path == f"/v1/{kind}/{made.json()['id']}"
    key = {"Idempotency-Key": "take-back"}
    voided = await staff.post(f"{path}/voiding", json={"reason": "entered-twice"}, headers=key)
    assert voided.status_code == 201, voided.text
    assert (bool(voided.json()["voided_at"]), voided.headers["ETag"]) == (True, '"2"')
    again = await staff.post(f"{path}/voiding", json={"reason": "entered-twice"}, headers=key)
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (voided.json(), "true")
    assert (await staff.post(f"{path}/voiding", json={})).status_code == 409
    assert (await staff.get(path)).json() == voided.json()
    assert (await staff.get(f"/v1/{kind}")).json()["items"] == []
    whole = (await staff.get(f"/v1/orders/{order['id']}")).json()
    assert (whole["status"], whole[kind]) == ("placed", [])
    shown = (await staff.get(f"/v1/customers/{order['customer_id']}/timeline")).json()["items"]
    assert [one["kind"] for one in shown] == ["order"]
    (event,) = await service.published(fact)
    assert (str(event.aggregateid), event.sequence, str(event.subject)) == (made.json()["id"], 2, order["customer_id"])


async def test_a_service_that_was_not_performed_is_taken_back(
    staff: httpx.AsyncClient, service: Harness, customer: Any
) -> None:
    made = await staff.post("/v1/service-records", json={"customer_id": str(await customer()), "kind": "care"})
    voided = await staff.post(f"{made.headers['Location']}/voiding", json={})
    assert (voided.status_code, bool(voided.json()["voided_at"])) == (201, True)
    assert (await staff.get("/v1/service-records")).json()["items"] == []
    (first,), (last,) = await service.published(ServicePerformed), await service.published(ServicePerformedVoided)
    assert (first.aggregateid, first.sequence, last.sequence) == (last.aggregateid, 1, 2)


async def test_an_overdue_payment_that_was_never_due_is_taken_back(
    staff: httpx.AsyncClient, service: Harness, customer: Any
) -> None:
    order = await ordered(staff, customer)
    day = (datetime.now(UTC) + timedelta(days=1)).date()
    due = await staff.post(f"/v1/orders/{order['id']}/payments", json={"amount_minor": 1, "due_on": str(day)})
    service.clock.move(3 * 86400)
    await service.work_off_due()
    assert len(await service.published(PaymentOverdue)) == 1
    assert (await staff.post(f"{due.headers['Location']}/voiding", json={})).status_code == 201
    (event,) = await service.published(PaymentOverdueVoided)
    assert (event.sequence, await service.published(PaymentReceivedVoided)) == (3, [])


async def test_an_external_unit_takes_back_and_corrects_only_its_own(
    staff: httpx.AsyncClient, dealer: httpx.AsyncClient, customer: Any
) -> None:
    order = await ordered(staff, customer)
    for kind, body, _ in FOLLOWING:
        path = (await staff.post(f"/v1/orders/{order['id']}/{kind}", json=body)).headers["Location"]
        assert (await dealer.get(path)).status_code == 404
        assert (await dealer.post(f"{path}/voiding", json={})).status_code == 404
        assert (await dealer.get(f"/v1/{kind}")).json()["items"] == []
    made = await staff.post("/v1/service-records", json={"customer_id": order["customer_id"], "kind": "care"})
    assert (await dealer.post(f"{made.headers['Location']}/voiding", json={})).status_code == 404
    tag = {"If-Match": '"1"'}
    assert (await dealer.patch(f"/v1/orders/{order['id']}", json={"way": "x"}, headers=tag)).status_code == 404


async def test_a_corrected_order_adds_up_anew(staff: httpx.AsyncClient, service: Harness, customer: Any) -> None:
    order = await ordered(staff, customer, tax_minor=500)
    path = f"/v1/orders/{order['id']}"
    await staff.post(f"{path}/deliveries", json={"lines": [{"sku": "tower", "quantity": 10}]})
    assert (await staff.patch(path, json={"way": "telephone"})).status_code == 428
    more = [{"sku": "tower", "quantity": 12, "unit_price_minor": 400}]
    right = await staff.patch(
        path, json={"lines": more, "discount_minor": 300, "purpose": "a fair"}, headers={"If-Match": '"1"'}
    )
    assert (right.status_code, right.headers["ETag"]) == (200, '"2"')
    found = right.json()
    assert (found["goods_minor"], found["total_minor"], found["tax_minor"]) == (4500, 5000, 500)
    assert (found["status"], found["purpose"], len(found["deliveries"])) == ("part_delivered", "a fair", 1)
    assert (await staff.get(path)).json() == found
    assert (await staff.patch(path, json={"way": "x"}, headers={"If-Match": '"1"'})).status_code == 412
    (event,) = await service.published(OrderPlacedCorrected)
    assert (event.sequence, event.data.total_minor, event.data.lines[0].quantity) == (2, 5000, 12)
    shown = (await staff.get(f"/v1/customers/{order['customer_id']}/timeline", params={"kind": "order"})).json()
    assert shown["items"][0]["summary"]["amount_minor"] == 5000
    await staff.post(f"{path}/voiding", json={})
    assert (await staff.patch(path, json={"way": "x"}, headers={"If-Match": '"3"'})).status_code == 409


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({}, "body"),
        ({"currency": None}, "currency"),
        ({"lines": None}, "lines"),
        ({"total_minor": 4999}, "total_minor"),
        ({"discount_minor": 6000}, "discount_minor"),
        ({"lines": []}, "lines"),
        ({"lines": [{"quantity": 1, "amount_minor": 1}]}, "lines[0].sku"),
        ({"lines": [{"sku": "a", "quantity": 2, "unit_price_minor": 10**15}]}, "lines[0].unit_price_minor"),
        ({"placed_at": "2190-01-01T00:00:00Z"}, "placed_at"),
        ({"status": "closed"}, "status"),
        ({"customer_id": "0198c0de-0000-7000-8000-000000000001"}, "customer_id"),
    ],
)
async def test_a_wrong_correction_of_an_order_changes_nothing(
    staff: httpx.AsyncClient, customer: Any, change: dict[str, Any], field: str
) -> None:
    order = await ordered(staff, customer)
    path = f"/v1/orders/{order['id']}"
    answer = await staff.patch(path, json=change, headers={"If-Match": '"1"'})
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"] == field
    assert (await staff.get(path)).json() == order
