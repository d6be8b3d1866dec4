"""Every door of the service: who may come in, and what a wrong word at it gets."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from jsonschema import Draft202012Validator

from complaints.app import SERVICE
from guanxi.service._app import openapi_document
from guanxi.testing import Harness
from guanxi_local.pytest_plugin import ServiceHarness

pytestmark = pytest.mark.asyncio
_DOCUMENT = openapi_document(SERVICE)
_ROUTES = sorted(
    (method.upper(), path, operation["security"])
    for path, operations in _DOCUMENT["paths"].items()
    for method, operation in operations.items()
    if path.startswith(("/v1/", "/track/")) and "/ops/" not in path
)
_PUBLIC = {"/v1/track/{token}", "/v1/track/{token}/verdict", "/v1/complaint-channels", "/v1/public/improvements"}
_PUBLIC |= {"/track/{token}", "/track/{token}/verdict"}
_FILED = {"channel": "phone", "cause": "price"}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def service(module_harness: ServiceHarness) -> Harness:
    """One for all of these: what is refused leaves nothing behind."""
    return await module_harness(SERVICE)


def filled(path: str) -> str:
    names = (
        "complaint_id",
        "rule_id",
        "policy_id",
        "order_id",
        "agreement_id",
        "goodwill_id",
        "problem_id",
        "improvement_id",
    )
    return path.format(**{name: str(uuid4()) for name in names}, n="1", token="x")


def named(answer: Any) -> set[str]:
    return {error["field"] for error in answer.json()["errors"]}


def body_of(operation: dict[str, Any]) -> str | None:
    """The name of the schema of its request's body."""
    schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    refs = [one["$ref"] for one in (schema, *schema.get("anyOf", ())) if "$ref" in one]
    return refs[0].rpartition("/")[2] if refs else None


_BODIES = {
    name
    for path, operations in _DOCUMENT["paths"].items()
    for operation in operations.values()
    if "/ops/" not in path and (name := body_of(operation))
}


@pytest.mark.parametrize("name", sorted(_BODIES))
async def test_each_body_shows_an_example_that_is_a_right_one(name: str) -> None:
    schemas = _DOCUMENT["components"]["schemas"]
    validator = Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": {"schemas": schemas}})
    examples = schemas[name].get("examples", [])
    assert examples
    for example in examples:
        assert [error.message for error in validator.iter_errors(example)] == []


async def test_only_what_is_meant_for_everybody_is_open() -> None:
    assert {path for _, path, security in _ROUTES if not security} == _PUBLIC


@pytest.mark.parametrize(("method", "path"), [(m, p) for m, p, security in _ROUTES if security])
async def test_without_a_token_nobody_comes_in(service: Harness, method: str, path: str) -> None:
    answer = await service.anonymous().request(method, filled(path), json={})
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("method", "path"), [(m, p) for m, p, security in _ROUTES if security == [{"bearer": ["complaints:write"]}]]
)
async def test_a_reader_writes_nothing(service: Harness, method: str, path: str) -> None:
    answer = await service.caller(scope="complaints:read").request(method, filled(path), json={})
    assert answer.status_code == 403


@pytest.mark.parametrize("path", sorted({p for m, p, _ in _ROUTES if m == "POST" and "{complaint_id}" in p}))
async def test_a_step_of_no_complaint_is_404(service: Harness, path: str) -> None:
    body = {"to_unit": "complaint-desk", "reason": "x", "text": "x"}
    wanted = _DOCUMENT["paths"][path]["post"].get("requestBody")
    fields = {
        "handovers": ("to_unit", "reason"),
        "answers": ("text",),
        "customer-replies": ("text",),
        "voiding": ("reason",),
    }
    names = fields.get(path.rsplit("/", 1)[1], ("reason",) if path.endswith("reopening") else ())
    given = {name: body[name] for name in names} if wanted else None
    answer = await service.caller().post(filled(path), json=given)
    assert answer.status_code == 404, answer.text


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"channel": "Telephone!"}, "channel"),
        ({"channel": None}, "channel"),
        ({"cause": "late"}, "cause"),
        ({"severity": "dire"}, "severity"),
        ({"about": "us"}, "about"),
        ({"customer_id": "17"}, "customer_id"),
        ({"external_ref": "x" * 10_000}, "external_ref"),
        ({"text": "a\u0000b"}, "text"),
        ({"text": 17}, "text"),
        ({"sku": ""}, "sku"),
        ({"reply_to": {"channel": "email"}}, "reply_to.address"),
        ({"reply_to": {"channel": "email", "address": "x", "name": "y"}}, "reply_to.name"),
        ({"unit": "a unit"}, "unit"),
        ({"status": "closed"}, "status"),
        ({"holder_unit": "finance"}, "holder_unit"),
        ({"number": "GX-2026-000001"}, "number"),
        ({"service_level": "vip"}, "service_level"),
    ],
)
async def test_a_wrong_field_of_a_complaint_is_named(service: Harness, wrong: dict[str, Any], field: str) -> None:
    answer = await service.caller().post("/v1/complaints", json={**_FILED, **wrong})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert field in named(answer)


