"""One key, one effect, on a real database."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.asyncio
BODY = {"name": "tower", "phone": "13800131234"}


async def test_a_first_request_is_made_and_recorded(firm: Any, key: Callable[[str], dict[str, str]]) -> None:
    async with firm.client() as client:
        response = await client.post("/v1/things", json=BODY, headers=key("k1"))
    assert response.status_code == 201
    assert response.headers["location"] == f"/v1/things/{response.json()['id']}"
    assert response.headers["etag"] == '"1"'
    assert "idempotency-replayed" not in response.headers
    (kept,) = await firm.rows("SELECT * FROM idempotency_key")
    assert (kept["principal"], kept["key"], kept["route"]) == ("li-ming", "k1", "POST /v1/things")
    assert (kept["status"], kept["location"]) == (201, response.headers["location"])
    (row,) = await firm.rows("SELECT * FROM audit")
    assert (row["principal"], row["unit"], row["action"]) == ("li-ming", "head-office", "POST /v1/things")
    assert row["resource_id"] == row["customer_id"] == UUID(response.json()["id"])
    assert row["details"] == {"kind": "small"}
    assert len(row["trace_id"]) == 32


async def test_a_repeat_gets_the_present_state_and_no_second_effect(firm: Any, key: Any) -> None:
    async with firm.client() as client:
        first = await client.post("/v1/things", json=BODY, headers=key("k1"))
        changed = {"name": "pagoda"}
        url = first.headers["location"]
        assert (await client.patch(url, json=changed, headers={"If-Match": '"1"'})).status_code == 200
        second = await client.post("/v1/things", json=BODY, headers=key("k1"))
    assert (second.status_code, second.headers["idempotency-replayed"]) == (201, "true")
    assert second.headers["location"] == url
    assert second.json()["name"] == "pagoda"
    assert await firm.count("thing") == 1
    assert await firm.count("audit", "action LIKE 'POST%'") == 1


async def test_accepted_is_repeated_as_accepted(firm: Any, key: Any) -> None:
    async with firm.client() as client:
        answers = [await client.post("/v1/things", json={**BODY, "then": "accept"}, headers=key("k")) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert await firm.count("thing") == 1


@pytest.mark.parametrize("other", [{**BODY, "name": "other"}, {**BODY, "phone": ""}])
async def test_another_body_under_a_used_key_is_refused(firm: Any, key: Any, other: dict[str, str]) -> None:
    async with firm.client() as client:
        await client.post("/v1/things", json=BODY, headers=key("k1"))
        response = await client.post("/v1/things", json=other, headers=key("k1"))
    assert (response.status_code, response.json()["code"]) == (422, "idempotency-key-reused")
    assert await firm.count("thing") == 1


async def test_another_query_under_a_used_key_is_refused(firm: Any, key: Any) -> None:
    async with firm.client() as client:
        await client.post("/v1/things", json=BODY, headers=key("k1"))
        response = await client.post("/v1/things?dry_run=true", json=BODY, headers=key("k1"))
    assert response.json()["code"] == "idempotency-key-reused"


async def test_keys_of_two_callers_have_nothing_to_do_with_each_other(firm: Any, key: Any) -> None:
    async with firm.client("li-ming") as first, firm.client("zhou-min") as second:
        one = await first.post("/v1/things", json=BODY, headers=key("k1"))
        two = await second.post("/v1/things", json=BODY, headers=key("k1"))
    assert one.json()["id"] != two.json()["id"]
    assert await firm.count("thing") == 2


@pytest.mark.parametrize("value", ["", " ", "a b", "x" * 256, "caf\xe9", "\x7f"])
async def test_a_key_is_1_to_255_visible_characters(firm: Any, value: str) -> None:
    async with firm.client() as client:
        headers = [("Idempotency-Key", value.encode("latin-1"))]
        response = await client.post("/v1/things", json=BODY, headers=headers)
    assert (response.status_code, response.json()["code"]) == (400, "idempotency-key-invalid")
    assert await firm.count("thing") == 0


async def test_the_longest_key_is_taken(firm: Any, key: Any) -> None:
    async with firm.client() as client:
        assert (await client.post("/v1/things", json=BODY, headers=key("~" * 255))).status_code == 201


async def test_a_post_needs_one_key(firm: Any) -> None:
    async with firm.client() as client:
        none = await client.post("/v1/things", json=BODY)
        two = await client.post("/v1/things", json=BODY, headers=[("Idempotency-Key", "a"), ("Idempotency-Key", "b")])
    assert (none.status_code, none.json()["code"]) == (400, "idempotency-key-required")
    assert (two.status_code, two.json()["code"]) == (400, "idempotency-key-invalid")


async def test_the_token_is_asked_before_the_key(firm: Any) -> None:
    async with firm.client(scope="things:read") as client:
        assert (await client.post("/v1/things", json=BODY)).status_code == 403
        assert (await client.post("/v1/things", json=BODY, headers={"Authorization": ""})).status_code == 401


async def test_a_failed_request_frees_its_key(firm: Any, key: Any) -> None:
    async with firm.client() as client:
        assert (await client.post("/v1/things", json={**BODY, "then": "fail"}, headers=key("k1"))).status_code == 404
        assert (await client.post("/v1/things", json=BODY, headers=key("k1"))).status_code == 201
    assert await firm.count("thing") == 1
    assert await firm.count("audit") == 1


async def test_an_endpoint_that_declares_no_outcome_leaves_nothing(firm: Any, key: Any) -> None:
    async with firm.client() as client:
        response = await client.post("/v1/things", json={**BODY, "then": "forgotten"}, headers=key("k1"))
    assert response.status_code == 500
    assert [await firm.count(table) for table in ("thing", "idempotency_key", "audit")] == [0, 0, 0]


async def test_fifty_at_once_with_one_key_have_one_effect(firm: Any, key: Any) -> None:
    async with firm.client() as client:
        answers = await asyncio.gather(
            *(client.post("/v1/things", json=BODY, headers=key("same")) for _ in range(50)),
        )
    assert await firm.count("thing") == 1
    assert await firm.count("audit") == 1
    statuses = {answer.status_code for answer in answers}
    assert statuses <= {201, 409, 503}
    made = [answer for answer in answers if answer.status_code == 201]
    assert len({answer.json()["id"] for answer in made}) == 1
    assert sum("idempotency-replayed" not in answer.headers for answer in made) == 1
    assert all("retry-after" in answer.headers for answer in answers if answer.status_code != 201)


async def test_the_loser_of_a_long_race_is_told_to_repeat(firm: Any, key: Any) -> None:
    slow = {**BODY, "then": "sleep"}
    async with firm.client() as client:
        winner = asyncio.create_task(client.post("/v1/things", json=slow, headers=key("k1")))
        await _until_claimed(firm)
        loser = await client.post("/v1/things", json=slow, headers=key("k1"))
        assert (loser.status_code, loser.json()["code"]) == (409, "idempotency-key-in-progress")
        assert loser.headers["retry-after"] == "1"
        assert (await winner).status_code == 201
        again = await client.post("/v1/things", json=slow, headers=key("k1"))
    assert (again.status_code, again.headers["idempotency-replayed"]) == (201, "true")
    assert again.headers["location"] == "/v1/things/%E5%90%8D"
    assert await firm.count("thing") == 1


async def test_after_a_day_a_key_is_new(firm: Any, key: Any) -> None:
    async with firm.client() as client:
        await client.post("/v1/things", json=BODY, headers=key("k1"))
        async with firm.database.api.begin() as tx:
            await tx.execute("UPDATE idempotency_key SET created_at = created_at - interval '24 hours 1 second'")
        response = await client.post("/v1/things", json={"name": "another"}, headers=key("k1"))
    assert (response.status_code, response.json()["name"]) == (201, "another")
    assert "idempotency-replayed" not in response.headers
    assert await firm.count("idempotency_key") == 1


async def test_a_public_post_takes_no_key_and_is_recorded(firm: Any) -> None:
    async with firm.client() as client:
        response = await client.post("/v1/things/public", json=BODY, headers={"Authorization": ""})
    assert response.status_code == 201
    (row,) = await firm.rows("SELECT principal, unit FROM audit")
    assert tuple(row) == ("anonymous", "")
    assert await firm.count("idempotency_key") == 0


async def _until_claimed(firm: Any) -> None:
    sql = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND state = 'active'"
    while not (await firm.rows(sql))[0][0]:  # noqa: ASYNC110 - nobody tells us
        await asyncio.sleep(0.02)
