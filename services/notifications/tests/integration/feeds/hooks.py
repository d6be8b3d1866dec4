"""Steps of the feeds' tests: subscribing, sending what is due, looking at what became of it."""

from __future__ import annotations

from typing import Any

from guanxi.testing.harness import Harness
from notifications.feeds import store, usecases
from notifications.feeds.addresses import resolve_by_system
from notifications.feeds.sender import AT_ONCE, EACH_AT_ONCE, send_due

FILED = "guanxi.complaints.ComplaintFiled.v1"


async def subscribe(service: Harness, url: str, *types: str, unit: str = "dealer-17") -> dict[str, Any]:
    made = await service.caller(unit=unit).post("/v1/webhooks", json={"url": url, "types": types or (FILED,)})
    assert made.status_code == 201, made.text
    body: dict[str, Any] = made.json()
    return body


async def step(service: Harness, resolve: Any = resolve_by_system) -> int:
    runtime = service.app.state.runtime
    return await send_due(runtime.settings, runtime.database.consumers, resolve)


async def deliveries(service: Harness, hook: dict[str, Any]) -> list[dict[str, Any]]:
    found = await service.caller(unit="dealer-17").get(f"/v1/webhooks/{hook['id']}/deliveries")
    assert found.status_code == 200, found.text
    items: list[dict[str, Any]] = found.json()["items"]
    return items


async def claim(service: Harness) -> list[store.Claimed]:
    async with service.database.consumers.begin() as tx:
        return await store.claim(tx, AT_ONCE, EACH_AT_ONCE)


async def settle(service: Harness, one: store.Claimed, status: int) -> None:
    async with service.database.consumers.begin() as tx:
        await usecases.settle(tx, one, usecases.Result(status, f"answered {status}"))


async def waiting(service: Harness) -> int:
    """How many deliveries are still to be made, or have kept their body."""
    sql = "SELECT count(*) FROM feed_delivery WHERE status IN ('queued', 'sending') OR body IS NOT NULL"
    async with service.database.api.read() as reader:
        return int(await reader.fetchval(sql))
