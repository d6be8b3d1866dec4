"""After an erasure nothing of a person is left in any place for personal data, and nothing more is sent."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest

from guanxi.events.notifications import NotificationSuppressed
from guanxi.testing.builders import a_customer
from guanxi.testing.erasure import plant, scan
from guanxi.testing.harness import Harness
from notifications.app import SERVICE
from notifications.messages import usecases as messages
from notifications.messages.sender import links_of, send_due
from notifications.messages.smtp import Answer

from .conftest import OpenHarness, until_waiting
from .mailserver import mailbox
from .people import a_profile, a_ticket, new_id

pytestmark = pytest.mark.asyncio
PLANTED = "planted-7f3a"
OURS = ("permission", "permission_event", "ticket", "message", "attempt", "alert", "feed_delivery")


async def a_planted_person(service: Harness) -> Any:
    customer = new_id()
    await service.know(a_customer(customer, emails=[f"{PLANTED}@example.com"], name=PLANTED))
    said = {"purpose": "service", "channel": "email", "state": "granted", "evidence": f"{PLANTED} signed"}
    await service.apply(a_profile(customer, said))
    reply = {"channel": "email", "address": f"{PLANTED}@example.org"}
    await service.apply(a_ticket(customer=customer, reply_to=reply))
    return customer


async def ours(service: Harness, *values: str) -> set[tuple[str, str]]:
    """Places of this service's own tables that hold one of the values; the platform erases logs and the directory."""
    async with service.database.api.read() as reader:
        return {(hit.table, hit.column) for hit in await scan(reader, values) if hit.table in OURS}


async def step(service: Harness) -> int:
    runtime = service.app.state.runtime
    return await send_due(runtime.settings, runtime.database.consumers)


async def test_a_value_in_every_tagged_column_is_gone(open_service: OpenHarness) -> None:
    async with mailbox() as post:
        service = await open_service(smtp_url=post.url)
        customer = await a_planted_person(service)
        post.to_recipient.append("450 4.2.1 busy")
        await step(service)
        async with service.database.api.begin() as tx:
            values = await plant(tx, SERVICE.metadata)
        assert len(await ours(service, *values)) == len(values)
        assert await service.erase(customer) > 0
        assert await ours(service, *values) == set()


async def test_what_came_in_through_the_doors_is_gone_and_nothing_more_is_sent(open_service: OpenHarness) -> None:
    async with mailbox() as post:
        service = await open_service(smtp_url=post.url, webhook_allow_loopback=True)
        caller = service.caller()
        hook = {"url": "http://127.0.0.1:1/", "types": ["guanxi.complaints.ComplaintFiled.v1"]}
        assert (await caller.post("/v1/webhooks", json=hook)).status_code == 201
        customer = await a_planted_person(service)
        post.to_recipient.append(f"450 4.2.1 <{PLANTED}@example.org> is busy")
        await step(service)
        (alert,) = (await caller.get("/v1/inbox")).json()["items"]
        note = {"state": "seen", "note": f"called {PLANTED}"}
        assert (await caller.post(f"/v1/alerts/{alert['id']}/acknowledgement", json=note)).status_code == 201
        places = {("permission_event", "evidence"), ("ticket", "address"), ("message", "address")}
        places |= {("attempt", "detail"), ("alert", "note")}
        assert places <= await ours(service, PLANTED)
        await service.erase(customer)
        assert await ours(service, PLANTED) == set()
        service.clock.move(60)
        assert await step(service) == 0
        assert post.letters == []
        assert await service.erase(customer) == 0


async def test_erasing_one_leaves_others_alone(service: Harness) -> None:
    one, other = await a_planted_person(service), await a_planted_person(service)
    before = await ours(service, PLANTED)
    await service.erase(one)
    assert await ours(service, PLANTED) == before
    await service.erase(other)
    assert await ours(service, PLANTED) == set()


async def test_an_address_goes_with_the_record_it_comes_from_whomever_the_message_was_for(
    open_service: OpenHarness,
) -> None:
    async with mailbox() as post:
        service = await open_service(smtp_url=post.url)
        survivor, absorbed = new_id(), new_id()
        await service.know(
            a_customer(survivor, emails=[]),
            a_customer(absorbed, emails=[f"{PLANTED}@example.com"], canonical_id=survivor, status="merged"),
        )
        said = {"purpose": "service", "channel": "email", "state": "granted", "evidence": "form 7"}
        await service.apply(a_profile(survivor, said))
        await service.apply(a_ticket(customer=survivor))
        await step(service)
        assert post.recipients == [f"{PLANTED}@example.com"]
        assert await ours(service, PLANTED) == {("message", "address")}
        await service.erase(absorbed)
        assert await ours(service, PLANTED) == set()
        (left,) = (await service.caller().get("/v1/messages", params={"customer_id": str(survivor)})).json()["items"]
        assert left["status"] == "sent"


@pytest.mark.parametrize("meanwhile", [False, True])
async def test_what_a_server_says_of_somebody_who_was_erased_is_not_kept(
    open_service: OpenHarness,
    meanwhile: bool,  # noqa: FBT001
) -> None:
    async with mailbox() as post:
        service = await open_service(smtp_url=post.url)
        customer = await a_planted_person(service)
        post.before_recipient = asyncio.Event()
        post.to_recipient.append(f"550 5.1.1 <{PLANTED}@example.org> unknown user")
        sending = asyncio.create_task(step(service))
        await post.arrived.wait()
        async with service.database.api.begin() as tx:
            await messages.erase(tx, [customer])
            if meanwhile:
                post.before_recipient.set()
                await until_waiting(service)
        post.before_recipient.set()
        await sending
        assert {table for table, _ in await ours(service, PLANTED)} == {"ticket", "permission_event"}
        (left,) = (await service.caller().get("/v1/messages")).json()["items"]
        assert (left["status"], left["reason"]) == ("failed", "refused")


async def test_an_erasure_finds_what_a_server_said_while_it_waited(service: Harness) -> None:
    customer = await a_planted_person(service)
    settings, pool = service.app.state.runtime.settings, service.database.consumers
    async with pool.begin() as tx:
        _, (claimed,) = await messages.claim(tx, settings, links_of(settings), 8, None)
    async with pool.begin() as tx:
        await messages.settle(tx, claimed.message, Answer("permanent", 550, f"<{PLANTED}@example.org> unknown user"))
        erasing = asyncio.create_task(service.erase(customer))
        await until_waiting(service)
    await erasing
    assert await ours(service, PLANTED) == set()


async def test_what_an_erasure_stops_is_settled_and_told_like_all_else(service: Harness) -> None:
    customer = await a_planted_person(service)
    assert await service.erase(customer) > 0
    (stopped,) = (await service.caller().get("/v1/messages")).json()["items"]
    assert (stopped["status"], stopped["reason"]) == ("suppressed", "erased")
    assert stopped["settled_at"] is not None
    (told,) = await service.published(NotificationSuppressed)
    assert (told.aggregateid, told.sequence) == (UUID(stopped["id"]), stopped["version"])
    assert (told.subject, told.data.reason) == (customer, "erased")
    assert await service.erase(customer) == 0
    assert len(await service.published(NotificationSuppressed)) == 1
