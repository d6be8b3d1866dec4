"""The gateway on real sockets, in front of a real server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
import uvicorn

from guanxi_local.gateway import Gateway
from guanxi_local.ports import choose

pytestmark = pytest.mark.asyncio

Message = MutableMapping[str, Any]
App = Callable[[Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]]
PATHS = ("/v1/echo/{id}", "/v1/stream", "/v1/upload", "/v1/broken", "/v1/early")
SIGNED = ((b"signature", b"t=1,v1=abc"), (b"x-two", b"a"), (b"x-two", b"b"))


@dataclass
class Upstream:
    """A service that tells what it was asked, streams, takes uploads and breaks off."""

    left: asyncio.Event = field(default_factory=asyncio.Event)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, scope: Message, receive: Any, send: Any) -> None:
        path = scope["path"]
        if path == "/openapi.json":
            await self.answer(send, {"paths": {path: {} for path in (*PATHS, "/metrics")}})
        elif path == "/v1/stream":
            await self.stream(receive, send)
        elif path == "/v1/upload":
            await self.answer(send, {"size": await self.size(receive)})
        elif path == "/v1/broken":
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"100")]})
            await send({"type": "http.response.body", "body": b"half", "more_body": True})
        elif path == "/v1/early":
            await self.answer(send, {}, 413)
        else:
            headers = [[key.decode(), value.decode()] for key, value in scope["headers"]]
            raw = scope["raw_path"].decode()
            await self.answer(send, {"raw": raw, "query": scope["query_string"].decode(), "headers": headers}, 418)

    async def answer(self, send: Any, body: Any, status: int = 200) -> None:
        headers = [(b"content-type", b"application/json"), *SIGNED]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(body).encode()})

    async def stream(self, receive: Any, send: Any) -> None:
        await receive()
        headers = [(b"content-type", b"text/event-stream")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"data: first\n\n", "more_body": True})
        leaving = asyncio.ensure_future(receive())
        waiting = asyncio.ensure_future(self.go_on.wait())
        done, _ = await asyncio.wait((leaving, waiting), return_when=asyncio.FIRST_COMPLETED)
        if leaving in done:
            self.left.set()
            waiting.cancel()
        else:
            leaving.cancel()
            await send({"type": "http.response.body", "body": b"data: second\n\n"})

    async def size(self, receive: Any) -> int:
        total, more = 0, True
        while more:
            message = await receive()
            total, more = total + len(message.get("body", b"")), message.get("more_body", False)
        return total


@asynccontextmanager
async def serving(app: Any) -> AsyncIterator[str]:
    port = choose(["x"], {})["x"]
    config = uvicorn.Config(
        app,
        port=port,
        log_level="error",
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=1,
        proxy_headers=False,
    )
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    task = asyncio.ensure_future(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn offers nothing to wait for
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await task


@dataclass(frozen=True)
class Doors:
    client: httpx.AsyncClient
    upstream: Upstream
    port: int


@pytest_asyncio.fixture(loop_scope="session")
async def doors(tmp_path: Path) -> AsyncIterator[Doors]:
    """A client of a gateway whose committed contract is old: it lacks all but one path."""
    (tmp_path / "complaints.json").write_text(json.dumps({"paths": {"/v1/echo/{id}": {}}}))
    upstream = Upstream()
    async with serving(upstream) as inner:
        services = {"complaints": inner, "scoring": "http://127.0.0.1:9"}
        async with serving(Gateway(services, tmp_path)) as outer, httpx.AsyncClient(base_url=outer) as client:
            yield Doors(client, upstream, int(outer.rsplit(":", 1)[1]))


async def test_a_request_arrives_as_it_was_sent(doors: Doors) -> None:
    sent = {"x-signature": "t=1,v1=abc", "authorization": "Bearer x", "accept": "*/*", "user-agent": "test"}
    answer = await doors.client.get("/v1/echo/a%2Fb%20c?q=%E5%85%B3&q=2", headers=sent)
    seen = answer.json()
    assert seen["raw"] == "/v1/echo/a%2Fb%20c"
    assert seen["query"] == "q=%E5%85%B3&q=2"
    assert dict(seen["headers"]) | sent == dict(seen["headers"])
    added = {key for key, _ in seen["headers"]} - set(sent)
    assert added <= {"host", "accept-encoding", "x-forwarded-for"}
    assert dict(seen["headers"])["host"] == f"127.0.0.1:{doors.port}"


async def test_who_calls_is_what_the_gateway_sees_and_not_what_the_caller_says(doors: Doors) -> None:
    answer = await doors.client.get("/v1/echo/x", headers={"x-forwarded-for": "203.0.113.9", "forwarded": "for=x"})
    seen = [pair for pair in answer.json()["headers"] if pair[0] in ("x-forwarded-for", "forwarded")]
    assert seen == [["x-forwarded-for", "127.0.0.1"]]


async def test_an_answer_arrives_as_it_was_given(doors: Doors) -> None:
    answer = await doors.client.get("/v1/echo/1")
    assert answer.status_code == 418
    assert answer.headers.get_list("x-two") == ["a", "b"]
    assert answer.headers["signature"] == "t=1,v1=abc"
    assert set(answer.headers) == {"content-type", "signature", "x-two", "transfer-encoding"}


async def test_a_service_that_dies_as_it_is_connected_to_is_away(tmp_path: Path) -> None:
    def closed_at_once(_: httpx.Request) -> httpx.Response:
        # What anyio raises then; when it does is up to the kernel.
        raise AttributeError("'NoneType' object has no attribute 'getpeername'", name="getpeername", obj=None)

    (tmp_path / "complaints.json").write_text(json.dumps({"paths": {"/v1/echo/{id}": {}}}))
    gateway = Gateway({"complaints": "http://127.0.0.1:9"}, tmp_path)
    gateway._client = httpx.AsyncClient(transport=httpx.MockTransport(closed_at_once))
    async with serving(gateway) as outer, httpx.AsyncClient(base_url=outer) as client:
        answers = [await client.post("/v1/echo/1", json={}), await client.get("/v1/new")]
    assert [(one.status_code, one.json()["code"]) for one in answers] == [(503, "service-away"), (404, "not-found")]
    assert answers[0].headers["retry-after"] == "1"


async def test_a_contract_that_is_not_committed_yet_is_read_from_the_service(doors: Doors) -> None:
    answer = await doors.client.post("/v1/upload", content=b"x" * 3_000_000)
    assert answer.json() == {"size": 3_000_000}


async def test_an_upload_without_a_length_is_streamed(doors: Doors) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(10):
            yield b"y" * 1000

    answer = await doors.client.post("/v1/upload", content=chunks())
    assert answer.json() == {"size": 10_000}


async def test_an_early_refusal_of_a_large_body_reaches_the_client(doors: Doors) -> None:
    answer = await doors.client.post("/v1/early", content=b"x" * 1_000_000)
    assert answer.status_code == 413


async def test_events_are_not_buffered(doors: Doors) -> None:
    async with doors.client.stream("GET", "/v1/stream", headers={"accept": "text/event-stream"}) as answer:
        events = answer.aiter_text()
        assert await asyncio.wait_for(anext(events), 2) == "data: first\n\n"
        doors.upstream.go_on.set()
        assert await asyncio.wait_for(anext(events), 2) == "data: second\n\n"


async def test_a_client_that_leaves_a_stream_leaves_the_service_too(doors: Doors) -> None:
    async with doors.client.stream("GET", "/v1/stream", headers={"accept": "text/event-stream"}) as answer:
        await anext(answer.aiter_text())
    assert await asyncio.wait_for(doors.upstream.left.wait(), 10)


async def test_an_answer_that_breaks_off_is_not_passed_for_a_whole_one(doors: Doors) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        await doors.client.get("/v1/broken")


async def test_a_service_that_is_away_gives_a_problem_and_a_time_to_come_back(doors: Doors) -> None:
    answer = await doors.client.get("/scoring/openapi.json")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["status"], problem["code"], problem["instance"]) == (503, "service-away", "/scoring/openapi.json")


@pytest.mark.parametrize(
    "path", ["/metrics", "/livez", "/v1/nothing", "/complaints", "/complaints/metrics", "/v1/echo/%2e%2e"]
)
async def test_what_nobody_offers_in_public_is_not_found(doors: Doors, path: str) -> None:
    # A client library would resolve the dots before it asks.
    reader, writer = await asyncio.open_connection("127.0.0.1", doors.port)
    writer.write(f"GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".encode())
    answer = (await reader.read()).decode()
    writer.close()
    await writer.wait_closed()
    assert answer.startswith("HTTP/1.1 404")
    assert '"code": "not-found"' in answer


async def test_each_service_shows_its_contract(doors: Doors) -> None:
    assert "/v1/upload" in (await doors.client.get("/complaints/openapi.json")).json()["paths"]
