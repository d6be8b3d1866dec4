"""D: callers that want more than their share. They get a short answer or a closed door, and others are served."""

from __future__ import annotations

import asyncio
import gzip
import json
import time
import zlib
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest

from attacks.doors import ROUTES, Route
from attacks.verdict import honest, once, refused
from guanxi_local.testplatform import TestPlatform
from support.wire import head, status, wire

pytestmark = pytest.mark.asyncio(loop_scope="session")

SERVICES = ("customer-profile", "interactions", "complaints", "scoring", "notifications")
LISTS = {
    "customer-profile": "/v1/customers",
    "interactions": "/v1/interactions",
    "complaints": "/v1/complaints",
    "scoring": "/v1/key-customers",
    "notifications": "/v1/messages",
}
WRITES = {
    "customer-profile": "/v1/customers",
    "interactions": "/v1/interactions",
    "complaints": "/v1/complaints",
    "notifications": "/v1/templates",
}


@pytest.mark.parametrize("service", SERVICES)
async def test_a_head_that_comes_byte_by_byte_is_given_up(platform: TestPlatform, service: str) -> None:
    async with wire(platform.service(service)) as slow:
        sending = asyncio.create_task(_drip(slow.send, b"GET /livez HTTP/1.1\r\nHost: x\r\n" + b"X-A: b\r\n" * 1000))
        began = time.monotonic()
        answer = await slow.answer(30)
        took = time.monotonic() - began
        sending.cancel()
    assert status(answer) == 408, answer
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == "too-slow"
    assert took > 5, "it was not slowness that ended it"


@pytest.mark.parametrize("service", SERVICES)
async def test_a_connection_that_says_nothing_is_closed(platform: TestPlatform, service: str) -> None:
    async with wire(platform.service(service)) as silent:
        assert await silent.closed(30)


@pytest.mark.parametrize("service", SERVICES)
async def test_line_ends_for_ever_are_no_head(platform: TestPlatform, service: str) -> None:
    async with wire(platform.service(service)) as slow:
        sending = asyncio.create_task(_drip(slow.send, b"\r\n" * 1000))
        assert await slow.closed(30)
        sending.cancel()


@pytest.mark.parametrize("service", SERVICES)
async def test_a_head_without_end_is_cut_off(platform: TestPlatform, service: str) -> None:
    async with wire(platform.service(service)) as fat:
        sending = asyncio.create_task(fat.send(b"GET /livez HTTP/1.1\r\nHost: x\r\nX-A: ", *[b"a" * 65_536] * 400))
        answer = await fat.answer(30)
        assert await fat.closed(30)
        sending.cancel()
    assert status(answer) in (0, 431), answer


@pytest.mark.parametrize("service", WRITES)
async def test_a_body_that_comes_byte_by_byte_gets_408(platform: TestPlatform, service: str) -> None:
    begun = head(f"POST {WRITES[service]}", platform.token(), "Content-Type: application/json", "Content-Length: 900")
    async with wire(platform.service(service)) as slow:
        await slow.send(begun)
        sending = asyncio.create_task(_drip(slow.send, b" " * 900))
        answer = await slow.answer(30)
        sending.cancel()
    assert status(answer) == 408, answer


@pytest.mark.parametrize("service", WRITES)
async def test_chunks_without_end_get_413_and_a_closed_door(platform: TestPlatform, service: str) -> None:
    begun = head(
        f"POST {WRITES[service]}", platform.token(), "Content-Type: application/json", "Transfer-Encoding: chunked"
    )
    chunk = b"4000\r\n" + b" " * 0x4000 + b"\r\n"
    async with wire(platform.service(service)) as endless:
        await endless.send(begun)
        sending = asyncio.create_task(_for_ever(endless.send, chunk))
        answer = await endless.answer(30)
        assert status(answer) == 413, answer
        assert await endless.closed(30)
        sending.cancel()


