"""What is said while a message is claimed: it stops the message, or waits until the claim is written."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from guanxi import directory
from guanxi.bus.applier import FactApplier
from guanxi.db import Tx
from guanxi.testing.builders import a_customer
from guanxi.testing.harness import Harness
from notifications.messages import unsubscribing, usecases
from notifications.messages.sender import links_of, send_due

from ..conftest import OpenHarness, until_waiting
from ..mailserver import Mailbox, mailbox
from ..people import a_profile, a_ticket, new_id

pytestmark = pytest.mark.asyncio
REPLY = {"channel": "email", "address": "desk@example.com"}
GRANTED = {"purpose": "service", "channel": "email", "state": "granted", "evidence": "form 7"}
WITHDRAWN = {"permissions": [{"purpose": "service", "channel": "email", "state": "withdrawn"}]}


@pytest_asyncio.fixture(loop_scope="session")
async def post() -> Any:
    async with mailbox() as box:
        yield box


@pytest_asyncio.fixture(loop_scope="session")
async def service(open_service: OpenHarness, post: Mailbox) -> Harness:
    return await open_service(smtp_url=post.url)


async def step(service: Harness) -> int:
    runtime = service.app.state.runtime
    return await send_due(runtime.settings, runtime.database.consumers)


async def a_complaint(service: Harness, *, anonymous: bool = False) -> Any:
    """A receipt is queued by the address given for it; nobody has said anything else yet."""
    customer = None if anonymous else new_id()
    if customer:
        await service.know(a_customer(customer))
    await service.apply(a_ticket(customer=customer, reply_to=REPLY))
    return customer


async def the_message(service: Harness) -> Any:
    (found,) = (await service.caller().get("/v1/messages")).json()["items"]
    return found


@pytest.mark.parametrize("anonymous", [False, True])
async def test_the_claim_waits_for_the_first_withdrawal_that_is_being_written(
    service: Harness,
    post: Mailbox,
    anonymous: bool,  # noqa: FBT001
) -> None:
    await a_complaint(service, anonymous=anonymous)
    async with service.database.api.begin() as tx:
        message = await usecases.find(tx, await tx.fetchval("SELECT id FROM message"))
        await unsubscribing.unsubscribe(tx, message)
        sending = asyncio.create_task(step(service))
        await until_waiting(service)
    await sending
    assert post.letters == []
    assert (await the_message(service))["reason"] == "no_permission"


async def test_the_first_withdrawal_waits_for_the_claim_that_is_being_written(service: Harness, post: Mailbox) -> None:
    customer = await a_complaint(service)
    settings = service.app.state.runtime.settings
    async with service.database.consumers.begin() as tx:
        _, (claimed,) = await usecases.claim(tx, settings, links_of(settings), 8, None)
        withdrawing = asyncio.create_task(service.caller().put(f"/v1/customers/{customer}/permissions", json=WITHDRAWN))
        await until_waiting(service)
    assert (await withdrawing).status_code == 200
    assert claimed.letter.to == "desk@example.com"
    await service.apply(a_ticket(customer=customer))
    await step(service)
    assert post.letters == []


async def test_many_who_stop_the_same_messages_at_once_stop_them(service: Harness, post: Mailbox) -> None:
    await a_complaint(service)
    found = await the_message(service)
    link = links_of(service.app.state.runtime.settings).unsubscribe(UUID(found["id"]))
    answers = await asyncio.gather(*(service.anonymous().post(link) for _ in range(12)))
    assert {one.status_code for one in answers} == {200}
    async with service.database.api.read() as reader:
        assert await reader.fetchval("SELECT count(*) FROM permission_event WHERE state = 'withdrawn'") == 2
    await step(service)
    assert post.letters == []


async def an_address_of_another_record(service: Harness) -> UUID:
    """A receipt is queued for a customer whose only address is that of an absorbed record; gives that record."""
    survivor, absorbed = new_id(), new_id()
    await service.know(
        a_customer(survivor, emails=[]),
        a_customer(absorbed, canonical_id=survivor, status="merged", emails=["zhang@example.com"]),
    )
    await service.apply(a_profile(survivor, GRANTED), a_ticket(customer=survivor))
    return absorbed


async def erase(tx: Tx, customer: UUID) -> None:
    """As an erasure goes: the directory first, then what we have."""
    erased = a_customer(customer, sequence=2, status="erased", name=None)
    await FactApplier(directory.CONSUMER).apply_events(tx, [erased])
    await usecases.erase(tx, [customer])


async def test_an_erasure_waits_for_the_claim_that_takes_its_address_and_blanks_it(service: Harness) -> None:
    absorbed = await an_address_of_another_record(service)
    settings = service.app.state.runtime.settings

    async def erasing() -> None:
        async with service.database.api.begin() as tx:
            await erase(tx, absorbed)

    async with service.database.consumers.begin() as tx:
        _, (claimed,) = await usecases.claim(tx, settings, links_of(settings), 8, None)
        task = asyncio.create_task(erasing())
        await until_waiting(service)
    await task
    assert claimed.letter.to == "zhang@example.com"
    async with service.database.api.read() as reader:
        assert await reader.fetchval("SELECT address FROM message") is None


async def test_the_claim_does_not_wait_for_an_erasure_and_takes_no_address_from_it(
    service: Harness, post: Mailbox
) -> None:
    absorbed = await an_address_of_another_record(service)
    async with service.database.api.begin() as tx:
        await erase(tx, absorbed)
        assert await asyncio.wait_for(step(service), 5) == 0
    await step(service)
    assert post.letters == []
    assert (await the_message(service))["status"] in ("queued", "suppressed")
