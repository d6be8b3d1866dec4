"""What customers spend in all, which part is ours, and what more they could bring."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from guanxi.events.customers import AgreementChanged
from guanxi.events.improvements import ComplaintImproved
from guanxi.testing import Harness, a_customer, an_event

from ..conftest import MakeCustomer, a_contact, an_order, settle

pytestmark = pytest.mark.asyncio


def _estimate(total_minor: int, *, days_ago: int = 0, **more: Any) -> dict[str, Any]:
    on = (datetime.now(UTC) - timedelta(days=days_ago, hours=12)).date().isoformat()
    return {"estimated_on": on, "source": "visit", "total_minor": total_minor, "currency": "CNY", **more}


async def _scores(staff: httpx.AsyncClient, one: UUID) -> dict[str, Any]:
    return {item["kind"]: item for item in (await staff.get(f"/v1/customers/{one}/scores")).json()["items"]}


async def test_an_estimate_shows_our_share_and_makes_potential(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    one = await customer()
    await service.apply(an_order(one, 20_000_000, days_ago=30), an_order(one, 90_000_000, days_ago=500))
    path = f"/v1/customers/{one}/wallet-estimates"
    made = await staff.post(path, json=_estimate(80_000_000))
    assert made.status_code == 201
    assert (made.json()["ours_minor"], made.json()["share_bp"]) == (20_000_000, 2500)
    await settle(service)
    found = (await _scores(staff, one))["value.potential"]
    assert (found["inputs"]["elsewhere_minor"], found["reasons"][0]["code"]) == (60_000_000, "wallet")
    shown = (await staff.get(f"/v1/customers/{one}/scores/value.potential/explanation")).json()
    assert (shown["value"], shown["reasons"][0]["fact"]["kind"]) == (found["value"], "wallet")
    await staff.post(path, json=_estimate(20_000_000, source="research"))
    await settle(service)
    assert (await _scores(staff, one))["value.potential"]["inputs"]["elsewhere_minor"] == 0
    listed = (await staff.get(path)).json()["items"]
    assert [(item["source"], item["share_bp"]) for item in listed] == [("research", 10_000), ("visit", 2500)]
    known = made.json()["recorded_at"]
    path = f"/v1/customers/{one}/scores/value.potential/explanation"
    then = (await staff.get(path, params={"known_at": known})).json()
    assert (then["inputs"]["elsewhere_minor"], then["inputs"]["spent_minor"]) == (60_000_000, 80_000_000)


async def test_an_agreement_and_the_life_cycle_of_the_industry_are_potential_too(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    one, today = await customer(), datetime.now(UTC).date()
    agreement = uuid4()

    async def agree(sequence: int, until: date | None) -> None:
        fact = AgreementChanged(
            agreement_id=agreement,
            customer_id=one,
            unit="head-office",
            kind="strategic",
            since=today - timedelta(days=90),
            until=until,
        )
        await service.apply(an_event(fact, aggregate=agreement, sequence=sequence, subject=one))
        await settle(service)

    await agree(1, None)
    found = (await _scores(staff, one))["value.potential"]
    assert (found["value"], found["band"], [each["code"] for each in found["reasons"]]) == (20, "some", ["agreement"])
    path = f"/v1/customers/{one}/wallet-estimates"
    made = await staff.post(path, json=_estimate(0, industry_stage="growth"))
    assert (made.status_code, made.json()["industry_stage"]) == (201, "growth")
    await settle(service)
    shown = (await staff.get(f"/v1/customers/{one}/scores/value.potential/explanation")).json()
    points = {each["code"]: (each["points"], each["fact"]["kind"]) for each in shown["reasons"]}
    assert points == {"agreement": (20, "agreement"), "life-cycle": (12, "wallet"), "wallet": (0, "wallet")}
    await agree(2, today - timedelta(days=1))
    assert (await _scores(staff, one))["value.potential"]["value"] == 12
    refused = await staff.post(path, json=_estimate(0, industry_stage="boom"))
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "industry_stage")


async def test_past_present_and_future_value_of_one_customer(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    one = await customer()
    await service.apply(an_order(one, 90_000_000, days_ago=700), an_order(one, 5_000_000, days_ago=10))
    await staff.post(f"/v1/customers/{one}/wallet-estimates", json=_estimate(40_000_000))
    await settle(service)
    then = (datetime.now(UTC) - timedelta(days=600)).date().isoformat()
    past = (await staff.get(f"/v1/customers/{one}/scores", params={"as_of": then})).json()["items"]
    present = await _scores(staff, one)
    profits = [{item["kind"]: item for item in past}, present]
    worth = [each["value.existing"]["inputs"]["profit_minor"] for each in profits]
    assert worth == [90_000_000 * 3 // 10, 5_000_000 * 3 // 10]
    assert present["value.potential"]["inputs"]["elsewhere_minor"] == 35_000_000


async def test_the_four_values_of_a_customer_stand_side_by_side(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    from guanxi.events.customers import CustomerReferred

    one, brought = await customer(), await customer()
    referral = CustomerReferred(
        referral_id=uuid4(),
        referrer_id=one,
        referred_id=brought,
        unit="head-office",
        referred_on=(datetime.now(UTC) - timedelta(days=9)).date(),
    )
    improved = ComplaintImproved.model_validate(
        {"improvement_id": uuid4(), "complaint_id": uuid4(), "number": "C-1", "unit": "head-office"}
        | {"cause": "quality", "titles": [{"language": "en", "words": "x"}], "effective_on": "2026-01-01"}
    )
    await service.apply(
        an_order(one, 20_000_000),
        an_order(brought, 20_000_000),
        an_event(referral, aggregate=referral.referral_id, subject=one),
        an_event(improved, aggregate=uuid4(), subject=one),
        a_contact(one, outcome="need_now"),
    )
    await settle(service)
    values = {kind: item["value"] for kind, item in (await _scores(staff, one)).items() if kind.startswith("value.")}
    assert set(values) == {"value.existing", "value.potential", "value.influence", "value.learning"}
    assert (values["value.potential"], values["value.influence"], values["value.learning"]) == (8, 15, 12)


async def test_estimates_of_merged_records_are_one_customers_and_go_with_an_erased_one(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    one, other = await customer(), await customer()
    await service.apply(an_order(one, 10_000_000))
    await staff.post(f"/v1/customers/{other}/wallet-estimates", json=_estimate(40_000_000))
    await service.apply(a_customer(other, sequence=2, canonical_id=one, status="merged"))
    await settle(service)
    [item] = (await staff.get(f"/v1/customers/{one}/wallet-estimates")).json()["items"]
    assert (item["customer_id"], item["share_bp"]) == (str(other), 2500)
    assert (await _scores(staff, one))["value.potential"]["inputs"]["elsewhere_minor"] == 30_000_000
    await service.apply(a_customer(other, sequence=3, canonical_id=one, status="erased", name=None))
    await service.erase(other)
    assert (await staff.get(f"/v1/customers/{one}/wallet-estimates")).json()["items"] == []


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"total_minor": -1}, "total_minor"),
        ({"source": "guess"}, "source"),
        ({"currency": "yuan"}, "currency"),
        ({"estimated_on": "2099-01-01"}, "estimated_on"),
        ({"note": "x"}, "note"),
    ],
)
async def test_an_estimate_that_cannot_be_is_refused_with_its_field(
    customer: MakeCustomer, staff: httpx.AsyncClient, wrong: dict[str, Any], field: str
) -> None:
    one = await customer()
    answer = await staff.post(f"/v1/customers/{one}/wallet-estimates", json=_estimate(1) | wrong)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_an_external_unit_neither_enters_nor_reads_estimates(service: Harness, customer: MakeCustomer) -> None:
    one = await customer(unit="dealer-17")
    dealer = service.caller(unit="dealer-17", scope="scores:read scores:write", subject="dealer")
    assert (await dealer.get(f"/v1/customers/{one}/wallet-estimates")).status_code == 404
    assert (await dealer.post(f"/v1/customers/{one}/wallet-estimates", json=_estimate(1))).status_code == 404
