"""The inbox as a stream: nothing is missed, by whoever stays and whoever comes back."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import uvicorn

from guanxi.http import ServerEvent
from guanxi.testing.builders import a_customer, an_employee
from guanxi.testing.harness import Harness
from notifications.alerts import stream

from ..people import a_ticket, new_id

pytestmark = pytest.mark.asyncio


async def an_owner(service: Harness) -> tuple[Any, Any]:
    owner, customer = new_id(), new_id()
    await service.know(an_employee(owner, subject="liming"), a_customer(customer, owner_id=owner))
    return owner, customer


async def take(events: Any, seconds: float = 20) -> ServerEvent:
    found: ServerEvent = await asyncio.wait_for(anext(events), seconds)
    return found


def rule_of(event: ServerEvent) -> str:
    return str(json.loads(event.data)["rule"])


async def test_a_new_alert_wakes_the_stream_at_once(service: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "LOOK_SECONDS", 600)
    owner, customer = await an_owner(service)
    events = stream.changes(service.database.api, owner, "head-office", None)
    coming = asyncio.create_task(take(events))
    await asyncio.sleep(0.1)
    await service.apply(a_ticket(customer=customer))
    assert rule_of(await coming) == "complaint-filed"
    await events.aclose()


async def test_what_was_there_before_is_not_repeated_to_a_newcomer(service: Harness) -> None:
    owner, customer = await an_owner(service)
    await service.apply(a_ticket(customer=customer))
    events = stream.changes(service.database.api, owner, "head-office", None)
    with pytest.raises(TimeoutError):
        await take(events, 0.3)
    await events.aclose()


async def test_one_who_comes_back_gets_what_happened_meanwhile(service: Harness) -> None:
    owner, customer = await an_owner(service)
    events = stream.changes(service.database.api, owner, "head-office", None)
    coming = asyncio.create_task(take(events))
    await asyncio.sleep(0.1)
    await service.apply(a_ticket(customer=customer))
    first = await coming
    await events.aclose()
    service.clock.move(60)
    await service.apply(a_ticket(customer=customer))
    again = stream.changes(service.database.api, owner, "head-office", first.id)
    names = {(await take(again)).id, (await take(again)).id}
    assert first.id in names
    assert len(names) == 2
    await again.aclose()


async def test_a_change_of_an_alert_is_an_event_too(service: Harness) -> None:
    owner, customer = await an_owner(service)
    await service.apply(a_ticket(customer=customer))
    events = stream.changes(service.database.api, owner, "head-office", None)
    coming = asyncio.create_task(take(events))
    await asyncio.sleep(0.1)
    caller = service.caller(subject="liming", scope="notifications:read")
    (mine,) = (await caller.get("/v1/inbox")).json()["items"]
    await caller.post(f"/v1/alerts/{mine['id']}/acknowledgement", json={"state": "seen"})
    assert json.loads((await coming).data)["state"] == "seen"
    await events.aclose()


async def test_a_stream_holds_no_connection_while_it_waits(service: Harness) -> None:
    owner, _ = await an_owner(service)
    streams = [stream.changes(service.database.api, owner, "head-office", None) for _ in range(30)]
    waiting = [asyncio.create_task(take(one, 60)) for one in streams]
    await asyncio.sleep(0.5)
    size, idle = service.database.api.size()
    assert size == idle
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


async def test_a_stream_ends_in_time_for_a_fresh_token(service: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    owner, _ = await an_owner(service)
    monkeypatch.setattr(stream, "LONGEST_SECONDS", 0.1)
    monkeypatch.setattr(stream, "LOOK_SECONDS", 0.05)
    assert [one async for one in stream.changes(service.database.api, owner, "head-office", None)] == []


async def test_a_crowded_moment_is_shown_to_its_end(service: Harness) -> None:
    owner, customer = await an_owner(service)
    before = f"{int(service.clock.now().timestamp() * 1_000_000)}.before"
    many = stream.PAGE + 1
    await service.apply(*(a_ticket(customer=customer, holder_id=owner) for _ in range(many)))
    events = stream.changes(service.database.api, owner, "head-office", before)
    assert len({(await take(events)).id for _ in range(many)}) == many
    coming = asyncio.create_task(take(events))
    await service.apply(a_ticket(customer=customer, holder_id=owner))
    assert rule_of(await coming) == "complaint-filed"
    await events.aclose()


async def test_an_inbox_is_followed_over_http_and_taken_up_where_it_was_left(service: Harness) -> None:
    _, customer = await an_owner(service)
    async with serving(service.app) as url, a_reader(service, url) as reader:
        async with reader.stream("GET", "/v1/inbox/stream") as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            seen = await until_told(service, customer, answer)
        assert json.loads(seen["data"])["customer_id"] == str(customer)
        assert seen["event"] == "alert"
        missed = a_ticket(customer=customer)
        await service.apply(missed)
        resume = {"Last-Event-ID": seen["id"]}
        async with reader.stream("GET", "/v1/inbox/stream", headers=resume) as answer, asyncio.timeout(10):
            async for event in events_of(answer):
                if json.loads(event["data"])["cause_id"] == str(missed.data.complaint_id):
                    break


async def until_told(service: Harness, customer: Any, answer: httpx.Response) -> dict[str, str]:
    """File complaints until the stream tells of one: nobody says when the server has begun to look."""
    events = events_of(answer)
    coming = asyncio.create_task(anext(events))
    async with asyncio.timeout(30):
        while not coming.done():
            await service.apply(a_ticket(customer=customer))
            await asyncio.wait({coming}, timeout=0.5)
    return coming.result()


async def events_of(answer: httpx.Response) -> AsyncGenerator[dict[str, str]]:
    fields: dict[str, str] = {}
    async for line in answer.aiter_lines():
        name, colon, value = line.partition(": ")
        if name and colon:
            fields[name] = value
        elif "data" in fields:
            yield fields
            fields = {}


def a_reader(service: Harness, url: str) -> httpx.AsyncClient:
    token = service.issuer.token(subject="liming", unit="head-office", scopes=["notifications:read"])
    return httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=10)


@asynccontextmanager
async def serving(app: Any) -> AsyncGenerator[str]:
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", loop="asyncio"))
    running = asyncio.create_task(server.serve(sockets=[listening]))
    while not server.started:  # noqa: ASYNC110 - nobody tells us
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        await running
        listening.close()


async def test_nobody_streams_without_a_token(service: Harness) -> None:
    assert (await service.anonymous().get("/v1/inbox/stream")).status_code == 401


@pytest.mark.parametrize("name", ["", "nonsense", "99999999999999999999999.x", "-1", "１２.x"])
async def test_a_name_that_is_none_of_ours_is_a_fresh_start(service: Harness, name: str) -> None:
    owner, _ = await an_owner(service)
    events = stream.changes(service.database.api, owner, "head-office", name)
    with pytest.raises(TimeoutError):
        await take(events, 0.2)
