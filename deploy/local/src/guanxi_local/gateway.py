"""One origin for people and apps: a streaming reverse proxy by path, whose map comes from the services' contracts."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, MutableMapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from guanxi_local.gateway_process import CONTRACTS_VARIABLE, SERVICES_VARIABLE
from guanxi_local.ports import HOST
from guanxi_local.routes import build

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_REFRESH_S = 1.0
KEPT_S = 30
"""How long we keep an unused connection to a service, which keeps it longer."""
_IDLE_S = 75
"""How long we keep an unused connection of a caller: longer than callers do, as the services."""
_OURS = {b"x-forwarded-for", b"x-forwarded-proto", b"forwarded"}
"""Who calls is what we see, not what the caller says: rate limits behind us count by it."""
# RFC 9110 7.6.1: what belongs to one connection and not to the message.
_HOP = {b"connection", b"keep-alive", b"proxy-connection", b"te", b"trailer", b"transfer-encoding", b"upgrade"}
_TIMEOUT = httpx.Timeout(connect=2, read=60, write=60, pool=5)
_STREAM_TIMEOUT = httpx.Timeout(connect=2, read=None, write=60, pool=5)


class Gateway:
    """An ASGI application that hands each request to the service that owns its path, unchanged."""

    def __init__(self, services: Mapping[str, str], contracts: Path) -> None:
        self._services = services
        self._documents = {name: _committed(contracts / f"{name}.json") for name in services}
        self._routes = build(self._documents)
        self._refreshed = 0.0
        self._refreshing = asyncio.Lock()
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=100, keepalive_expiry=KEPT_S)
        self._client = httpx.AsyncClient(limits=limits, trust_env=False)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await _lifespan(receive, send, self._client.aclose)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Message, receive: Receive, send: Send) -> None:
        path = scope["raw_path"].decode("latin-1")
        if path in ("/", "/readyz"):
            names = {name: f"/{name}/openapi.json" for name in self._services}
            await _reply(send, 200, {"status": "ready", "services": names})
            return
        name, asked = await self._find(path)
        if name is None:
            await _problem(send, 404, "not-found", f"No service has {path}.", path)
            return
        if scope["query_string"]:
            asked += "?" + scope["query_string"].decode("latin-1")
        await self._proxy(name, asked, scope, receive, send)

    async def _find(self, path: str) -> tuple[str | None, str]:
        name = path.removesuffix("/openapi.json").removeprefix("/")
        if name in self._services and path.endswith("/openapi.json"):
            return name, "/openapi.json"
        owner = self._routes.owner(path)
        if owner is None:
            await self._refresh()
            owner = self._routes.owner(path)
        return owner, path

    async def _refresh(self) -> None:
        """Read the contracts from the running services: the committed ones may be missing or older.

        Whoever comes while they are being read waits for them, instead of being told that there is no such path.
        """
        async with self._refreshing:
            if time.monotonic() - self._refreshed <= _REFRESH_S:
                return
            found = await asyncio.gather(*(self._live(name) for name in self._services))
            self._documents.update({name: document for name, document in found if document})
            self._routes = build(self._documents)
            self._refreshed = time.monotonic()

    async def _live(self, name: str) -> tuple[str, dict[str, Any]]:
        try:
            timeout = {"timeout": _TIMEOUT.as_dict()}
            answer = await self._sent(httpx.Request("GET", f"{self._services[name]}/openapi.json", extensions=timeout))
            await answer.aread()
            return name, answer.raise_for_status().json()
        except (httpx.HTTPError, ValueError):
            return name, {}

    async def _proxy(self, name: str, asked: str, scope: Message, receive: Receive, send: Send) -> None:
        body, path = _Body(receive), scope["raw_path"].decode("latin-1")
        headers = [(key, value) for key, value in scope["headers"] if key not in _HOP | _OURS]
        if scope.get("client"):
            headers.append((b"x-forwarded-for", scope["client"][0].encode()))
        given = dict(scope["headers"])
        has_body = b"content-length" in given or b"transfer-encoding" in given
        streams = b"text/event-stream" in given.get(b"accept", b"")
        request = httpx.Request(
            scope["method"],
            self._services[name] + asked,
            headers=headers,
            content=body.chunks() if has_body else None,
            extensions={"timeout": (_STREAM_TIMEOUT if streams else _TIMEOUT).as_dict()},
        )
        try:
            response = await self._sent(request)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            await _problem(send, 503, "service-away", f"{name} does not answer; try again.", path, retry_after=1)
        except httpx.HTTPError:
            await _problem(send, 502, "service-failed", f"{name} broke off; try again.", path, retry_after=1)
        else:
            await _relay(response, body, send)

    async def _sent(self, request: httpx.Request) -> httpx.Response:
        try:
            return await self._client.send(request, stream=True)
        except AttributeError as error:
            # anyio asks a socket for its peer that the loop has taken away: the connection was closed as it was made,
            # by a service that died just then, and nothing was sent.
            if error.name != "getpeername":
                raise
            raise httpx.ConnectError("closed as it was made", request=request) from error


class _Body:
    """The request's body as it comes, and afterwards the news that the client has gone."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._done = False

    async def chunks(self) -> AsyncIterator[bytes]:
        while not self._done:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                # Half a body must not look like a whole one to the service.
                raise httpx.ReadError("the client went away")
            self._done = not message.get("more_body", False)
            yield message.get("body", b"")

    async def gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass


