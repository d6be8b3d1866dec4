"""Goodwill costs at once, and what comes after it is held against that."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from guanxi.events import Event
from guanxi.events.customers import CustomerReferred
from guanxi.events.entitlements import GoodwillApproved, GoodwillSpent
from guanxi.testing import Harness, a_customer, an_event

from ..conftest import MakeCustomer, an_order, settle

pytestmark = pytest.mark.asyncio


def _goodwill(subject: UUID, minor: int, *, days_ago: float, spent: int | None = None) -> list[Event[Any]]:
    at = datetime.now(UTC) - timedelta(days=days_ago)
    said: dict[str, Any] = {"goodwill_id": uuid4(), "unit": "head-office", "kind": "exchange", "currency": "CNY"}
    said |= {"approved_at": at}
    approved = GoodwillApproved.model_validate(said | {"cost_minor": minor})
    made: list[Event[Any]] = [
        an_event(approved, aggregate=approved.goodwill_id, sequence=2, subject=subject, time=at, recorded=at)
    ]
    if spent is not None:
        fact = GoodwillSpent.model_validate(said | {"cost_minor": spent, "spent_at": at})
        made.append(an_event(fact, aggregate=fact.goodwill_id, sequence=3, subject=subject, time=at, recorded=at))
    return made


def _referral(by: UUID, of: UUID, days_ago: int) -> Event[CustomerReferred]:
    at = datetime.now(UTC) - timedelta(days=days_ago)
    fact = CustomerReferred(
        referral_id=uuid4(), referrer_id=by, referred_id=of, unit="head-office", referred_on=at.date()
    )
    return an_event(fact, aggregate=fact.referral_id, subject=by, time=at, recorded=at)


async def _profit(staff: httpx.AsyncClient, one: UUID) -> int:
    items = (await staff.get(f"/v1/customers/{one}/scores")).json()["items"]
    return int(next(item["inputs"]["profit_minor"] for item in items if item["kind"] == "value.existing"))


async def test_goodwill_lowers_existing_value_by_what_was_approved_and_then_by_what_it_cost(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    one = await customer()
    await service.apply(an_order(one, 20_000_000))
    await settle(service)
    approved, spent = _goodwill(one, 1_000_000, days_ago=0.5, spent=1_300_000)
    await service.apply(approved)
    await settle(service)
    assert await _profit(staff, one) == 6_000_000 - 1_000_000
    await service.apply(spent, approved)
    await settle(service)
    assert await _profit(staff, one) == 6_000_000 - 1_300_000


async def test_a_customer_who_costs_more_than_it_brings_has_a_negative_value(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    one = await customer()
    approved, _ = _goodwill(one, 1_000_000, days_ago=0.5, spent=1_000_000)
    await service.apply(an_order(one, 100_000), approved)
    await settle(service)
    assert await _profit(staff, one) == 30_000 - 1_000_000
    found = (await staff.get(f"/v1/customers/{one}/scores/value.existing/explanation")).json()
    points = {reason["code"]: reason["points"] for reason in found["reasons"]}
    assert found["value"] == sum(points.values()) < 0
    assert points["profit"] == min(points.values())


async def test_the_return_on_goodwill_counts_orders_and_referrals_after_it(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient, dealer: httpx.AsyncClient
) -> None:
    airport, capital, changchun, other = [await customer() for _ in range(4)]
    await service.apply(
        an_order(airport, 10_000_000, days_ago=90),
        *_goodwill(airport, 2_000_000, days_ago=60, spent=1_000_000),
        *_goodwill(other, 500_000, days_ago=30),
        an_order(airport, 2_000_000, days_ago=20),
        _referral(airport, capital, 40),
        _referral(airport, changchun, 80),
        an_order(capital, 8_000_000, days_ago=10),
        an_order(changchun, 9_000_000, days_ago=10),
    )
    await service.apply(a_customer(other, sequence=2, unit="dealer-17"))
    found = (await staff.get(f"/v1/customers/{airport}/goodwill-return")).json()
    assert (found["cost_minor"], found["own_minor"], found["referred_minor"]) == (1_000_000, 600_000, 2_400_000)
    assert (found["referrals"], found["ratio_hundredths"], found["over"]) == (1, 300, False)
    assert [(one["status"], one["cost_minor"]) for one in found["items"]] == [("spent", 1_000_000)]
    day = (datetime.now(UTC) - timedelta(days=30)).date()
    then = (await staff.get(f"/v1/customers/{airport}/goodwill-return?as_of={day}")).json()
    assert (then["own_minor"], then["referred_minor"], then["referrals"]) == (0, 0, 1)
    report = (await staff.get("/v1/reports/goodwill")).json()
    assert (report["customers"], report["given"], report["cost_minor"]) == (2, 2, 1_500_000)
    assert (report["own_minor"], report["referred_minor"], report["ratio_hundredths"]) == (600_000, 2_400_000, 200)
    assert (report["with_return"], report["pending"]) == (1, 2)
    since = (datetime.now(UTC) - timedelta(days=45)).date()
    only = (await staff.get(f"/v1/reports/goodwill?from={since}")).json()
    assert (only["customers"], only["cost_minor"]) == (1, 500_000)
    assert (await staff.get("/v1/reports/goodwill?from=2026-02-01&to=2026-01-01")).status_code == 422
    for path in (f"/v1/customers/{other}/goodwill-return", "/v1/reports/goodwill"):
        assert (await dealer.get(path)).status_code == 404


async def test_the_return_of_merged_records_is_one(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    one, other = await customer(), await customer()
    await service.apply(*_goodwill(one, 1_000_000, days_ago=60), an_order(other, 5_000_000, days_ago=10))
    assert (await staff.get(f"/v1/customers/{one}/goodwill-return")).json()["own_minor"] == 0
    await service.apply(a_customer(other, sequence=2, canonical_id=one, status="merged"))
    assert (await staff.get(f"/v1/customers/{other}/goodwill-return")).json()["own_minor"] == 1_500_000
