"""What is more than can be worked on is refused at once, and a place is free again when an answer begins."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from starlette.types import Message, Receive, Scope, Send

from guanxi.http._crowd import CrowdLayer

pytestmark = pytest.mark.asyncio
_START: Message = {"type": "http.response.start", "status": 200, "headers": []}


class Rooms:
    """An app whose requests wait for a word, answer, and then stay for another."""

    def __init__(self) -> None:
        self.go_on, self.end = asyncio.Event(), asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.go_on.wait()
        if scope["path"] == "/breaks":
            raise ConnectionError
        await send(_START)
        await self.end.wait()
        await send({"type": "http.response.body", "body": b"done"})


class Call:
    """One request, as a server passes it on."""

    def __init__(self, app: Any, path: str = "/") -> None:
        self.sent: list[Message] = []
        self.task = asyncio.create_task(app({"type": "http", "path": path}, self._receive, self._send))

    @property
    def status(self) -> int | None:
        return self.sent[0]["status"] if self.sent else None

    async def _receive(self) -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def _send(self, message: Message) -> None:
        self.sent.append(message)


async def _settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_who_comes_when_all_places_are_taken_is_refused_and_told_when_to_come_again() -> None:
    rooms = Rooms()
    app = CrowdLayer(rooms, most=2)
    inside = [Call(app), Call(app)]
    await _settle()
    third = Call(app)
    await third.task
    assert third.status == httpx.codes.SERVICE_UNAVAILABLE
    assert (b"retry-after", b"1") in third.sent[0]["headers"]
    assert b"overloaded" in third.sent[1]["body"]
    rooms.go_on.set()
    rooms.end.set()
    await asyncio.gather(*(one.task for one in inside))
    assert [one.status for one in inside] == [200, 200]


async def test_a_place_is_free_when_the_answer_has_begun_however_long_it_streams() -> None:
    rooms = Rooms()
    app = CrowdLayer(rooms, most=1)
    rooms.go_on.set()
    streams = Call(app)
    await _settle()
    assert streams.status == 200
    assert not streams.task.done()
    other = Call(app)
    await _settle()
    assert other.status == 200
    rooms.end.set()
    await asyncio.gather(streams.task, other.task)


async def test_a_request_that_breaks_or_is_given_up_leaves_its_place() -> None:
    rooms = Rooms()
    app = CrowdLayer(rooms, most=1)
    given_up = Call(app)
    await _settle()
    given_up.task.cancel()
    await asyncio.gather(given_up.task, return_exceptions=True)
    rooms.go_on.set()
    broken = Call(app, "/breaks")
    await asyncio.gather(broken.task, return_exceptions=True)
    rooms.end.set()
    last = Call(app)
    await last.task
    assert last.status == 200


async def test_probes_are_never_refused() -> None:
    rooms = Rooms()
    app = CrowdLayer(rooms, most=1)
    inside = Call(app)
    await _settle()
    rooms.go_on.set()
    rooms.end.set()
    probe = Call(app, "/livez")
    await asyncio.gather(probe.task, inside.task)
    assert probe.status == 200
