"""Contacts that are logged at the same moment share a statement, and nothing else."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from guanxi.testing import Harness

pytestmark = pytest.mark.asyncio
CALL: dict[str, Any] = {"channel": "phone", "direction": "in", "content": "Asked when the stands come."}
TABLES = ("contact", "timeline_entry", "event_log", "outbox", "audit", "idempotency_key")


def asked(caller: httpx.AsyncClient, customer_id: object, **more: Any) -> Any:
    return caller.post("/v1/interactions", json={"customer_id": str(customer_id), **CALL, **more})


async def counts(service: Harness) -> set[int]:
    async with service.database.api.read() as reader:
        return {await reader.fetchval(f"SELECT count(*) FROM {table}") for table in TABLES}


async def test_many_at_once_are_few_transactions_and_each_is_whole(
    staff: httpx.AsyncClient, service: Harness, customer: Any
) -> None:
    customers = [await customer() for _ in range(3)]
    answers = await asyncio.gather(
        *(asked(staff, customers[n % 3], content=f"call {n}", cues=["c"] * (n % 3)) for n in range(24))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert await counts(service) == {24}
    for n, answer in enumerate(answers):
        read = (await staff.get(answer.headers["Location"])).json()
        assert (read["content"], read["customer_id"], read["cues"]) == (
            f"call {n}",
            str(customers[n % 3]),
            ["c"] * (n % 3),
        )
    async with service.database.api.read() as reader:
        transactions = await reader.fetchval("SELECT count(DISTINCT xmin::text) FROM contact")
        torn = await reader.fetchval(
            """SELECT count(*) FROM contact c
            JOIN event_log e ON e.aggregate_id = c.id JOIN audit a ON a.resource_id = c.id
            WHERE c.xmin::text <> e.xmin::text OR c.xmin::text <> a.xmin::text OR e.subject <> c.customer_id"""
        )
        trails = await reader.fetchval("SELECT count(DISTINCT body->>'correlationid') FROM event_log")
    assert transactions < 24
    assert (torn, trails) == (0, 24)


async def test_a_stranger_a_dealer_and_a_repeat_are_refused_beside_those_who_are_not(
    staff: httpx.AsyncClient, dealer: httpx.AsyncClient, service: Harness, customer: Any
) -> None:
    ours, theirs = await customer(), await customer(unit="dealer-17")
    key = {"Idempotency-Key": "taken"}
    await staff.post("/v1/interactions", json={"customer_id": str(ours), **CALL}, headers=key)
    answers = await asyncio.gather(
        *(asked(staff, ours) for _ in range(4)),
        asked(staff, uuid4()),
        asked(dealer, ours),
        asked(dealer, theirs),
        staff.post("/v1/interactions", json={"customer_id": str(ours), **CALL}, headers=key),
        staff.post("/v1/interactions", json={"customer_id": str(theirs), **CALL}, headers=key),
    )
    assert [answer.status_code for answer in answers] == [201, 201, 201, 201, 404, 404, 201, 201, 422]
    assert answers[7].headers["Idempotency-Replayed"] == "true"
    assert await counts(service) == {6}


async def test_one_whose_customer_is_being_erased_waits_alone(
    staff: httpx.AsyncClient, service: Harness, customer: Any
) -> None:
    held, free = await customer(), await customer()
    eraser = await asyncpg.connect(service.database.url)
    try:
        lock = eraser.transaction()
        await lock.start()
        await eraser.execute("SELECT FROM directory_customer WHERE id = $1 FOR UPDATE", held)
        answers = await asyncio.gather(asked(staff, free), asked(staff, held), asked(staff, free))
        await lock.rollback()
    finally:
        await eraser.close()
    assert [answer.status_code for answer in answers] == [201, 409, 201]
    assert await counts(service) == {2}