@pytest.mark.parametrize(
    ("step", "body", "field"),
    [
        ("handovers", {"to_unit": "complaint-desk", "reason": " "}, "reason"),
        ("handovers", {"to_unit": "complaint-desk", "reason": "x", "accepted": True}, "accepted"),
        ("answers", {"text": ""}, "text"),
        ("answers", {"text": "x", "quality": 6}, "quality"),
        ("answers", {"text": "x", "conduct": ["kind"]}, "conduct[0]"),
        ("answers", {"text": "x", "remedy": "gold"}, "remedy"),
        ("customer-replies", {"text": "x", "channel": "A"}, "channel"),
        ("resolution", {"remedy": "gold"}, "remedy"),
        ("reopening", {}, "reason"),
        ("closure", {"solved": "perhaps"}, "solved"),
    ],
)
async def test_a_wrong_field_of_a_step_is_named(service: Harness, step: str, body: dict[str, Any], field: str) -> None:
    caller = service.caller()
    filed = (await caller.post("/v1/complaints", json=_FILED)).json()
    answer = await caller.post(f"/v1/complaints/{filed['id']}/{step}", json=body)
    assert answer.status_code == 422
    assert field in named(answer)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"status": "gone"}, "status[0]"),
        ({"holder": "me"}, "holder"),
        ({"since": "yesterday"}, "since"),
        ({"limit": "0"}, "limit"),
        ({"limit": "201"}, "limit"),
        ({"cursor": "made-up"}, "cursor"),
        ({"cause": "late"}, "cause"),
    ],
)
async def test_a_wrong_filter_is_named(service: Harness, query: dict[str, str], field: str) -> None:
    answer = await service.caller().get("/v1/complaints", params=query)
    assert answer.status_code == 422
    assert field in named(answer)


@pytest.mark.parametrize("tag", ["*", 'W/"1"', "1", '"1", "2"', '"-1"'])
async def test_only_one_strong_version_is_taken(service: Harness, tag: str) -> None:
    caller = service.caller()
    filed = (await caller.post("/v1/complaints", json=_FILED)).json()
    answer = await caller.post(f"/v1/complaints/{filed['id']}/acceptance", headers={"If-Match": tag})
    assert answer.status_code == 422


async def test_what_looks_like_sql_or_html_is_text(service: Harness) -> None:
    words = "'; DROP TABLE complaint; -- <script>alert(1)</script> {{7*7}} %s \u202e"
    caller = service.caller()
    filed = (await caller.post("/v1/complaints", json={**_FILED, "text": words})).json()
    assert (await caller.get(f"/v1/complaints/{filed['id']}")).json()["text"] == words


async def test_each_step_is_on_record_with_who_took_it(service: Harness) -> None:
    caller = service.caller(subject="wang.fang")
    filed = (await caller.post("/v1/complaints", json=_FILED)).json()
    await caller.post(f"/v1/complaints/{filed['id']}/answers", json={"text": "Done."})
    await caller.post(f"/v1/complaints/{filed['id']}/closure")
    async with service.database.api.read() as reader:
        rows = await reader.fetch("SELECT principal, action FROM audit WHERE resource_id = $1 ORDER BY id", filed["id"])
    assert [tuple(row) for row in rows] == [
        ("wang.fang", "POST /v1/complaints"),
        ("wang.fang", "POST /v1/complaints/{complaint_id}/answers"),
    ]
