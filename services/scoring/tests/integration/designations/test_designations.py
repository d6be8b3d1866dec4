"""Key customers by decision, over HTTP."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import httpx
import pytest

from guanxi.events.scores import KeyCustomerDesignated
from guanxi.testing import Harness

from ..conftest import MakeCustomer, an_order, settle

pytestmark = pytest.mark.asyncio

_LIST = "/v1/key-customers/designations"


@pytest.fixture
def director(service: Harness) -> httpx.AsyncClient:
    return service.caller(subject="zhao")


async def listed(staff: httpx.AsyncClient, **params: str) -> list[dict[str, Any]]:
    return list((await staff.get(_LIST, params=params)).json()["items"])


async def buys(service: Harness, who: UUID, minor: int) -> None:
    await service.apply(an_order(who, minor))
    await settle(service)


async def decision(caller: httpx.AsyncClient, one: dict[str, Any], word: str) -> httpx.Response:
    return await caller.post(f"{_LIST}/{one['id']}/decision", json={"decision": word})


async def test_who_reaches_the_top_tier_is_proposed_once_and_approved_by_a_person(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient, director: httpx.AsyncClient
) -> None:
    who = await customer()
    await buys(service, who, 92_000_000)
    await buys(service, who, 1_000_000)
    (one,) = await listed(staff, customer=str(who))
    assert (one["status"], one["reason"], one["proposed_by"]) == ("proposed", "top-tier", "guanxi")
    assert await service.published(KeyCustomerDesignated) == []

    answer = await decision(director, one, "approved")
    assert (answer.status_code, answer.json()["status"], answer.json()["decided_by"]) == (201, "approved", "zhao")
    (event,) = await service.published(KeyCustomerDesignated)
    assert (event.subject, event.data.status, event.data.reason, event.sequence) == (who, "approved", "top-tier", 2)
    late = await decision(director, one, "refused")
    assert (late.status_code, late.json()["code"]) == (409, "already-decided")


async def test_an_undecided_proposal_goes_with_the_tier_and_a_decided_one_stays(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient, director: httpx.AsyncClient
) -> None:
    waiting, approved = await customer(), await customer()
    for who in (waiting, approved):
        await buys(service, who, 92_000_000)
    (one,) = await listed(staff, customer=str(approved))
    await decision(director, one, "approved")
    for who in (waiting, approved):
        await buys(service, who, -91_000_000)
    (gone,) = await listed(staff, customer=str(waiting))
    assert (gone["status"], gone["end_reason"], gone["until"]) == ("ended", "left-top-tier", None)
    (stays,) = await listed(staff, customer=str(approved))
    assert stays["status"] == "approved"

    over = await director.post(f"{_LIST}/{one['id']}/ending", json={"reason": "buys-elsewhere"})
    assert (over.status_code, over.json()["status"], over.json()["ended_by"]) == (201, "ended", "zhao")
    told = [(event.data.status, event.sequence) for event in await service.published(KeyCustomerDesignated)]
    assert told == [("approved", 2), ("ended", 3)]


async def test_a_person_proposes_for_strategic_reasons_and_another_decides(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient, director: httpx.AsyncClient
) -> None:
    who = await customer()
    body = {"customer_id": str(who), "reason": "opens-the-north"}
    made = await staff.post(_LIST, json=body)
    assert (made.status_code, made.json()["proposed_by"]) == (201, "tester"), made.text
    again = await staff.post(_LIST, json=body)
    assert (again.status_code, again.json()["code"]) == (409, "already-proposed")
    own = await decision(staff, made.json(), "approved")
    assert (own.status_code, own.json()["code"]) == (409, "own-proposal")
    assert (await decision(director, made.json(), "refused")).json()["status"] == "refused"
    assert (await staff.post(_LIST, json=body)).status_code == 201, "refused is not for ever"
    assert [one["status"] for one in await listed(staff, customer=str(who))] == ["proposed", "refused"]
    assert await service.published(KeyCustomerDesignated) == []


async def test_a_merged_customer_is_proposed_once(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient, director: httpx.AsyncClient
) -> None:
    who = await customer()
    await buys(service, who, 92_000_000)
    (one,) = await listed(staff, customer=str(who))
    await decision(director, one, "approved")
    survivor = await customer()
    await customer(id=who, canonical_id=survivor, status="merged", sequence=2)
    await buys(service, survivor, 92_000_000)
    assert [each["customer_id"] for each in await listed(staff, customer=str(survivor))] == [str(who)]


async def test_a_proposal_goes_on_with_who_absorbs_its_customer(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    who = await customer()
    await buys(service, who, 92_000_000)
    survivor = await customer()
    await customer(id=who, canonical_id=survivor, status="merged", sequence=2)
    await buys(service, survivor, 1_000_000)
    found = {one["customer_id"]: one["status"] for one in await listed(staff, customer=str(survivor))}
    assert found == {str(who): "ended", str(survivor): "proposed"}
    by_hand = await staff.post(_LIST, json={"customer_id": str(who), "reason": "opens-the-north"})
    assert (by_hand.status_code, by_hand.json()["code"]) == (409, "already-proposed")


async def test_strangers_and_unknown_customers_are_told_nothing(
    dealer: httpx.AsyncClient, staff: httpx.AsyncClient, service: Harness, customer: MakeCustomer
) -> None:
    who = await customer()
    await buys(service, who, 92_000_000)
    (one,) = await listed(staff, customer=str(who))
    assert (await dealer.get(_LIST)).status_code == 404
    assert (await dealer.get(f"{_LIST}/{one['id']}")).status_code == 404
    missing = await staff.get(f"{_LIST}/{who}")
    assert (missing.status_code, missing.json()["code"]) == (404, "not-found")


async def test_nothing_is_left_of_an_erased_customer(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    who = await customer()
    await buys(service, who, 92_000_000)
    await service.erase(who)
    async with service.database.api.read() as reader:
        assert await reader.fetchval("SELECT count(*) FROM designation WHERE customer_id = $1", who) == 0