_GOOD = b'{"kind": "person", "name": "liar"}'
_CHUNKED = b"%x\r\n%s\r\n0\r\n\r\n" % (len(_GOOD), _GOOD)
LENGTHS: dict[str, tuple[str, bytes, int]] = {
    "far too long": ("Content-Length: 99999999999999999999", _GOOD, 400),
    "a GiB": ("Content-Length: 1073741824", _GOOD, 413),
    "negative": ("Content-Length: -1", _GOOD, 400),
    "in words": ("Content-Length: ten", _GOOD, 400),
    "hexadecimal": (f"Content-Length: {len(_GOOD):#x}", _GOOD, 400),
    "a sum": (f"Content-Length: {len(_GOOD) - 5}+5", _GOOD, 400),
    "two of them": (f"Content-Length: {len(_GOOD)}\r\nContent-Length: 3", _GOOD, 400),
    "two in one": (f"Content-Length: {len(_GOOD)}, 3", _GOOD, 400),
    "with chunks": ("Content-Length: 2\r\nTransfer-Encoding: chunked", _CHUNKED, 400),
    "chunks in another case": ("Transfer-Encoding: xchunked", _CHUNKED, 400),
    "chunks and more": ("Transfer-Encoding: chunked, identity", _CHUNKED, 400),
}
"""Only the length is wrong: what lies behind it would be taken."""


@pytest.mark.parametrize("name", LENGTHS)
async def test_a_length_that_lies_is_refused(platform: TestPlatform, name: str) -> None:
    length, body, wanted = LENGTHS[name]
    # A length that might be true: the gateway passes on what comes, and waits for the rest as long as its caller does.
    gateway = [] if name == "a GiB" else [platform.gateway]
    for url in (*gateway, platform.service("customer-profile")):
        lines = ("Content-Type: application/json", f"Idempotency-Key: {uuid4()}", length)
        async with wire(url) as liar:
            await liar.send(head("POST /v1/customers", platform.token(), *lines), body)
            answer = await liar.everything()
        assert status(answer) == wanted, (url, answer)
        assert answer.count(b"HTTP/1.1 ") == 1, (url, answer)


async def test_with_its_true_length_it_is_taken(platform: TestPlatform) -> None:
    for length, body in ((f"Content-Length: {len(_GOOD)}", _GOOD), ("Transfer-Encoding: chunked", _CHUNKED)):
        for url in (platform.gateway, platform.service("customer-profile")):
            lines = ("Content-Type: application/json", f"Idempotency-Key: {uuid4()}", length)
            async with wire(url) as honest_one:
                await honest_one.send(head("POST /v1/customers", platform.token(), *lines), body)
                answer = await honest_one.answer()
            assert status(answer) == 201, (url, answer)


HEADERS: dict[str, dict[str, str]] = {
    "ranges without number": {"Range": "bytes=" + ",".join(f"{n}-{n + 1}" for n in range(0, 4000, 2))},
    "a range the wrong way": {"Range": "bytes=9-1,-,0-"},
    "a traceparent of rubbish": {"Traceparent": "00-" + "z" * 5000},
    "a correlation id of 8 KiB": {"X-Correlation-Id": "c" * 8192},
    "a last event id of 8 KiB": {"Last-Event-ID": "9" * 8192},
    "all kinds accepted": {"Accept": ",".join(f"a/{n};q=0.{n}" for n in range(900))},
    "all languages": {"Accept-Language": ",".join(f"x{n}" for n in range(2000))},
    "an ETag that breaks patterns": {"If-Match": '"' + "0" * 5000},
    "cookies": {"Cookie": ";".join(f"a{n}=b" for n in range(3000))},
    "a host of somebody": {"Host": "evil.example\\@127.0.0.1", "X-Forwarded-Host": "evil.example"},
    "a forwarded chain": {"X-Forwarded-For": ",".join(["10.0.0.1"] * 3000)},
}
_GETS = [(name, service) for name in HEADERS for service in SERVICES]


