"""After an erasure nothing of a person is left in any tagged place, and nothing more is sent."""

from __future__ import annotations

from typing import Any

import pytest

from guanxi.db import personal_columns
from guanxi.testing.builders import a_customer
from guanxi.testing.harness import Harness
from notifications.app import SERVICE
from notifications.messages.sender import send_due

from .conftest import OpenHarness
from .mailserver import mailbox
from .people import a_profile, a_ticket, new_id

pytestmark = pytest.mark.asyncio
PLANTED = "planted-7f3a"
TABLES = ("permission", "permission_event", "permission_report", "message", "attempt", "alert", "feed_delivery")


async def traces(service: Harness) -> dict[str, int]:
    async with service.database.api.read() as reader:
        return {
            table: count
            for table in TABLES
            if (count := await reader.fetchval(f"SELECT count(*) FROM {table} t WHERE t::text LIKE '%{PLANTED}%'"))
        }


async def a_planted_person(service: Harness) -> Any:
    customer = new_id()
    await service.know(a_customer(customer, emails=[f"{PLANTED}@example.com"], name=PLANTED))
    said = {"purpose": "service", "channel": "email", "state": "granted", "evidence": f"{PLANTED} signed"}
    await service.apply(a_profile(customer, said))
    reply = {"channel": "email", "address": f"{PLANTED}@example.org"}
    await service.apply(a_ticket(customer=customer, reply_to=reply))
    return customer


async def test_every_tagged_column_is_planted_and_blanked(open_service: OpenHarness) -> None:
    async with mailbox() as post:
        service = await open_service(smtp_url=post.url, webhook_allow_loopback=True)
        await service.caller().post(
            "/v1/webhooks", json={"url": "http://127.0.0.1:1/", "types": ["guanxi.complaints.ComplaintFiled.v1"]}
        )
        customer = await a_planted_person(service)
        post.to_recipient.append(f"450 4.2.1 <{PLANTED}@example.org> is busy")
        runtime = service.app.state.runtime
        await send_due(runtime.settings, runtime.database.consumers)
        caller = service.caller()
        (alert,) = (await caller.get("/v1/inbox")).json()["items"]
        note = {"state": "seen", "note": f"called {PLANTED}"}
        assert (await caller.post(f"/v1/alerts/{alert['id']}/acknowledgement", json=note)).status_code == 201
        async with service.database.api.read() as reader:
            for table, column, _ in personal_columns(SERVICE.metadata):
                sql = f"SELECT count(*) FROM {table} WHERE {column} LIKE '%{PLANTED}%'"
                assert await reader.fetchval(sql), f"nothing was planted in {table}.{column}"
        assert await service.erase(customer) > 0
        assert await traces(service) == {}
        service.clock.move(60)
        assert await send_due(runtime.settings, runtime.database.consumers) == 0
        assert post.letters == []
        assert await service.erase(customer) == 0


async def test_erasing_one_leaves_others_alone(service: Harness) -> None:
    one, other = await a_planted_person(service), await a_planted_person(service)
    before = await traces(service)
    await service.erase(one)
    after = await traces(service)
    assert {table: count * 2 for table, count in after.items()} == before
    await service.erase(other)
    assert await traces(service) == {}
