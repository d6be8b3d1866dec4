"""Customers that are registered at the same moment share a transaction, and nothing else."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import httpx
import pytest

from customer_profile.customers import registering
from guanxi.db import Database
from guanxi.testing import Harness

pytestmark = pytest.mark.asyncio(loop_scope="session")
PHONE = {"kind": "phone", "value": "+8613800131234"}


def asked(caller: httpx.AsyncClient, name: str, *points: Any, **headers: str) -> Any:
    body = {"kind": "organisation", "name": name, "contact_points": list(points)}
    return caller.post("/v1/customers", json=body, headers=headers)


async def value(database: Database, sql: str, *args: Any) -> Any:
    async with database.api.read() as reader:
        return await reader.fetchval(sql, *args)


async def test_many_at_once_are_few_transactions_and_each_is_whole(
    harness: Harness, office: httpx.AsyncClient, database: Database
) -> None:
    answers = await asyncio.gather(
        *(asked(office, f"煤業 {n}", PHONE, **{"X-Correlation-Id": f"together-{n}"}) for n in range(16))
    )
    assert {answer.status_code for answer in answers} == {201}
    ids = [answer.json()["id"] for answer in answers]
    for n, answer in enumerate(answers):
        read = await office.get(answer.headers["Location"])
        assert (read.json()["name"], read.json()) == (f"煤業 {n}", answer.json())
        trails = "SELECT array_agg(DISTINCT body->>'correlationid') FROM event_log WHERE aggregate_id = $1"
        assert await value(database, trails, ids[n]) == [f"together-{n}"]
    transactions = "SELECT count(DISTINCT xmin::text) FROM customer WHERE id = ANY($1::uuid[])"
    assert await value(database, transactions, ids) < 16
    for once in (
        "SELECT count(*) FROM audit WHERE resource_id = ANY($1::uuid[]) AND action = 'POST /v1/customers'",
        "SELECT count(*) FROM idempotency_key WHERE resource_id = ANY($1::uuid[])",
    ):
        assert await value(database, once, ids) == 16
    told = "SELECT count(*) FROM outbox JOIN event_log USING (event_id) WHERE aggregate_id = ANY($1::uuid[])"
    assert await value(database, told, ids) == 32


async def test_a_refused_and_a_repeated_one_beside_others(
    harness: Harness, office: httpx.AsyncClient, database: Database
) -> None:
    dealer = harness.caller(unit="dealer-17", scope="customers:write", subject="dealer")
    first = await asked(office, "门店", **{"Idempotency-Key": "together"})
    answers = await asyncio.gather(
        asked(office, "甲"),
        asked(office, "twice", PHONE, PHONE),
        asked(office, "门店", **{"Idempotency-Key": "together"}),
        asked(office, "另一家", **{"Idempotency-Key": "together"}),
        asked(dealer, "门店", **{"Idempotency-Key": "together"}),
        *(asked(office, "乙", **{"Idempotency-Key": "same"}) for _ in range(4)),
    )
    assert [answer.status_code for answer in answers] == [201, 422, 201, 422, 201, 201, 201, 201, 201]
    assert answers[1].json()["errors"][0]["field"] == "contact_points[1].value"
    assert (answers[2].headers["Idempotency-Replayed"], answers[2].json()) == ("true", first.json())
    assert answers[3].json()["code"] == "idempotency-key-reused"
    assert answers[4].json()["unit"] == "dealer-17"
    assert len({answer.json()["id"] for answer in answers[5:]}) == 1
    assert await value(database, "SELECT count(*) FROM customer WHERE name = '乙'") == 1
    assert await value(database, "SELECT count(*) FROM customer WHERE name IN ('twice', '另一家')") == 0


async def test_an_overload_is_not_taken_for_a_key_in_progress(
    office: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def too_slow(*_: Any) -> None:
        raise asyncpg.QueryCanceledError("canceling statement due to statement timeout")

    monkeypatch.setattr(registering, "register_all", too_slow)
    answer = await asked(office, "甲")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