async def _relay(response: httpx.Response, body: _Body, send: Send) -> None:
    """Pass the answer on, chunk by chunk, until it ends or the client leaves."""
    headers = [(key.lower(), value) for key, value in response.headers.raw if key.lower() not in _HOP]
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    passing = asyncio.ensure_future(_pass_on(response, send))
    leaving = asyncio.ensure_future(body.gone())
    await asyncio.wait((passing, leaving), return_when=asyncio.FIRST_COMPLETED)
    for task in (passing, leaving):
        task.cancel()
    await asyncio.gather(leaving, return_exceptions=True)
    with suppress(asyncio.CancelledError):
        await passing


async def _pass_on(response: httpx.Response, send: Send) -> None:
    try:
        async for chunk in response.aiter_raw():
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
    except httpx.HTTPError:
        # Left without an end, so that the server breaks the connection: the client must see that it has half an answer.
        return
    finally:
        await response.aclose()
    await send({"type": "http.response.body", "body": b""})


async def _problem(  # noqa: PLR0913 - the members of a problem document
    send: Send, status: int, code: str, detail: str, path: str, retry_after: int | None = None
) -> None:
    title = httpx.codes.get_reason_phrase(status)
    document = {"type": "about:blank", "title": title, "status": status, "detail": detail, "instance": path}
    await _reply(send, status, {**document, "code": code, "errors": []}, b"application/problem+json", retry_after)


async def _reply(
    send: Send,
    status: int,
    body: Mapping[str, Any],
    content_type: bytes = b"application/json",
    retry_after: int | None = None,
) -> None:
    raw = json.dumps(body).encode()
    headers = [(b"content-type", content_type), (b"content-length", str(len(raw)).encode())]
    if retry_after is not None:
        headers.append((b"retry-after", str(retry_after).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": raw})


async def _lifespan(receive: Receive, send: Send, close: Callable[[], Awaitable[None]]) -> None:
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await close()
    await send({"type": "lifespan.shutdown.complete"})


def _committed(path: Path) -> dict[str, Any]:
    try:
        document: dict[str, Any] = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return document


def main() -> None:
    """Run the gateway on the port that is the first argument."""
    services = json.loads(os.environ[SERVICES_VARIABLE])
    app = Gateway(services, Path(os.environ[CONTRACTS_VARIABLE]))
    # No headers of its own: the answer is the service's, and some are signed.
    uvicorn.run(
        app,
        host=HOST,
        port=int(sys.argv[1]),
        log_level="warning",
        server_header=False,
        date_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=3,
        timeout_keep_alive=_IDLE_S,
    )


if __name__ == "__main__":
    main()
