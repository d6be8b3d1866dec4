"""H: one key, one effect, whoever sends it, how often, how fast and for what."""

from __future__ import annotations

import asyncio
import secrets
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from attacks.doors import ROUTES, Route
from attacks.verdict import honest, refused
from guanxi_local.testplatform import TestPlatform
from support.databases import value
from support.waiting import Problem, eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")

PLACES = ("customers", "interactions", "orders", "service-records", "complaints")
_COUNTS = {
    "customers": ("customer-profile", "SELECT count(*) FROM customer WHERE name = $1"),
    "interactions": ("interactions", "SELECT count(*) FROM contact WHERE subject = $1"),
    "orders": ("interactions", "SELECT count(*) FROM sales_order WHERE purpose = $1"),
    "complaints": ("complaints", "SELECT count(*) FROM complaint WHERE text = $1"),
}


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def customer(admin: httpx.AsyncClient) -> str:
    answer = await admin.post("/v1/customers", json={"kind": "person", "name": "Key"}, headers=_key())
    made: str = answer.json()["id"]
    for path in ("interactions", "complaints"):
        await eventually(lambda path=path: _refused(admin, path, _body(path, made), _key()), 30)  # type: ignore[misc]
    return made


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def other(platform: TestPlatform) -> AsyncIterator[httpx.AsyncClient]:
    """Another person of the head office."""
    headers = {"Authorization": f"Bearer {platform.token(subject='somebody-else')}"}
    async with httpx.AsyncClient(base_url=platform.gateway, headers=headers, timeout=30, trust_env=False) as client:
        yield client


async def _refused(admin: httpx.AsyncClient, path: str, body: dict[str, Any], key: dict[str, str]) -> Problem:
    answer = honest(await admin.post(f"/v1/{path}", json=body, headers=key))
    return None if answer.status_code == 201 else answer.text


def _key(key: str | None = None) -> dict[str, str]:
    return {"Idempotency-Key": key or str(uuid4())}


def _body(place: str, customer: str, mark: str = "x") -> dict[str, Any]:
    contact = {"customer_id": customer, "channel": "phone"}
    line = {"sku": "A", "quantity": 1, "amount_minor": 1}
    bodies: dict[str, dict[str, Any]] = {
        "customers": {"kind": "person", "name": mark},
        "interactions": {**contact, "direction": "in", "subject": mark},
        "orders": {"customer_id": customer, "currency": "CNY", "lines": [line], "purpose": mark},
        "service-records": {"customer_id": customer, "kind": "repair", "note": mark},
        "complaints": {**contact, "cause": "quality", "text": mark},
    }
    return bodies[place]


def _same(first: httpx.Response, second: httpx.Response) -> None:
    assert (first.status_code, second.status_code) == (201, 201), (first.text, second.text)
    assert second.headers["location"] == first.headers["location"]
    assert second.json()["id"] == first.json()["id"]
    assert (first.headers.get("idempotency-replayed"), second.headers.get("idempotency-replayed")) == (None, "true")


@pytest.mark.parametrize("place", PLACES)
async def test_the_same_again_is_answered_the_same(admin: httpx.AsyncClient, customer: str, place: str) -> None:
    key, body = _key(), _body(place, customer)
    _same(*[honest(await admin.post(f"/v1/{place}", json=body, headers=key)) for _ in range(2)])


@pytest.mark.parametrize("place", PLACES)
async def test_another_body_under_the_key_is_refused(admin: httpx.AsyncClient, customer: str, place: str) -> None:
    key = _key()
    assert (await admin.post(f"/v1/{place}", json=_body(place, customer, "one"), headers=key)).status_code == 201
    problem = refused(await admin.post(f"/v1/{place}", json=_body(place, customer, "two"), headers=key), 422)
    assert problem["code"] == "idempotency-key-reused"


@pytest.mark.parametrize("place", PLACES)
async def test_the_same_at_another_address_is_another_request(
    admin: httpx.AsyncClient, customer: str, place: str
) -> None:
    key, body = _key(), _body(place, customer)
    assert (await admin.post(f"/v1/{place}", json=body, headers=key)).status_code == 201
    assert (
        refused(await admin.post(f"/v1/{place}?x=1", json=body, headers=key), 422)["code"] == "idempotency-key-reused"
    )


@pytest.mark.parametrize("place", _COUNTS)
async def test_fifty_at_once_have_one_effect(
    platform: TestPlatform, admin: httpx.AsyncClient, customer: str, place: str
) -> None:
    key, mark = _key(), secrets.token_hex(8)
    body = _body(place, customer, mark)
    answers = await asyncio.gather(*(admin.post(f"/v1/{place}", json=body, headers=key) for _ in range(50)))
    found = Counter(honest(answer).status_code for answer in answers)
    assert found.keys() <= {201, 409, 503}, found
    assert found[201] >= 1, found
    assert all(answer.headers.get("retry-after") for answer in answers if answer.status_code == 409)
    assert len({answer.json()["id"] for answer in answers if answer.status_code == 201}) == 1
    service, sql = _COUNTS[place]
    assert await value(platform, service, sql, mark) == 1


