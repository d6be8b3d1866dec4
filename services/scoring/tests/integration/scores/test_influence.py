"""From referrals to the worth of whom they brought."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx
import pytest

from guanxi.events import Event
from guanxi.events.customers import CustomerReferred, CustomerReferredVoided
from guanxi.events.scores import ScoreChanged
from guanxi.testing import Harness, a_customer, an_event
from scoring.scorecards import files
from scoring.scores import network
from scoring.scores.rules import Moment

from ..conftest import ZONE, MakeCustomer, an_order, settle

pytestmark = pytest.mark.asyncio


def _referral(by: UUID, of: UUID, days_ago: int = 10) -> Event[CustomerReferred]:
    at = datetime.now(UTC) - timedelta(days=days_ago)
    fact = CustomerReferred(
        referral_id=uuid4(), referrer_id=by, referred_id=of, unit="head-office", referred_on=at.date()
    )
    return an_event(fact, aggregate=fact.referral_id, subject=by, time=at, recorded=at)


async def _influence(staff: httpx.AsyncClient, one: UUID) -> int | None:
    items = (await staff.get(f"/v1/customers/{one}/scores")).json()["items"]
    return next((item["inputs"].get("influence_minor") for item in items if item["kind"] == "value.influence"), None)


async def test_an_order_of_who_was_referred_raises_who_referred_it_up_the_whole_chain(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    airport, capital, changchun = [await customer() for _ in range(3)]
    await service.apply(_referral(airport, capital), _referral(capital, changchun))
    await settle(service)
    assert [await _influence(staff, one) for one in (airport, capital, changchun)] == [0, 0, None]
    await service.apply(an_order(capital, 20_000_000), an_order(changchun, 10_000_000))
    await settle(service)
    # Those above are scored once the news of those below have settled.
    await settle(service)
    assert [await _influence(staff, one) for one in (airport, capital)] == [1_800_000 + 300_000, 900_000]
    shown = (await staff.get(f"/v1/customers/{airport}/scores/value.influence/explanation")).json()
    assert [reason["code"] for reason in shown["reasons"]] == ["referred", "referred-2"]
    assert shown["reasons"][0]["fact"]["kind"] == "referral"
    day = (datetime.now(UTC) - timedelta(days=5)).date()
    then = (await staff.get(f"/v1/customers/{airport}/scores/value.influence/explanation?as_of={day}")).json()
    assert then["inputs"]["influence_minor"] == 0
    told = [e.data.band for e in await service.published(ScoreChanged) if e.subject == airport]
    assert "some" in told


async def test_a_referral_that_never_was_counts_for_nobody(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    one, two, brought = [await customer() for _ in range(3)]
    first, second = _referral(one, brought, 20), _referral(two, brought, 10)
    await service.apply(first, second, an_order(brought, 20_000_000))
    await settle(service)
    assert [await _influence(staff, each) for each in (one, two)] == [1_800_000, None]
    ids = {"referral_id": first.aggregateid, "referrer_id": one, "referred_id": brought}
    void = CustomerReferredVoided.model_validate(ids)
    await service.apply(an_event(void, aggregate=first.aggregateid, sequence=2, subject=one))
    # The other's turn comes with the next news of its customer.
    await service.apply(an_order(brought, 10_000_000))
    await settle(service)
    await settle(service)
    assert [await _influence(staff, each) for each in (one, two)] == [None, 2_700_000]


async def test_two_records_that_were_merged_do_not_bring_each_other(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    one, other, brought = [await customer() for _ in range(3)]
    await service.apply(_referral(one, other), _referral(other, brought))
    await service.apply(an_order(other, 20_000_000), an_order(brought, 10_000_000))
    await service.apply(a_customer(other, sequence=2, canonical_id=one, status="merged"))
    await settle(service)
    assert await _influence(staff, one) == 900_000


async def test_of_whom_a_customer_brought_as_many_are_read_as_count(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    one, early, late = [await customer() for _ in range(3)]
    await service.apply(_referral(one, late, 10), _referral(one, early, 20), _referral(early, await customer(), 30))
    now = Moment(service.clock.now().date(), ZONE)
    async with service.database.api.read() as reader:
        for most, kept in (1, {early}), (2, {early, late}):
            card = replace(files.cards().influence, most_customers=most)
            _, records = await network.below(reader, [[one]], card, now)
            assert set(records) == kept
