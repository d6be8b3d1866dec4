"""No request is larger or longer than its route allows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Request
from starlette.responses import StreamingResponse

from guanxi.auth import Access, guarded
from guanxi.http import body_limit, check_json, deadline, streaming

pytestmark = pytest.mark.asyncio
PUBLIC = guarded(Access())


@pytest.fixture
def sizes() -> APIRouter:
    router = APIRouter()

    @router.post("/small")
    @PUBLIC
    async def small(request: Request) -> int:
        return len(await request.body())

    @router.post("/batch")
    @PUBLIC
    @body_limit(200_000, check_json=False)
    async def batch(request: Request) -> int:
        return len(await request.body())

    @router.post("/ignores")
    @PUBLIC
    async def ignores() -> str:
        return "done"

    @router.get("/slow")
    @PUBLIC
    @deadline(0.05)
    async def slow() -> None:
        await asyncio.sleep(5)

    @router.post("/waits")
    @PUBLIC
    @deadline(0.05)
    async def waits(request: Request) -> int:
        return len(await request.body())

    @router.get("/stream")
    @PUBLIC
    @deadline(0.02)
    @streaming
    async def stream() -> StreamingResponse:
        async def parts() -> AsyncIterator[bytes]:
            for _ in range(3):
                await asyncio.sleep(0.03)
                yield b"part "

        return StreamingResponse(parts())

    return router


@pytest.fixture
def sized(make_app: Callable[..., FastAPI], connect: Callable[..., httpx.AsyncClient], sizes: APIRouter) -> Any:
    return connect(make_app(sizes))


async def chunks(size: int, count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b"x" * size


async def test_64_kib_pass_and_one_byte_more_does_not(sized: httpx.AsyncClient) -> None:
    plain = {"Content-Type": "text/plain"}
    assert (await sized.post("/v1/small", content=b"x" * 65_536, headers=plain)).json() == 65_536
    refused = await sized.post("/v1/small", content=b"x" * 65_537, headers=plain)
    assert (refused.status_code, refused.json()["code"]) == (413, "too-large")


async def test_a_stream_without_a_length_is_counted(sized: httpx.AsyncClient) -> None:
    headers = {"Content-Type": "text/plain"}
    assert (await sized.post("/v1/small", content=chunks(1000, 66), headers=headers)).status_code == 413
    assert (await sized.post("/v1/small", content=chunks(1000, 65), headers=headers)).json() == 65_000


async def test_a_length_that_lies_low_is_counted(sized: httpx.AsyncClient) -> None:
    headers = {"Content-Type": "text/plain", "Content-Length": "5"}
    assert (await sized.post("/v1/small", content=chunks(70_000, 1), headers=headers)).status_code == 413


async def test_a_route_may_take_more(sized: httpx.AsyncClient) -> None:
    headers = {"Content-Type": "application/json"}
    assert (await sized.post("/v1/batch", content=b"1" * 150_000, headers=headers)).json() == 150_000
    assert (await sized.post("/v1/batch", content=b"1" * 200_001, headers=headers)).status_code == 413


async def test_a_batch_route_checks_its_json_itself(sized: httpx.AsyncClient) -> None:
    headers = {"Content-Type": "application/json"}
    assert (await sized.post("/v1/batch", content=b"[NaN]", headers=headers)).json() == 5
    assert (await sized.post("/v1/small", content=b"[NaN]", headers=headers)).status_code == 422


async def test_a_body_nobody_reads_disturbs_nobody(sized: httpx.AsyncClient) -> None:
    assert (await sized.post("/v1/ignores", content=b"x" * 100_000)).status_code == 200


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate, gzip", "zstd"])
async def test_compressed_bodies_are_refused(sized: httpx.AsyncClient, encoding: str) -> None:
    response = await sized.post("/v1/small", content=b"{}", headers={"Content-Encoding": encoding})
    assert (response.status_code, response.json()["code"]) == (415, "encoding-not-taken")


async def test_a_slow_route_answers_503_in_time(sized: httpx.AsyncClient) -> None:
    loop = asyncio.get_running_loop()
    started = loop.time()
    response = await sized.get("/v1/slow")
    assert (response.status_code, response.json()["code"]) == (503, "deadline")
    assert response.headers["retry-after"] == "1"
    assert loop.time() - started < 1


async def test_a_slow_caller_gets_408(sized: httpx.AsyncClient) -> None:
    async def dripping() -> AsyncIterator[bytes]:
        yield b"x"
        await asyncio.sleep(5)
        yield b"x"

    response = await sized.post("/v1/waits", content=dripping())
    assert (response.status_code, response.json()["code"]) == (408, "too-slow")


async def test_a_stream_outlives_the_deadline(make_app: Callable[..., FastAPI], connect: Any) -> None:
    router = APIRouter()

    @router.get("/stream")
    @PUBLIC
    @streaming
    @deadline(0.02)
    async def stream() -> StreamingResponse:
        async def parts() -> AsyncIterator[bytes]:
            for _ in range(3):
                await asyncio.sleep(0.03)
                yield b"part "

        return StreamingResponse(parts())

    response = await connect(make_app(router)).get("/v1/stream")
    assert response.text == "part part part "


async def test_a_deadline_in_the_middle_of_an_answer_breaks_it_off(make_app: Callable[..., FastAPI]) -> None:
    router = APIRouter()

    @router.get("/stream")
    @PUBLIC
    @deadline(0.05)
    async def stream() -> StreamingResponse:
        async def parts() -> AsyncIterator[bytes]:
            yield b"part "
            await asyncio.sleep(5)

        return StreamingResponse(parts())

    transport = httpx.ASGITransport(make_app(router))
    async with httpx.AsyncClient(transport=transport, base_url="http://t") as client:
        with pytest.raises(TimeoutError):
            await client.get("/v1/stream")


async def test_nul_in_query_or_path_never_reaches_a_route(sized: httpx.AsyncClient) -> None:
    query = await sized.get("/v1/slow?name=a%00b")
    assert (query.status_code, query.json()["errors"][0]["field"]) == (422, "name")
    assert (await sized.get("/v1/slow%00")).status_code == 404


async def test_a_large_sound_document_is_quick_to_check() -> None:
    document = b'{"lines": [' + b",".join([b'{"sku": "a", "quantity": 1}'] * 2000) + b"]}"
    loop = asyncio.get_running_loop()
    started = loop.time()
    check_json(document)
    assert loop.time() - started < 1