@pytest.mark.parametrize(("name", "service"), _GETS, ids=[f"{service}: {name}" for name, service in _GETS])
async def test_strange_headers_change_nothing(admin: httpx.AsyncClient, name: str, service: str) -> None:
    answer = honest(await admin.get(LISTS[service], headers=HEADERS[name]))
    assert answer.status_code in (200, 400, 422, 431), answer.text
    assert "evil.example" not in str(answer.headers)


async def test_two_types_of_one_body_are_not_two_readings(platform: TestPlatform) -> None:
    body = b'{"kind": "person", "name": "x", "name": "y"}'
    for types in (("application/json", "text/plain"), ("text/plain", "application/json")):
        lines = [f"Content-Type: {one}" for one in types]
        lines += [f"Content-Length: {len(body)}", f"Idempotency-Key: {time.monotonic_ns()}"]
        for url in (platform.gateway, platform.service("customer-profile")):
            async with wire(url) as double:
                await double.send(head("POST /v1/customers", platform.token(), *lines), body)
                answer = await double.answer()
            assert status(answer) in (400, 415, 422), answer


COMPRESSED: dict[str, tuple[str, bytes]] = {
    "gzip": ("gzip", gzip.compress(b" " * 10**8, 9)[:60_000]),
    "deflate": ("deflate", zlib.compress(b" " * 5 * 10**7, 9)[:60_000]),
    "gzip in gzip": ("gzip, gzip", gzip.compress(gzip.compress(b" " * 10**7))),
    "brotli": ("br", b"x" * 1000),
    "zstandard": ("zstd", b"\x28\xb5\x2f\xfd" + b"x" * 1000),
    "unknown": ("x-own", b"x"),
}
_PRESSED = [(name, service) for name in COMPRESSED for service in WRITES]


@pytest.mark.parametrize(("name", "service"), _PRESSED, ids=[f"{service}: {name}" for name, service in _PRESSED])
async def test_a_compressed_body_is_not_unpacked(admin: httpx.AsyncClient, name: str, service: str) -> None:
    encoding, content = COMPRESSED[name]
    headers = {"Content-Type": "application/json", "Content-Encoding": encoding, **once()}
    refused(await admin.post(WRITES[service], content=content, headers=headers), 415)


_PART = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n'
PARTS: dict[str, tuple[bytes, int]] = {
    "one of 1 MiB": (_PART + b"x" * 2**20 + b"\r\n--b--", 413),
    "ten thousand": (_PART * 10_000 + b"--b--", 413),
    "as many as a body holds": (_PART * 1000 + b"--b--", 422),
    "nothing but a border": (b"--b" * 20_000, 422),
}


@pytest.mark.parametrize("name", PARTS)
async def test_parts_of_a_form_are_not_taken_apart(admin: httpx.AsyncClient, name: str) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=b", **once()}
    content, status = PARTS[name]
    for path in WRITES.values():
        refused(await admin.post(path, content=content, headers=headers), status)
    refused(await admin.post("/v1/inbound-events", content=content, headers=headers), 400)


_LISTS = [
    r for r in ROUTES if r.method == "GET" and any(p["name"] == "cursor" for p in r.operation.get("parameters", ()))
]
QUERIES: dict[str, str] = {
    "5,000 parameters": "&".join(f"a{n}={n}" for n in range(5000)),
    "5,000 times one parameter": "&".join(["limit=1"] * 5000),
    "a page of 10^9": "limit=1000000000",
    "a page of -1": "limit=-1",
    "a page of 0": "limit=0",
    "a page of half": "limit=1.5",
    "a page in Arabic digits": "limit=٣",
    "a cursor of rubbish": "cursor=AAAA",
    "a cursor of 2,048 signs": "cursor=" + "A" * 2048,
    "a cursor of 10,000 signs": "cursor=" + "A" * 10_000,
    "a cursor that is no Base64": "cursor=%F0%9F%A7%A7..",
    "a cursor of our shape": "cursor=AAAAAAAAAAAAAAAAAAAAAFtbInUiLCIwIl1d",
    "U+0000": "limit=%00",
    "bytes that are no UTF-8": "limit=%ff%fe",
}


