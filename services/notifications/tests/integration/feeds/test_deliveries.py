"""Deliveries: tried again, cut off, once each by however many senders, and nobody waits for a silent receiver."""

from __future__ import annotations

import asyncio

import pytest

from guanxi.testing.harness import Harness
from notifications.feeds import store
from notifications.feeds.sender import AT_ONCE, EACH_AT_ONCE, run

from ..people import a_ticket
from ..receiver import Receiver, answer, receiver
from .hooks import FILED, deliveries, step, subscribe

pytestmark = pytest.mark.asyncio


async def test_a_receiver_that_fails_is_tried_again_with_the_same_id_and_a_fresh_signature(
    service: Harness, dealer: Receiver
) -> None:
    hook = await subscribe(service, dealer.url)
    dealer.answers.extend([answer(500), answer(429)])
    await service.apply(a_ticket(unit="dealer-17"))
    assert await step(service) == 1
    assert await step(service) == 0
    for seconds in (8, 40):
        service.clock.move(seconds)
        assert await step(service) == 1
    ids = {request.headers["webhook-id"] for request in dealer.requests}
    times = [int(request.headers["webhook-timestamp"]) for request in dealer.requests]
    assert len(dealer.requests) == 3
    assert len(ids) == 1
    assert times == sorted(set(times))
    assert all(request.genuine(hook["secret"]) for request in dealer.requests)
    (found,) = await deliveries(service, hook)
    assert (found["status"], found["attempts"], found["answered"]) == ("delivered", 3, 204)


async def test_after_the_last_try_a_delivery_has_failed(service: Harness, dealer: Receiver) -> None:
    hook = await subscribe(service, dealer.url)
    dealer.answers.extend([answer(500)] * 20)
    await service.apply(a_ticket(unit="dealer-17"))
    tries = 0
    for _ in range(14):
        tries += await step(service)
        service.clock.move(30 * 3600)
    (found,) = await deliveries(service, hook)
    assert (found["status"], found["attempts"], tries) == ("failed", 11, 11)
    async with service.database.api.read() as reader:
        assert await reader.fetchval("SELECT body FROM feed_delivery") is None


async def test_a_redirect_is_not_followed(service: Harness, dealer: Receiver) -> None:
    hook = await subscribe(service, dealer.url)
    dealer.answers.append(answer(302, f"Location: http://127.0.0.1:{dealer.port}/inside"))
    await service.apply(a_ticket(unit="dealer-17"))
    await step(service)
    assert [request.path for request in dealer.requests] == ["/hook?a=b"]
    assert (await deliveries(service, hook))[0]["reason"] == "answered 302"


async def test_an_endless_answer_is_cut_off(service: Harness, dealer: Receiver) -> None:
    hook = await subscribe(service, dealer.url)
    dealer.answers.append(answer(200, body=b"x" * 200_000))
    await service.apply(a_ticket(unit="dealer-17"))
    await step(service)
    assert "64 KiB" in (await deliveries(service, hook))[0]["reason"]


async def test_a_silent_receiver_is_left_after_three_seconds(service: Harness, dealer: Receiver) -> None:
    hook = await subscribe(service, dealer.url)
    dealer.silent = True
    await service.apply(a_ticket(unit="dealer-17"))
    started = asyncio.get_running_loop().time()
    await step(service)
    assert asyncio.get_running_loop().time() - started < 4
    assert "no answer" in (await deliveries(service, hook))[0]["reason"]


async def test_a_receiver_that_is_gone_gets_no_more(service: Harness, dealer: Receiver) -> None:
    hook = await subscribe(service, dealer.url)
    dealer.answers.extend([answer(410)] * EACH_AT_ONCE)
    await service.apply(*(a_ticket(unit="dealer-17") for _ in range(EACH_AT_ONCE + 2)))
    await step(service)
    assert sorted(one["status"] for one in await deliveries(service, hook)) == ["cancelled"] * 3 + ["failed"]
    await service.apply(a_ticket(unit="dealer-17"))
    assert await step(service) == 0
    caller = service.caller(unit="dealer-17")
    found = await caller.get(f"/v1/webhooks/{hook['id']}")
    assert (found.json()["status"], found.json()["reason"]) == ("disabled", "the receiver answered 410 Gone")
    address, mark = f"/v1/webhooks/{hook['id']}", {"If-Match": found.headers["ETag"]}
    changed = await caller.patch(address, json={"types": [FILED]}, headers=mark)
    assert (changed.json()["status"], changed.json()["reason"]) == ("disabled", "the receiver answered 410 Gone")
    again = await caller.patch(address, json={"status": "active"}, headers={"If-Match": changed.headers["ETag"]})
    assert (again.json()["status"], again.json()["reason"]) == ("active", None)


async def test_a_receiver_that_does_not_answer_keeps_nobody_else_waiting(service: Harness, dealer: Receiver) -> None:
    async with receiver() as dead:
        dead.silent = True
        await subscribe(service, dead.url, unit="head-office")
        await service.apply(*(a_ticket(unit="head-office") for _ in range(20)))
        await subscribe(service, dealer.url)
        working = asyncio.create_task(run(service.app.state.runtime))
        async with asyncio.timeout(10):
            while not dead.requests:  # noqa: ASYNC110 - the receiver is another program
                await asyncio.sleep(0.01)
            await service.apply(*(a_ticket(unit="dealer-17") for _ in range(6)))
            while len(dealer.requests) < 6:  # noqa: ASYNC110 - the receiver is another program
                await asyncio.sleep(0.01)
        assert len(dead.requests) <= EACH_AT_ONCE
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        assert working.cancelled()


async def test_many_senders_at_once_deliver_each_event_once(service: Harness, dealer: Receiver) -> None:
    await subscribe(service, dealer.url)
    await service.apply(*(a_ticket(unit="dealer-17") for _ in range(20)))

    async def work() -> None:
        while await step(service):
            pass

    await asyncio.gather(*(work() for _ in range(4)))
    await work()
    assert len(dealer.requests) == len({request.headers["webhook-id"] for request in dealer.requests}) == 20


async def test_two_workers_have_no_more_under_way_for_a_subscriber_than_one(service: Harness, dealer: Receiver) -> None:
    await subscribe(service, dealer.url)
    await service.apply(*(a_ticket(unit="dealer-17") for _ in range(6)))
    async with service.database.consumers.begin() as one, service.database.consumers.begin() as other:
        claimed = [await store.claim(tx, AT_ONCE, EACH_AT_ONCE) for tx in (one, other)]
    assert [len(each) for each in claimed] == [EACH_AT_ONCE, 0]


async def test_a_delivery_that_a_process_died_over_is_made_again(service: Harness, dealer: Receiver) -> None:
    await subscribe(service, dealer.url)
    await service.apply(a_ticket(unit="dealer-17"))
    dealer.silent = True
    sending = asyncio.create_task(step(service))
    while not dealer.requests:  # noqa: ASYNC110 - the receiver is another program
        await asyncio.sleep(0.01)
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    dealer.silent = False
    assert await step(service) == 0
    service.clock.move(61)
    assert await step(service) == 1
    assert len({request.headers["webhook-id"] for request in dealer.requests}) == 1
