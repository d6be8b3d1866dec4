from __future__ import annotations

from collections.abc import Awaitable, Callable

import httpx
import pytest

from customer_profile.app import SERVICE
from customer_profile.settings import Settings
from customer_profile.sources.usecases import make_topics
from guanxi.bus.topics import TopicSpec, ensure_topics, topic_names
from guanxi.service import Runtime
from guanxi.testing import Harness

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_publisher_is_registered_with_its_unit(office: httpx.AsyncClient) -> None:
    body = {
        "name": "dealer-9",
        "unit_id": "dealer-9",
        "partitions": 2,
        "create_unit": True,
        "contact": "it@dealer-9.example",
    }
    made = await office.post("/v1/sources", json=body)
    assert made.status_code == 201, made.text
    assert made.headers["Location"] == "/v1/sources/dealer-9"
    source = made.json()
    assert (source["status"], source["unit_created"], source["topic"]) == ("creating", True, "guanxi.inbound.dealer-9")
    assert (await office.get("/v1/units/dealer-9")).json()["internal"] is False
    second = await office.post("/v1/sources", json=body | {"name": "dealer-9-shop"})
    assert second.json()["unit_created"] is False


async def test_an_unknown_unit_is_refused_unless_it_may_be_made(office: httpx.AsyncClient) -> None:
    answer = await office.post("/v1/sources", json={"name": "dealer-9", "unit_id": "dealer-9"})
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "unknown-unit")


async def test_a_name_is_given_once(office: httpx.AsyncClient) -> None:
    body = {"name": "web-shop", "unit_id": "head-office"}
    assert (await office.post("/v1/sources", json=body)).status_code == 201
    assert (await office.post("/v1/sources", json=body)).json()["code"] == "name-taken"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": "Dealer.9"}, "name"),
        ({"partitions": 4}, "partitions"),
        ({"allowed_types": ["NothingReported"]}, "allowed_types"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_what_makes_no_publisher_is_named(
    office: httpx.AsyncClient, change: dict[str, object], field: str
) -> None:
    answer = await office.post("/v1/sources", json={"name": "dealer-9", "unit_id": "head-office", **change})
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


async def test_changes_need_the_version_and_keep_what_they_do_not_name(office: httpx.AsyncClient) -> None:
    made = await office.post("/v1/sources", json={"name": "web-shop", "unit_id": "head-office", "contact": "me"})
    tag = made.headers["ETag"]
    assert (await office.patch("/v1/sources/web-shop", json={})).status_code == 428
    changed = await office.patch(
        "/v1/sources/web-shop", json={"paused": True, "allowed_types": ["OrderReported"]}, headers={"If-Match": tag}
    )
    assert changed.json()["paused_at"] is not None
    assert (changed.json()["contact"], changed.json()["allowed_types"]) == ("me", ["OrderReported"])
    assert (await office.patch("/v1/sources/web-shop", json={}, headers={"If-Match": tag})).status_code == 412
    freed = await office.patch(
        "/v1/sources/web-shop",
        json={"paused": False, "allowed_types": None},
        headers={"If-Match": changed.headers["ETag"]},
    )
    assert (freed.json()["paused_at"], freed.json()["allowed_types"]) == (None, None)


async def test_a_change_that_changes_nothing_has_no_version(office: httpx.AsyncClient) -> None:
    body = {"name": "web-shop", "unit_id": "head-office", "allowed_types": ["OrderReported"]}
    made = await office.post("/v1/sources", json=body)
    same = {"allowed_types": ["OrderReported"], "paused": False}
    kept = await office.patch("/v1/sources/web-shop", json=same, headers={"If-Match": made.headers["ETag"]})
    assert (kept.status_code, kept.headers["ETag"]) == (200, made.headers["ETag"])


async def test_an_external_unit_sees_its_own_publishers_and_changes_none(
    harness: Harness, office: httpx.AsyncClient
) -> None:
    for name in ("dealer-1", "dealer-2"):
        await office.post("/v1/sources", json={"name": name, "unit_id": name, "create_unit": True})
    dealer = harness.caller(unit="dealer-1", scope="organisation:read organisation:write")
    assert [item["name"] for item in (await dealer.get("/v1/sources")).json()["items"]] == ["dealer-1"]
    assert (await dealer.get("/v1/sources/dealer-2")).status_code == 404
    assert (await dealer.post("/v1/sources", json={"name": "x", "unit_id": "dealer-1"})).status_code == 403
    answer = await dealer.patch("/v1/sources/dealer-1", json={"paused": True}, headers={"If-Match": '"1"'})
    assert answer.status_code == 403


async def test_the_worker_makes_the_topic_and_sets_it_ready(
    harness: Harness,
    office: httpx.AsyncClient,
    kafka: str,
    topic_prefix: str,
    topics: Callable[..., Awaitable[list[str]]],
) -> None:
    await office.post("/v1/sources", json={"name": "dealer-3", "unit_id": "head-office", "partitions": 3})
    values = {"profile": "development", "database_url": harness.database.url, "kafka": kafka, "jwks": "none"}
    settings = Settings.model_validate(values | {"topic_prefix": topic_prefix})
    await make_topics(Runtime(settings, harness.database))
    assert (await office.get("/v1/sources/dealer-3")).json()["status"] == "ready"
    assert f"{topic_prefix}guanxi.inbound.dealer-3" in await topic_names(kafka, prefix=topic_prefix)
    await ensure_topics(kafka, [TopicSpec(f"{topic_prefix}guanxi.inbound.dealer-3", 3)])
    assert SERVICE.settings is Settings