@pytest.mark.parametrize("name", QUERIES)
@pytest.mark.parametrize("route", _LISTS, ids=[route.name for route in _LISTS])
async def test_a_page_is_never_larger_or_deeper_than_pages_are(
    admin: httpx.AsyncClient, route: Route, name: str
) -> None:
    if "5,000" in name and route.path not in LISTS.values():
        pytest.skip("a long query is read before its route is known: one of each service will do")
    answer = honest(await admin.get(f"{route.at({})}?{QUERIES[name]}"))
    assert answer.status_code in (200, 400, 404, 422, 431), answer.text
    if name.startswith(("a page of", "a cursor", "U+0000")):
        refused(answer, 404, 422)
    if answer.status_code == 200 and "items" in answer.json():
        assert len(answer.json()["items"]) <= 200


HOSTILE = (
    "a" * 200 + "!",
    "(" * 500,
    "%" * 300,
    "_" * 300,
    "\\" * 301,
    "' OR 1=1 --",
    "a" * 5000,
    "(a+)+$",
    "{{7*7}}",
    "<script>",
    "\u0301" * 300,
    "\u202e",
    "𠮷" * 100,
    ";".join(["x"] * 900),
)
_FILTERS = [
    (route, parameter)
    for route in ROUTES
    if route.method == "GET" and not route.public and "stream" not in route.path
    for parameter in route.operation.get("parameters", ())
    if parameter["in"] == "query"
]


@pytest.mark.parametrize(
    ("route", "parameter"), _FILTERS, ids=[f"{route.name}: {parameter['name']}" for route, parameter in _FILTERS]
)
async def test_a_filter_takes_hostile_text_without_falling_over(
    admin: httpx.AsyncClient, route: Route, parameter: dict[str, Any]
) -> None:
    needed = {p["name"]: route.example(p["schema"]) for p in route.operation["parameters"] if p.get("required")}
    query = {name: value for name, value in needed.items() if name not in route.places}
    for text in HOSTILE:
        answer = honest(await admin.get(route.at({}), params={**query, parameter["name"]: text}))
        assert answer.status_code in (200, 404, 422), answer.text


async def test_many_callers_of_the_dearest_route_leave_room_for_others(admin: httpx.AsyncClient) -> None:
    async def export() -> httpx.Response:
        return honest(await admin.get("/v1/customers/export", timeout=60))

    exports = [asyncio.create_task(export()) for _ in range(50)]
    others = [honest(await admin.get("/v1/customers?limit=1", timeout=60)) for _ in range(10)]
    assert {answer.status_code for answer in others} == {200}
    assert {answer.status_code for answer in await asyncio.gather(*exports)} == {200, 429}


async def test_silent_connections_in_crowds_keep_nobody_out(platform: TestPlatform, admin: httpx.AsyncClient) -> None:
    async with asyncio.TaskGroup() as crowd:
        for _ in range(200):
            crowd.create_task(_silent(platform.service("complaints")))
        for _ in range(10):
            assert honest(await admin.get("/v1/complaints?limit=1")).status_code == 200


async def _silent(url: str) -> None:
    async with wire(url) as silent:
        await silent.send(b"GET / HT")
        assert await silent.closed(40)


Send = Callable[[bytes], Any]


async def _drip(send: Send, content: bytes) -> None:
    for n in range(len(content)):
        await send(content[n : n + 1])
        await asyncio.sleep(0.1)


async def _for_ever(send: Send, chunk: bytes) -> None:
    while True:
        await send(chunk)
        await asyncio.sleep(0.005)
