"""Webhooks: set by those whose records they are, to no address inside, paused, taken up again and removed."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from guanxi.testing.harness import Harness
from notifications.feeds import usecases
from notifications.feeds.sender import EACH_AT_ONCE, bound

from ..conftest import OpenHarness
from ..people import a_ticket
from ..receiver import Receiver, answer
from .hooks import FILED, claim, deliveries, settle, step, subscribe, waiting

pytestmark = pytest.mark.asyncio


async def test_an_old_address_that_is_gone_ends_nothing_at_the_new_one(service: Harness, dealer: Receiver) -> None:
    hook = await subscribe(service, "http://127.0.0.1:1/")
    await service.apply(*(a_ticket(unit="dealer-17") for _ in range(3)))
    on_their_way = await claim(service)
    caller, address = service.caller(unit="dealer-17"), f"/v1/webhooks/{hook['id']}"
    await caller.patch(address, json={"url": dealer.url}, headers={"If-Match": '"1"'})
    await settle(service, on_their_way[0], 410)
    assert (await caller.get(address)).json()["status"] == "active"
    service.clock.move(120)
    while await step(service):
        pass
    assert len(dealer.requests) == 3


async def test_a_name_that_turns_inside_after_it_was_set_is_refused_when_used(
    service: Harness, dealer: Receiver
) -> None:
    hook = await subscribe(service, f"http://localhost:{dealer.port}/")

    async def turned(host: str, port: int) -> Sequence[str]:
        return ["10.0.0.1"]

    await service.apply(a_ticket(unit="dealer-17"))
    await step(service, turned)
    assert dealer.requests == []
    assert "points inside" in (await deliveries(service, hook))[0]["reason"]


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/", "https://169.254.169.254/", "https://10.0.0.1/", "https://localhost/", "nonsense"]
)
async def test_an_address_inside_is_refused_when_it_is_set(open_service: OpenHarness, url: str) -> None:
    service = await open_service()
    caller = service.caller()
    made = await caller.post("/v1/webhooks", json={"url": url, "types": [FILED]})
    assert made.status_code == 422
    assert made.json()["errors"][0]["field"] == "url"


async def test_and_when_it_is_changed(service: Harness, dealer: Receiver) -> None:
    hook = await subscribe(service, dealer.url)
    changed = await service.caller(unit="dealer-17").patch(
        f"/v1/webhooks/{hook['id']}", json={"url": "https://10.0.0.1/"}, headers={"If-Match": '"1"'}
    )
    assert changed.status_code == 422


async def test_the_secret_is_shown_once(service: Harness, dealer: Receiver) -> None:
    caller = service.caller(unit="dealer-17")
    key = {"Idempotency-Key": "hook-1"}
    body = {"url": dealer.url, "types": [FILED]}
    first = await caller.post("/v1/webhooks", json=body, headers=key)
    again = await caller.post("/v1/webhooks", json=body, headers=key)
    assert first.json()["secret"].startswith("whsec_")
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json()["id"] == first.json()["id"]
    assert again.json()["secret"] is None
    assert "secret" not in (await caller.get(f"/v1/webhooks/{first.json()['id']}")).json()
    assert "whsec_" not in (await caller.get("/v1/webhooks")).text


async def test_a_paused_webhook_gets_what_came_meanwhile_when_it_is_taken_up_again(
    service: Harness, dealer: Receiver
) -> None:
    hook = await subscribe(service, dealer.url)
    caller = service.caller(unit="dealer-17")
    address = f"/v1/webhooks/{hook['id']}"
    paused = await caller.patch(address, json={"status": "paused"}, headers={"If-Match": '"1"'})
    await service.apply(a_ticket(unit="dealer-17"))
    assert await step(service) == 0
    stale = await caller.patch(address, json={"status": "active"}, headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    await caller.patch(address, json={"status": "active"}, headers={"If-Match": paused.headers["ETag"]})
    assert await step(service) == 1


@pytest.mark.parametrize("status", ["active", "paused"])
async def test_of_what_waits_for_a_webhook_the_newest_is_kept(
    service: Harness, dealer: Receiver, monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    monkeypatch.setattr(usecases, "MOST_WAITING", 3)
    hook = await subscribe(service, dealer.url)
    filed = [a_ticket(unit="dealer-17") for _ in range(5)]
    for one in filed:
        await service.apply(one)
    dealer.answers.extend([answer(500)] * EACH_AT_ONCE)
    await step(service)
    caller, address = service.caller(unit="dealer-17"), f"/v1/webhooks/{hook['id']}"
    await caller.patch(address, json={"status": status}, headers={"If-Match": '"1"'})
    for _ in range(2):
        await bound(service.app.state.runtime)
    states = [(one["status"], one["reason"]) for one in await deliveries(service, hook)]
    assert states == [("queued", None)] * 3 + [("cancelled", "too far behind")] * 2
    await caller.patch(address, json={"status": "active"}, headers={"If-Match": '"2"'})
    dealer.requests.clear()
    while await step(service):
        pass
    assert {request.headers["webhook-id"] for request in dealer.requests} == {str(one.id) for one in filed[2:]}


async def test_a_removed_webhook_gets_nothing_and_is_not_found(service: Harness, dealer: Receiver) -> None:
    hook = await subscribe(service, dealer.url)
    caller = service.caller(unit="dealer-17")
    await service.apply(a_ticket(unit="dealer-17"))
    assert (await caller.delete(f"/v1/webhooks/{hook['id']}")).status_code == 204
    await service.apply(a_ticket(unit="dealer-17"))
    assert await step(service) == 0
    assert (await caller.get(f"/v1/webhooks/{hook['id']}")).status_code == 404


async def test_what_is_on_its_way_to_a_webhook_that_is_removed_does_not_go_back_into_the_queue(
    service: Harness, dealer: Receiver
) -> None:
    hook = await subscribe(service, dealer.url)
    await service.apply(a_ticket(unit="dealer-17"))
    (on_its_way,) = await claim(service)
    assert (await service.caller(unit="dealer-17").delete(f"/v1/webhooks/{hook['id']}")).status_code == 204
    await settle(service, on_its_way, 500)
    assert await waiting(service) == 0


async def test_what_is_queued_while_a_webhook_is_removed_goes_within_the_minute(
    service: Harness, dealer: Receiver
) -> None:
    hook = await subscribe(service, dealer.url)
    async with service.database.consumers.begin() as tx:
        await usecases.feed(tx, [a_ticket(unit="dealer-17")])
        assert (await service.caller(unit="dealer-17").delete(f"/v1/webhooks/{hook['id']}")).status_code == 204
    assert await waiting(service) == 1
    await bound(service.app.state.runtime)
    assert await waiting(service) == 0


async def test_another_units_webhook_is_not_found(service: Harness, dealer: Receiver) -> None:
    hook = await subscribe(service, dealer.url, unit="head-office")
    caller = service.caller(unit="dealer-17")
    address = f"/v1/webhooks/{hook['id']}"
    answers = [
        await caller.get(address),
        await caller.get(f"{address}/deliveries"),
        await caller.patch(address, json={"status": "paused"}, headers={"If-Match": '"1"'}),
        await caller.delete(address),
    ]
    assert [one.status_code for one in answers] == [404] * 4
    assert (await caller.get("/v1/webhooks")).json()["items"] == []


async def test_a_type_that_nobody_publishes_is_refused(service: Harness, dealer: Receiver) -> None:
    made = await service.caller().post("/v1/webhooks", json={"url": dealer.url, "types": ["guanxi.reports.X.v1"]})
    assert made.status_code == 422
    assert made.json()["errors"][0]["field"] == "types[0]"
