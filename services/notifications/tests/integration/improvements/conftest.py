"""A service with a mail server, and customers who complained."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest_asyncio

from guanxi.testing.builders import a_customer
from guanxi.testing.harness import Harness
from notifications.messages.sender import send_due

from ..conftest import OpenHarness, caught_up
from ..mailserver import Mailbox, mailbox
from ..people import a_profile, new_id

SERVICE_OK = {"purpose": "service", "channel": "email", "state": "granted", "evidence": "form 7"}
SURVEY_OK = {**SERVICE_OK, "purpose": "survey"}


@pytest_asyncio.fixture(loop_scope="session")
async def post() -> Any:
    """A mail server."""
    async with mailbox() as box:
        yield box


@pytest_asyncio.fixture(loop_scope="session")
async def service(open_service: OpenHarness, post: Mailbox) -> Harness:
    """The service, writing to it."""
    return await open_service(smtp_url=post.url)


async def send_all(service: Harness) -> None:
    """Send what is due, once all news has surely been read, and see to what follows from it."""
    runtime = service.app.state.runtime
    for _ in range(2):
        up_to = await caught_up(service)
        while await send_due(runtime.settings, runtime.database.consumers, permissions_up_to=up_to):
            pass
        service.clock.move(5)
    await service.work_off_due()


async def a_complainant(service: Harness, *permissions: dict[str, Any], **values: Any) -> UUID:
    """A customer with an address, who said this of being written to."""
    customer = new_id()
    await service.know(a_customer(customer, **{"emails": [f"{customer.hex[-8:]}@example.com"], **values}))
    if permissions:
        await service.apply(a_profile(customer, *permissions))
    return customer


async def tellings(service: Harness, improvement: UUID, **query: Any) -> dict[str, Any]:
    """What the route says of an improvement."""
    answer = await service.caller().get(f"/v1/improvements/{improvement}/tellings", params=query)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body
