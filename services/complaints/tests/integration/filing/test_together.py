"""Complaints that are filed at the same moment share a transaction, and nothing else."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest

from guanxi.testing import Harness, a_customer

pytestmark = pytest.mark.asyncio(loop_scope="session")


def asked(caller: httpx.AsyncClient, customer_id: object, **headers: str) -> Any:
    body = {"channel": "phone", "cause": "quality", "text": "A foot is broken."}
    more = {"customer_id": str(customer_id)} if customer_id else {}
    return caller.post("/v1/complaints", json=body | more, headers=headers)


async def value(service: Harness, sql: str, *args: Any) -> Any:
    async with service.database.api.read() as reader:
        return await reader.fetchval(sql, *args)


async def test_many_at_once_are_few_transactions_and_each_is_whole(service: Harness) -> None:
    staff, customer = service.caller(), a_customer()
    await service.know(customer)
    answers = await asyncio.gather(
        *(
            asked(staff, customer.aggregateid if n % 2 else None, **{"X-Correlation-Id": f"together-{n}"})
            for n in range(12)
        )
    )
    assert {answer.status_code for answer in answers} == {201}, answers[0].text
    ids = [answer.json()["id"] for answer in answers]
    assert len({answer.json()["number"] for answer in answers}) == len(set(ids)) == 12
    trails = "SELECT array_agg(DISTINCT body->>'correlationid') FROM event_log WHERE aggregate_id = $1"
    for n, answer in enumerate(answers):
        assert await value(service, trails, ids[n]) == [f"together-{n}"]
        assert answer.json()["customer_id"] == (str(customer.aggregateid) if n % 2 else None)
        assert (await staff.get(answer.headers["Location"])).status_code == 200
    transactions = "SELECT count(DISTINCT xmin::text) FROM complaint WHERE id = ANY($1::uuid[])"
    assert await value(service, transactions, ids) < 12
    for sql in (
        "SELECT count(*) FROM audit WHERE resource_id = ANY($1::uuid[]) AND action = 'POST /v1/complaints'",
        "SELECT count(*) FROM custody WHERE complaint_id = ANY($1::uuid[])",
        "SELECT count(*) FROM idempotency_key WHERE resource_id = ANY($1::uuid[])",
    ):
        assert await value(service, sql, ids) == 12


async def test_a_stranger_an_erased_one_and_a_repeat_beside_others(service: Harness) -> None:
    staff, customer, erased = service.caller(), a_customer(), a_customer()
    await service.know(customer)
    await service.know(erased)
    await service.know(a_customer(erased.aggregateid, sequence=2, status="erased"))
    one = customer.aggregateid
    first = await asked(staff, one, **{"Idempotency-Key": "together"})
    answers = await asyncio.gather(
        asked(staff, one),
        asked(staff, uuid4()),
        asked(staff, erased.aggregateid),
        asked(staff, one, **{"Idempotency-Key": "together"}),
        asked(staff, None, **{"Idempotency-Key": "together"}),
        *(asked(staff, one, **{"Idempotency-Key": "same"}) for _ in range(3)),
    )
    assert [answer.status_code for answer in answers] == [201, 404, 410, 201, 422, 201, 201, 201]
    assert (answers[3].headers["Idempotency-Replayed"], answers[3].json()["id"]) == ("true", first.json()["id"])
    assert len({answer.json()["id"] for answer in answers[5:]}) == 1