@pytest.mark.parametrize("place", _COUNTS)
async def test_fifty_bodies_under_one_key_have_one_effect(
    platform: TestPlatform, admin: httpx.AsyncClient, customer: str, place: str
) -> None:
    key, mark = _key(), secrets.token_hex(8)
    bodies = [_body(place, customer, f"{mark}{n:02}") for n in range(50)]
    answers = await asyncio.gather(*(admin.post(f"/v1/{place}", json=body, headers=key) for body in bodies))
    assert {honest(answer).status_code for answer in answers} <= {201, 409, 422, 503}
    assert sum(answer.status_code == 201 for answer in answers) == 1
    service, sql = _COUNTS[place]
    assert await value(platform, service, sql.replace("= $1", "LIKE $1 || '%'"), mark) == 1


@pytest.mark.parametrize("place", PLACES)
async def test_the_key_of_another_caller_says_nothing(
    admin: httpx.AsyncClient, other: httpx.AsyncClient, customer: str, place: str
) -> None:
    key, body = _key(), _body(place, customer)
    mine = honest(await admin.post(f"/v1/{place}", json=body, headers=key))
    theirs = honest(await other.post(f"/v1/{place}", json=body, headers=key))
    assert (mine.status_code, theirs.status_code) == (201, 201)
    assert mine.json()["id"] != theirs.json()["id"]
    assert "idempotency-replayed" not in theirs.headers


async def test_one_key_may_go_to_each_service(admin: httpx.AsyncClient, customer: str) -> None:
    key = _key()
    for place in ("customers", "interactions", "complaints"):
        assert (await admin.post(f"/v1/{place}", json=_body(place, customer), headers=key)).status_code == 201


async def test_a_key_is_not_taken_across_routes_of_a_service(admin: httpx.AsyncClient, customer: str) -> None:
    key = _key()
    assert (await admin.post("/v1/interactions", json=_body("interactions", customer), headers=key)).status_code == 201
    problem = refused(await admin.post("/v1/orders", json=_body("orders", customer), headers=key), 422)
    assert problem["code"] == "idempotency-key-reused"


async def test_what_was_refused_does_not_use_up_the_key(admin: httpx.AsyncClient, customer: str) -> None:
    for place in PLACES:
        key = _key()
        wrong = {**_body(place, customer), "no_such_field": 1}
        refused(await admin.post(f"/v1/{place}", json=wrong, headers=key), 422)
        assert (await admin.post(f"/v1/{place}", json=_body(place, customer), headers=key)).status_code == 201


async def test_a_repeat_with_another_order_of_fields_is_another_body(admin: httpx.AsyncClient) -> None:
    key = {**_key(), "Content-Type": "application/json"}
    first = b'{"kind": "person", "name": "x"}'
    assert (await admin.post("/v1/customers", content=first, headers=key)).status_code == 201
    refused(await admin.post("/v1/customers", content=b'{"name": "x", "kind": "person"}', headers=key), 422)


_KEYED = [r for r in ROUTES if any(p["name"].lower() == "idempotency-key" for p in r.operation.get("parameters", ()))]
KEYS: dict[str, list[tuple[bytes, bytes]]] = {
    "none": [],
    "empty": [(b"Idempotency-Key", b"")],
    "of 300 bytes": [(b"Idempotency-Key", b"k" * 300)],
    "with a blank": [(b"Idempotency-Key", b"a b")],
    "in Chinese": [(b"Idempotency-Key", "钥匙".encode())],
    "twice": [(b"Idempotency-Key", b"a"), (b"Idempotency-Key", b"b")],
}


@pytest.mark.parametrize("route", _KEYED, ids=[route.name for route in _KEYED])
async def test_a_bad_key_is_refused_at_every_route(admin: httpx.AsyncClient, route: Route) -> None:
    for name, headers in KEYS.items():
        body = route.good() if route.body else None
        answer = await admin.request(route.method, route.at({}), json=body, headers=[*headers, (b"If-Match", b'"1"')])
        problem = refused(answer, 400)
        assert problem["code"].startswith("idempotency-key-"), (name, problem)


GOOD_KEYS = ("k" * 255, "';DROP/**/TABLE/**/idempotency_key;--", "%00", "../../etc/passwd", "{{7*7}}", "\\u0000")


@pytest.mark.parametrize("key", GOOD_KEYS, ids=[f"key {n}" for n in range(len(GOOD_KEYS))])
async def test_any_visible_key_is_only_a_name(admin: httpx.AsyncClient, key: str) -> None:
    named = _key(key)
    body = {"kind": "person", "name": "Named"}
    first, second = [honest(await admin.post("/v1/customers", json=body, headers=named)) for _ in range(2)]
    assert (first.status_code, second.status_code) == (201, 201), first.text
    assert first.json()["id"] == second.json()["id"]


async def test_a_key_holds_when_the_caller_goes_away_in_the_middle(
    platform: TestPlatform, admin: httpx.AsyncClient
) -> None:
    key, mark = _key(), secrets.token_hex(8)
    body = {"kind": "person", "name": mark}
    for patience in (0.001, 0.003, 0.006, 0.01, 0.02):
        try:
            await admin.post("/v1/customers", json=body, headers=key, timeout=patience)
        except httpx.TimeoutException:
            continue
    await eventually(lambda: _refused(admin, "customers", body, key), 30)
    assert await value(platform, "customer-profile", "SELECT count(*) FROM customer WHERE name = $1", mark) == 1
