"""The whole stack under a real uvicorn: what in-process tests cannot see (FastAPI 0.137 broke just there)."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import pytest_asyncio
import uvicorn

pytestmark = pytest.mark.asyncio


@asynccontextmanager
async def serving(app: Any) -> AsyncIterator[str]:
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(app, log_config=None, access_log=False, lifespan="on", http="httptools", loop="asyncio")
    )
    running = asyncio.create_task(server.serve(sockets=[listening]))
    while not server.started:  # noqa: ASYNC110 - nobody tells us
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        await running
        listening.close()


@pytest_asyncio.fixture(loop_scope="session")
async def server(firm: Any) -> AsyncIterator[str]:
    async with serving(firm.app) as url:
        yield url


@pytest_asyncio.fixture(loop_scope="session")
async def client(firm: Any, server: str) -> AsyncIterator[httpx.AsyncClient]:
    token = firm.issuer.token(subject="li-ming", unit="head-office", scopes=["admin"])
    async with httpx.AsyncClient(base_url=server, headers={"Authorization": f"Bearer {token}"}) as made:
        yield made


async def test_a_thing_is_made_read_and_changed(client: httpx.AsyncClient) -> None:
    made = await client.post("/v1/things", json={"name": "tower"}, headers={"Idempotency-Key": "k"})
    assert made.status_code == 201
    url = made.headers["location"]
    assert (await client.get(url)).json()["name"] == "tower"
    changed = await client.patch(url, json={"name": "pagoda"}, headers={"If-Match": '"1"'})
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')


async def test_fifty_connections_with_one_key_have_one_effect(firm: Any, client: httpx.AsyncClient) -> None:
    posts = (client.post("/v1/things", json={"name": "t"}, headers={"Idempotency-Key": "k"}) for _ in range(50))
    answers = await asyncio.gather(*posts)
    assert await firm.count("thing") == 1
    assert {answer.status_code for answer in answers} <= {201, 409, 503}


async def test_errors_are_problems_with_every_header(client: httpx.AsyncClient) -> None:
    for response in (
        await client.get("/nowhere"),
        await client.post("/v1/things", json={}, headers={"Idempotency-Key": "k"}),
        await client.post("/v1/things", content=b"x" * 70_000),
        await client.get("/v1/things/x%00y"),
    ):
        assert response.headers["content-type"] == "application/problem+json"
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["cache-control"] == "no-store"
        assert response.json()["trace_id"]


async def test_probes_metrics_and_contract_answer(client: httpx.AsyncClient) -> None:
    await client.get("/v1/things/00000000-0000-7000-8000-000000000000")
    assert (await client.get("/livez")).text == "alive"
    assert (await client.get("/readyz")).json() == {"ready": True, "parts": {"database": "ok"}}
    metrics = (await client.get("/metrics")).text
    assert 'route="/v1/things/{thing_id}",service="things",status="404"' in metrics
    assert "00000000-0000-7000" not in metrics
    assert (await client.get("/openapi.json")).json()["openapi"].startswith("3.1")


async def test_a_caller_that_goes_away_leaves_the_whole_or_nothing(firm: Any, server: str) -> None:
    token = firm.issuer.token(subject="li-ming", unit="head-office", scopes=["admin"])
    body = b'{"name": "gone"}'
    head = (
        f"POST /v1/things HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer {token}\r\nIdempotency-Key: gone\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode()
    host, port = server.removeprefix("http://").split(":")
    for cut in (10, len(head), len(head) + 5, len(head) + len(body)):
        _, writer = await asyncio.open_connection(host, int(port))
        writer.write((head + body)[:cut])
        await writer.drain()
        writer.close()
    await asyncio.sleep(0.3)
    assert await firm.count("thing") == await firm.count("idempotency_key") == await firm.count("audit")
    assert await firm.count("thing") <= 1


async def test_a_length_that_lies_is_refused_before_the_body(server: str, firm: Any) -> None:
    token = firm.issuer.token(subject="li-ming", unit="head-office", scopes=["admin"])
    head = (
        f"POST /v1/things HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer {token}\r\n"
        "Content-Type: application/json\r\nContent-Length: 99999999\r\n\r\n"
    ).encode()
    host, port = server.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(head)
    first = await asyncio.wait_for(reader.readline(), 20)
    writer.close()
    assert b"413" in first
