"""After an outage: nobody goes without a receipt because news of the customer or of the permission came late."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from guanxi.bus import offsets
from guanxi.bus.offsets import Position
from guanxi.bus.ports import Place
from guanxi.testing.builders import a_customer
from guanxi.testing.harness import Harness
from notifications.messages.sender import send_due
from notifications.permissions.progress import Progress
from notifications.topology import PERMISSIONS

from ..conftest import OpenHarness, caught_up
from ..mailserver import Mailbox, mailbox
from ..people import a_profile, a_ticket, new_id
from .test_complainants import GRANTED, REPLY

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture(loop_scope="session")
async def post() -> Any:
    async with mailbox() as box:
        yield box


@pytest_asyncio.fixture(loop_scope="session")
async def service(open_service: OpenHarness, post: Mailbox) -> Harness:
    return await open_service(smtp_url=post.url)


async def step(service: Harness, up_to: Any = None) -> int:
    runtime = service.app.state.runtime
    return await send_due(runtime.settings, runtime.database.consumers, permissions_up_to=up_to)


async def the_message(service: Harness) -> tuple[str, str | None]:
    (found,) = (await service.caller().get("/v1/messages")).json()["items"]
    return found["status"], found["reason"]


async def test_a_customer_who_is_not_known_yet_is_waited_for(service: Harness, post: Mailbox) -> None:
    customer = new_id()
    await service.apply(a_profile(customer, GRANTED), a_ticket(customer=customer))
    for _ in range(6):
        await step(service, service.clock.now())
        service.clock.move(1800)
    assert await the_message(service) == ("queued", None)
    await service.know(a_customer(customer, emails=["zhang@example.com"]))
    await step(service)
    assert post.recipients == ["zhang@example.com"]


async def test_a_permission_that_was_not_read_yet_is_waited_for(service: Harness, post: Mailbox) -> None:
    customer = new_id()
    await service.know(a_customer(customer, emails=["zhang@example.com"]))
    before = await caught_up(service)
    await service.apply(a_ticket(customer=customer))
    for _ in range(6):
        await caught_up(service)
        await step(service, before)
        service.clock.move(1800)
    assert await the_message(service) == ("queued", None)
    await service.apply(a_profile(customer, GRANTED))
    await step(service, before)
    assert post.recipients == ["zhang@example.com"]


async def test_once_all_has_been_read_there_is_none(service: Harness, post: Mailbox) -> None:
    customer = new_id()
    await service.know(a_customer(customer, emails=["zhang@example.com"]))
    await service.apply(a_ticket(customer=customer))
    service.clock.move(5)
    await step(service, await caught_up(service))
    assert await the_message(service) == ("suppressed", "no_permission")
    assert post.letters == []


async def test_who_has_permission_and_address_waits_for_nobodys_news(service: Harness, post: Mailbox) -> None:
    await service.apply(a_ticket(reply_to=REPLY))
    await step(service)
    assert post.recipients == ["zhang@example.com"]


async def test_what_is_not_known_for_two_days_is_dropped(service: Harness, post: Mailbox) -> None:
    await service.apply(a_ticket(customer=new_id()))
    service.clock.move(49 * 3600)
    await step(service)
    assert await the_message(service) == ("suppressed", "historic")


class Broker:
    """Says where the partitions end."""

    def __init__(self, *ends: int) -> None:
        self.ends = {Place("guanxi.reports", n): end for n, end in enumerate(ends)}

    async def of(self, _topics: Any, _pattern: str | None = None) -> dict[Place, int]:
        return dict(self.ends)

    async def stop(self) -> None:
        """Nothing to do."""


async def read_up_to(service: Harness, *positions: int) -> None:
    async with service.database.consumers.begin() as tx:
        places = {Place("guanxi.reports", n): Position(offset) for n, offset in enumerate(positions) if offset}
        await offsets.store(tx, PERMISSIONS.group, places)


async def test_permissions_are_read_up_to_the_mark_that_lay_before_the_end_they_have_come_to(service: Harness) -> None:
    broker, pool = Broker(7, 0, 3), service.database.consumers
    progress = Progress(broker, PERMISSIONS.group, ["guanxi.reports"])

    async def look() -> datetime | None:
        await progress.look(pool)
        return progress.up_to

    assert await look() is None
    first = await caught_up(service)
    assert await look() is None
    await read_up_to(service, 6, 0, 3)
    assert await look() is None
    broker.ends = dict.fromkeys(broker.ends, 100)
    service.clock.move(60)
    await caught_up(service)
    await read_up_to(service, 7, 0, 3)
    for _ in range(2):
        found = await look()
        assert found is not None
        assert abs(found - first) < timedelta(seconds=1)
    await read_up_to(service, 100, 100, 100)
    later = await look()
    assert later is not None
    assert later - first > timedelta(seconds=59)


async def test_while_the_topic_is_not_there_nobody_can_tell(service: Harness) -> None:
    await caught_up(service)
    progress = Progress(Broker(), PERMISSIONS.group, ["guanxi.reports"])
    await progress.look(service.database.consumers)
    assert progress.up_to is None
