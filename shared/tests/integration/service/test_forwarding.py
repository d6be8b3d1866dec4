"""Whose word a service takes for whom a request comes from: that of the proxies in its settings, and nobody else's."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import httpx
import pytest
import uvicorn

from guanxi.service import ServiceSettings
from guanxi.service._main import _config

pytestmark = pytest.mark.asyncio
PROXY, STRANGER, COMPLAINANT = "127.0.0.2", "127.0.0.3", "203.0.113.9"


async def whose(scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": scope["client"][0].encode()})


async def asked(url: str, peer: str) -> str:
    """For whom the service takes a request that comes from `peer` and says that it is a complainant's."""
    async with httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(local_address=peer)) as client:
        return (await client.get(url, headers={"X-Forwarded-For": COMPLAINANT})).text


@pytest.mark.parametrize(
    ("trusted", "believed"),
    [
        ({}, {"127.0.0.1"}),
        ({"forwarded_allow_ips": PROXY}, {PROXY}),
        ({"forwarded_allow_ips": "10.0.0.0/8, 127.0.0.2/31"}, {PROXY, STRANGER}),
    ],
)
async def test_only_a_proxy_that_is_named_says_for_whom_it_asks(trusted: dict[str, str], believed: set[str]) -> None:
    settings = ServiceSettings.model_validate(
        {
            "profile": "development",
            "database_url": "postgresql://127.0.0.1:9/x",
            "kafka": "127.0.0.1:9",
            "jwks": "/keys.json",
            **trusted,
        }
    )
    server = uvicorn.Server(_config(whose, settings))
    with socket.create_server(("127.0.0.1", 0)) as door:
        running = asyncio.create_task(server.serve(sockets=[door]))
        while not server.started:  # noqa: ASYNC110 - nobody tells us
            await asyncio.sleep(0.01)
        url = f"http://127.0.0.1:{door.getsockname()[1]}/"
        for peer in ("127.0.0.1", PROXY, STRANGER):
            assert await asked(url, peer) == (COMPLAINANT if peer in believed else peer)
        server.should_exit = True
        await running
