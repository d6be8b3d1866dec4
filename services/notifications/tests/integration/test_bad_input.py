"""Whatever is sent, the answer is a problem document that names the field, and never an error of ours."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import httpx
import pytest
import pytest_asyncio

from guanxi.testing.builders import a_customer
from guanxi.testing.harness import Harness
from guanxi_local.pytest_plugin import ServiceHarness
from notifications.app import SERVICE

from .people import new_id

pytestmark = pytest.mark.asyncio
NOBODY = UUID("01890000-0000-4000-8000-000000000000")
STATEMENT = {"purpose": "service", "channel": "email", "state": "granted", "evidence": "form 7"}
HOOK: dict[str, Any] = {"url": "https://8.8.8.8/", "types": ["guanxi.complaints.ComplaintFiled.v1"]}
TEMPLATE = {"code": "complaint-thanks", "language": "en", "subject": "x", "body": "y"}
ASKING = {"customer_id": str(NOBODY), "purpose": "marketing", "channel": "email", "way": "phone"}
ANSWER = {"granted": True, "evidence": "call 7"}
RULE = {"recipients": ["owner"], "mode": "all", "urgent": True}
HOSTILE = {
    "nul": "a\x00b",
    "long": "x" * 5000,
    "number": 7,
    "large number": 2**63,
    "list": [],
    "object": {"$ne": None},
    "null": None,
    "true": True,
}
ROUTES = ("permissions", "webhooks", "templates", "rule", "asking", "answer")
NO_OBJECTS: tuple[Any, ...] = ([], None, 1, "x", {})
BODIES: list[tuple[str, Any]] = [
    *(
        ("permissions", {"permissions": [{**STATEMENT, name: value}]})
        for name in STATEMENT
        for value in HOSTILE.values()
    ),
    *(("webhooks", {**HOOK, name: value}) for name in HOOK for value in HOSTILE.values()),
    *(("templates", {**TEMPLATE, name: value}) for name in TEMPLATE for value in HOSTILE.values()),
    *(("rule", {**RULE, name: value}) for name in RULE for value in HOSTILE.values()),
    *(("asking", {**ASKING, name: value}) for name in ASKING for value in HOSTILE.values()),
    *(("answer", {**ANSWER, name: value}) for name in ANSWER for value in HOSTILE.values()),
    *((route, body) for route in ROUTES for body in NO_OBJECTS),
    *((route, {"extra": 1}) for route in ROUTES),
    ("permissions", {"permissions": [STATEMENT] * 51}),
    ("webhooks", {**HOOK, "types": HOOK["types"] * 101}),
]
RAW = [
    b"",
    b"{",
    b'{"a": NaN}',
    b'{"a": 1, "a": 2}',
    b"[" * 20_000,
    b'{"a": "\\ud800"}',
    b"\xff\xfe",
    b'{"a": ' + b"9" * 5000 + b"}",
]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def service(module_harness: ServiceHarness) -> Harness:
    """One for all of these: what is refused leaves nothing behind."""
    return await module_harness(SERVICE)


async def send(service: Harness, customer: UUID, route: str, **body: Any) -> httpx.Response:
    caller = service.caller()
    match route:
        case "permissions":
            return await caller.put(f"/v1/customers/{customer}/permissions", **body)
        case "webhooks":
            return await caller.post("/v1/webhooks", **body)
        case "asking":
            return await caller.post("/v1/permission-requests", **body)
        case "answer":
            return await caller.post(f"/v1/permission-requests/{NOBODY}/answer", **body)
        case "templates":
            return await caller.post("/v1/templates", **body)
    return await caller.put("/v1/alert-rules/complaint-filed", headers={"If-Match": '"1"'}, **body)


async def test_no_body_breaks_a_route(service: Harness) -> None:
    customer = new_id()
    await service.know(a_customer(customer))
    for route, body in BODIES:
        answer = await send(service, customer, route, json=body)
        if answer.is_success:
            continue
        assert answer.status_code in (404, 412, 422), (route, str(body)[:200], answer.text)
        assert answer.status_code != 422 or answer.json()["errors"], (route, str(body)[:200])


async def test_most_of_these_bodies_are_refused(service: Harness) -> None:
    customer = new_id()
    await service.know(a_customer(customer))
    answers = [(await send(service, customer, route, json=body)).status_code for route, body in BODIES]
    assert answers.count(422) > len(BODIES) * 0.8


async def test_what_is_no_json_is_refused_by_each_route(service: Harness) -> None:
    customer = new_id()
    await service.know(a_customer(customer))
    for route in ROUTES:
        for content in RAW:
            answer = await send(service, customer, route, content=content)
            assert answer.status_code in (400, 413, 422), (route, content[:40], answer.text)
            assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "query",
    [
        {"customer_id": "x"},
        {"customer_id": "' OR 1=1 --"},
        {"status": "' OR 1=1 --"},
        {"limit": 0},
        {"limit": 201},
        {"limit": "x"},
        {"cursor": "x"},
        {"cursor": "A" * 3000},
    ],
)
async def test_a_wrong_query_is_refused_with_its_name(service: Harness, query: dict[str, Any]) -> None:
    answer = await service.caller().get("/v1/messages", params=query)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == next(iter(query))


async def test_a_cursor_of_another_list_is_refused(service: Harness) -> None:
    caller = service.caller()
    cursor = (await caller.get("/v1/templates", params={"limit": 1})).json()["next"]
    assert (await caller.get("/v1/messages", params={"cursor": cursor})).status_code == 422


PRIVATE = [
    ("GET", f"/v1/customers/{NOBODY}/permissions"),
    ("PUT", f"/v1/customers/{NOBODY}/permissions"),
    ("GET", "/v1/messages"),
    ("GET", f"/v1/messages/{NOBODY}"),
    ("GET", f"/v1/improvements/{NOBODY}/tellings"),
    ("GET", "/v1/permission-requests"),
    ("POST", "/v1/permission-requests"),
    ("GET", f"/v1/permission-requests/{NOBODY}"),
    ("POST", f"/v1/permission-requests/{NOBODY}/answer"),
    ("GET", "/v1/templates"),
    ("POST", "/v1/templates"),
    ("GET", f"/v1/templates/{NOBODY}"),
    ("GET", "/v1/inbox"),
    ("GET", "/v1/inbox/stream"),
    ("GET", f"/v1/alerts/{NOBODY}"),
    ("POST", f"/v1/alerts/{NOBODY}/acknowledgement"),
    ("GET", "/v1/alert-rules"),
    ("PUT", "/v1/alert-rules/complaint-filed"),
    ("GET", "/v1/webhooks"),
    ("POST", "/v1/webhooks"),
    ("GET", f"/v1/webhooks/{NOBODY}"),
    ("PATCH", f"/v1/webhooks/{NOBODY}"),
    ("DELETE", f"/v1/webhooks/{NOBODY}"),
    ("GET", f"/v1/webhooks/{NOBODY}/deliveries"),
]


@pytest.mark.parametrize(("method", "path"), PRIVATE)
async def test_each_route_asks_for_a_token_and_its_scope(service: Harness, method: str, path: str) -> None:
    assert (await service.anonymous().request(method, path)).status_code == 401
    stranger = service.caller(scope="complaints:read complaints:write")
    assert (await stranger.request(method, path)).status_code == 403


async def test_the_matrix_holds_every_route_that_is_not_public(service: Harness) -> None:
    document = (await service.anonymous().get("/openapi.json")).json()["paths"]
    listed = {(method.upper(), path) for path, methods in document.items() for method in methods}
    public = {one for one in listed if "{token}" in one[1] or "/ops/" in one[1] or not one[1].startswith("/v1/")}
    assert len(listed - public) == len(PRIVATE)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", f"/v1/messages/{NOBODY}", None),
        ("GET", f"/v1/templates/{NOBODY}", None),
        ("GET", f"/v1/improvements/{NOBODY}/tellings", None),
        ("GET", f"/v1/permission-requests/{NOBODY}", None),
        ("POST", f"/v1/permission-requests/{NOBODY}/answer", {"granted": False}),
        ("GET", f"/v1/alerts/{NOBODY}", None),
        ("POST", f"/v1/alerts/{NOBODY}/acknowledgement", {"state": "seen"}),
        ("GET", f"/v1/webhooks/{NOBODY}", None),
        ("DELETE", f"/v1/webhooks/{NOBODY}", None),
        ("GET", f"/v1/webhooks/{NOBODY}/deliveries", None),
    ],
)
async def test_what_does_not_exist_is_not_found(service: Harness, method: str, path: str, body: Any) -> None:
    answer = await service.caller().request(method, path, json=body)
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
