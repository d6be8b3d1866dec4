"""Webhooks: signed, to those whose records they are, tried again, and never to an address inside."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from guanxi.events.complaints import ComplaintAnswered
from guanxi.events.customers import CustomerMerged, MergedComponent
from guanxi.testing.builders import a_customer, a_unit, an_event
from guanxi.testing.harness import Harness
from notifications.feeds import store, usecases
from notifications.feeds.addresses import resolve_by_system
from notifications.feeds.sender import AT_ONCE, EACH_AT_ONCE, bound, run, send_due

from ..conftest import OpenHarness
from ..people import a_fall, a_ticket, new_id
from ..receiver import Receiver, answer, receiver

pytestmark = pytest.mark.asyncio
FILED = "guanxi.complaints.ComplaintFiled.v1"


@pytest_asyncio.fixture(loop_scope="session")
async def dealer() -> Any:
    async with receiver() as one:
        yield one


@pytest_asyncio.fixture(loop_scope="session")
async def service(open_service: OpenHarness) -> Harness:
    return await open_service(webhook_allow_loopback=True)


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


async def test_a_dealer_gets_its_own_complaints_signed_and_without_personal_fields(
    service: Harness, dealer: Receiver
) -> None:
    hook = await subscribe(service, dealer.url)
    mine = a_ticket(unit="dealer-17", reply_to={"channel": "email", "address": "zhang@example.com"})
    await service.apply(mine, a_ticket(unit="head-office"))
    await step(service)
    (request,) = dealer.requests
    assert request.genuine(hook["secret"])
    assert request.path == "/hook?a=b"
    assert request.headers["host"] == f"127.0.0.1:{dealer.port}"
    assert request.headers["webhook-id"] == str(mine.id)
    assert request.event["type"] == FILED
    assert request.event["data"]["complaint_id"] == str(mine.data.complaint_id)
    assert b"zhang" not in request.body
    assert b"reply_to" not in request.body
    assert [one["status"] for one in await deliveries(service, hook)] == ["delivered"]


async def test_a_changed_body_or_another_secret_fails_the_check(service: Harness, dealer: Receiver) -> None:
    hook, other = await subscribe(service, dealer.url), await subscribe(service, dealer.url)
    await service.apply(a_ticket(unit="dealer-17"))
    await step(service)
    assert [request.genuine(hook["secret"]) for request in dealer.requests].count(True) == 1
    assert [request.genuine(other["secret"]) for request in dealer.requests].count(True) == 1
    changed = next(request for request in dealer.requests if request.genuine(hook["secret"]))
    changed.body += b" "
    assert not changed.genuine(hook["secret"])


async def test_only_the_types_asked_for_are_sent_and_each_event_once(service: Harness, dealer: Receiver) -> None:
    await subscribe(service, dealer.url)
    filed = a_ticket(unit="dealer-17")
    answered = a_ticket(ComplaintAnswered, unit="dealer-17", answer_id=new_id())
    await service.apply(filed, answered)
    await service.apply(filed)
    await step(service)
    assert [request.event["type"] for request in dealer.requests] == [FILED]


async def test_what_was_learned_or_is_read_late_is_not_sent(service: Harness, dealer: Receiver) -> None:
    await subscribe(service, dealer.url)
    await service.apply(a_ticket(unit="dealer-17", late=timedelta(days=3)))
    old = a_ticket(unit="dealer-17")
    service.clock.move(49 * 3600)
    await service.apply(old)
    assert await step(service) == 0


async def test_scores_go_to_units_of_the_firm_only(service: Harness, dealer: Receiver) -> None:
    kind = "guanxi.scores.SegmentChanged.v1"
    mine = new_id()
    await service.know(a_unit("branch"), a_customer(mine, unit="branch"))
    await subscribe(service, dealer.url, kind, unit="branch")
    await service.apply(a_fall(mine))
    await step(service)
    assert [request.event["subject"] for request in dealer.requests] == [str(mine)]
    await service.know(a_unit("branch", sequence=2, internal=False))
    await service.apply(a_fall(mine))
    assert await step(service) == 0


async def test_a_dealer_cannot_ask_for_what_the_firm_thinks_of_customers(service: Harness, dealer: Receiver) -> None:
    kind, caller = "guanxi.scores.ScoreChanged.v1", service.caller(unit="dealer-17")
    refused = await caller.post("/v1/webhooks", json={"url": dealer.url, "types": [FILED, kind]})
    hook = await subscribe(service, dealer.url)
    changed = await caller.patch(f"/v1/webhooks/{hook['id']}", json={"types": [kind]}, headers={"If-Match": '"1"'})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "types[1]")
    assert (changed.status_code, changed.json()["errors"][0]["field"]) == (422, "types[0]")


async def test_merges_name_records_of_others_and_go_to_no_dealer(service: Harness, dealer: Receiver) -> None:
    kind = "guanxi.customers.CustomerMerged.v1"
    await subscribe(service, dealer.url, kind)
    mine, other = new_id(), new_id()
    await service.know(a_customer(mine, unit="dealer-17"))
    component = MergedComponent(canonical_id=mine, members=(mine, other))
    fact = CustomerMerged(merge_id=new_id(), survivor_id=mine, absorbed_id=other, component=component)
    await service.apply(an_event(fact, subject=mine))
    assert await step(service) == 0


async def test_a_unit_of_the_firm_gets_all(service: Harness, dealer: Receiver) -> None:
    await subscribe(service, dealer.url, unit="head-office")
    await service.apply(a_ticket(unit="dealer-17"), a_ticket(unit="head-office"))
    await step(service)
    assert len(dealer.requests) == 2


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
