"""Rehearsing and publishing beside other work on the same customers: merges, erasures, very many facts."""

from __future__ import annotations

import asyncio
from uuid import UUID

import httpx
import pytest

from guanxi.testing import Harness, a_customer
from scoring.rehearsals import reading, usecases
from scoring.rehearsals.comparing import Compared
from scoring.rehearsals.rehearser import rehearse_all
from scoring.scorecards import files
from scoring.scores import scorer
from scoring.scores import usecases as scores

from ..conftest import ZONE, MakeCustomer, an_order, settle
from .steps import movers, path, rehearsed

pytestmark = pytest.mark.asyncio
LESS = {"default_margin_bp": 100}
_WAITING = """
SELECT count(*), pg_sleep(0.01) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""
_OPEN = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'
"""


async def _until_somebody_waits(service: Harness) -> None:
    async with service.database.api.read() as reader, asyncio.timeout(10):
        while not await reader.fetchval(_WAITING):
            pass


async def _top(service: Harness, *customers: UUID) -> None:
    await service.apply(*(an_order(one, 50_000_000) for one in customers for _ in range(2)))
    await settle(service)


async def test_a_key_customer_counts_whoever_has_absorbed_its_record(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    one, absorbed = await customer(), await customer()
    await _top(service, absorbed)
    [proposal] = (await staff.get("/v1/key-customers/designations")).json()["items"]
    decision = f"/v1/key-customers/designations/{proposal['id']}/decision"
    assert (await staff.post(decision, json={"decision": "approved"})).status_code == 201
    await service.apply(a_customer(absorbed, sequence=2, canonical_id=one, status="merged"))
    await settle(service)
    found = await rehearsed(service, staff, files.VALUE, LESS)
    assert (found["result"]["key_customers"], found["result"]["key_customers_down"]) == (1, 1)
    assert {(row["customer_id"], row["key_customer"]) for row in await movers(staff, found)} == {(str(one), True)}


async def test_no_transaction_is_open_while_customers_are_compared(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _top(service, await customer())
    seen, compare = list[int](), reading.compared

    async def looking(some: reading.Chunk) -> list[Compared]:
        async with service.database.api.read() as reader:
            seen.append(await reader.fetchval(_OPEN))
        return await compare(some)

    monkeypatch.setattr(reading, "compared", looking)
    found = await rehearsed(service, staff, files.VALUE, LESS)
    assert (seen, found["result"]["movers"]) == ([0], 1)


async def test_customers_who_take_too_long_together_are_rehearsed_one_by_one(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _top(service, *[await customer() for _ in range(3)])
    compare = reading.compared

    async def slow(some: reading.Chunk) -> list[Compared]:
        if len(some.families) > 1:
            raise TimeoutError
        return await compare(some)

    monkeypatch.setattr(reading, "compared", slow)
    found = await rehearsed(service, staff, files.VALUE, LESS)
    assert (found["result"]["customers"], found["result"]["movers"]) == (3, 3)


async def test_nobody_is_written_behind_an_erasure(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    stays, goes = await customer(), await customer()
    await _top(service, stays, goes)
    made = await staff.post(path(files.VALUE), json={"changes": LESS, "reason": "x"})
    async with service.database.api.begin() as tx:
        await tx.fetch("SELECT 1 FROM directory_customer WHERE id = $1 FOR UPDATE", goes)
        rehearsing = asyncio.create_task(rehearse_all(service.database.consumers))
        await _until_somebody_waits(service)
        await tx.execute("UPDATE directory_customer SET status = 'erased' WHERE id = $1", goes)
        await scores.erase(tx, [goes])
        await usecases.erase(tx, [goes])
    await rehearsing
    found = (await staff.get(f"{path(files.VALUE)}/{made.json()['id']}")).json()
    assert (found["status"], found["result"]["customers"], found["result"]["movers"]) == ("rehearsed", 1, 1)
    assert {row["customer_id"] for row in await movers(staff, found)} == {str(stays)}


async def test_an_erased_record_counts_no_more_for_the_customer_that_is_rehearsed(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    stays, goes = await customer(), await customer()
    await service.apply(an_order(stays, 1_000_000), an_order(goes, 92_000_000))
    await service.apply(a_customer(goes, sequence=2, canonical_id=stays, status="merged"))
    await service.apply(a_customer(goes, sequence=3, canonical_id=stays, status="erased", name=None))
    await service.erase(goes)
    await settle(service)
    found = await rehearsed(service, staff, files.VALUE, LESS)
    assert found["result"]["leave_top"] == 0


async def _approved(service: Harness, staff: httpx.AsyncClient) -> str:
    """Where a change of existing value that was approved is published."""
    found = await rehearsed(service, staff, files.VALUE, LESS)
    where = f"{path(files.VALUE)}/{found['id']}"
    boss = service.caller(subject="boss")
    assert (await boss.post(f"{where}/approval", json={})).status_code == 201
    return f"{where}/publication"


async def _version(staff: httpx.AsyncClient, one: UUID) -> int:
    items = (await staff.get(f"/v1/customers/{one}/scores")).json()["items"]
    return int(next(item["version"] for item in items if item["kind"] == files.VALUE))


async def test_who_waits_for_a_lock_is_scored_by_what_was_published_meanwhile(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    one = await customer()
    await _top(service, one)
    publication = await _approved(service, staff)
    await service.apply(an_order(one, 1_000_000))
    async with service.database.api.begin() as tx:
        await tx.fetch("SELECT 1 FROM directory_customer WHERE id = $1 FOR UPDATE", one)
        scoring = asyncio.create_task(scorer.score_some(service.database.consumers, ZONE, 100))
        await _until_somebody_waits(service)
        assert (await staff.post(publication, json={})).status_code == 201
    await scoring
    assert await _version(staff, one) == 2


async def test_who_was_scored_for_the_first_time_during_a_publication_is_scored_by_it_all_the_same(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    first = await customer()
    await _top(service, first)
    publication = await _approved(service, staff)
    late = await customer()
    await service.apply(an_order(late, 50_000_000))
    async with service.database.api.begin() as tx:
        # By the old rules, and not committed yet, while everybody who has a score is marked.
        await tx.execute("LOCK TABLE member IN SHARE MODE")
        scoring = asyncio.create_task(scorer.score_some(service.database.consumers, ZONE, 100))
        await _until_somebody_waits(service)
        assert (await staff.post(publication, json={})).status_code == 201
        assert await service.work_off_due() == 1
    await scoring
    await settle(service)
    service.clock.move(2 * usecases.IN_FLIGHT.total_seconds())
    while await service.work_off_due():
        pass
    await settle(service)
    assert (await _version(staff, first), await _version(staff, late)) == (2, 2)
    assert await settle(service) == 0


async def test_nobody_is_scored_twice_who_was_scored_after_a_publication(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    await _top(service, await customer(), await customer())
    publication = await _approved(service, staff)
    assert (await staff.post(publication, json={})).status_code == 201
    while await service.work_off_due():
        pass
    service.clock.move(2 * usecases.IN_FLIGHT.total_seconds())
    assert await settle(service) == 2
    while await service.work_off_due():
        pass
    assert await settle(service) == 0
