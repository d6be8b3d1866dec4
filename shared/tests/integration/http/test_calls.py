"""Updates, looks at personal data, and a hot route's single statement."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from guanxi.auth import AUDIT_COLUMNS, AuditEntry, Principal, audit_args
from guanxi.http import Attempt, claim_sql, idempotency_args, request_hash

pytestmark = pytest.mark.asyncio
BODY = {"name": "tower", "phone": "13800131234"}


async def made(firm: Any) -> str:
    async with firm.client() as client:
        response = await client.post("/v1/things", json=BODY, headers={"Idempotency-Key": str(uuid4())})
    return str(response.headers["location"])


async def test_an_update_gives_the_new_version_and_is_recorded(firm: Any) -> None:
    url = await made(firm)
    async with firm.client("zhou-min") as client:
        response = await client.patch(url, json={"name": "pagoda"}, headers={"If-Match": '"1"'})
    assert (response.status_code, response.headers["etag"]) == (200, '"2"')
    (row,) = await firm.rows("SELECT * FROM audit WHERE principal = 'zhou-min'")
    assert (row["action"], row["details"]) == ("PATCH /v1/things/{thing_id}", {"fields": ["name"]})


async def test_a_stale_update_changes_and_records_nothing(firm: Any) -> None:
    url = await made(firm)
    async with firm.client("zhou-min") as client:
        response = await client.patch(url, json={"name": "pagoda"}, headers={"If-Match": '"9"'})
    assert response.status_code == 412
    assert await firm.count("audit", "principal = 'zhou-min'") == 0


async def test_without_the_scope_a_phone_is_masked_and_nothing_recorded(firm: Any) -> None:
    url = await made(firm)
    async with firm.client("clerk", "things:read") as client:
        response = await client.get(url)
    assert (response.json()["phone"], response.headers["etag"]) == ("138****1234", '"1"')
    assert await firm.count("audit", "unmasked") == 0


async def test_with_the_scope_a_phone_is_shown_and_the_look_recorded(firm: Any) -> None:
    url = await made(firm)
    async with firm.client("officer", "things:read pii:read") as client:
        response = await client.get(url)
    assert response.json()["phone"] == "13800131234"
    (row,) = await firm.rows("SELECT * FROM audit WHERE unmasked")
    assert (row["principal"], row["action"], row["resource"]) == ("officer", "GET /v1/things/{thing_id}", "thing")
    assert str(row["customer_id"]) == response.json()["id"]


async def test_what_cannot_be_recorded_is_masked(firm: Any, blank_database: Any) -> None:
    url = await made(firm)
    owner = await asyncpg.connect(blank_database.owner_url)
    await owner.execute("ALTER TABLE audit RENAME TO audit_away")
    async with firm.client("officer", "things:read pii:read") as client:
        response = await client.get(url)
    await owner.close()
    assert (response.status_code, response.json()["phone"]) == (200, "138****1234")


async def test_a_change_of_nothing_is_stale(firm: Any) -> None:
    async with firm.client() as client:
        response = await client.patch(f"/v1/things/{uuid4()}", json={"name": "x"}, headers={"If-Match": '"1"'})
    assert response.status_code == 412


async def test_a_hot_route_does_everything_in_one_statement_once(firm: Any) -> None:
    who = Principal("li-ming", "head-office", frozenset({"admin"}), internal=True)
    attempt = Attempt("li-ming", "hot", "POST /v1/hot", request_hash("POST", "/v1/hot?", b"{}"))
    sql = f"""WITH claim AS ({claim_sql()}),
     made AS (INSERT INTO thing (id, name, phone) SELECT resource_id, $9, '' FROM claim RETURNING id),
     noted AS (INSERT INTO audit ({AUDIT_COLUMNS})
       SELECT $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20 FROM claim)
     SELECT id FROM made"""
    found = []
    for _ in range(3):
        async with firm.database.api.single() as tx:
            thing = tx.new_id()
            claim = idempotency_args(attempt, tx.now, 201, f"/v1/hot/{thing}", thing)
            noted = audit_args(tx, who, AuditEntry("POST /v1/hot", "/v1/hot", thing))
            found.append(await tx.fetchval(sql, *claim, "hot", *noted))
    assert found[1:] == [None, None]
    assert await firm.count("thing", f"id = '{found[0]}'") == 1
    assert [await firm.count(table) for table in ("thing", "audit", "idempotency_key")] == [1, 1, 1]
