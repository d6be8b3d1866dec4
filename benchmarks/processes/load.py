"""Clients that ask as fast as they are answered, over connections kept alive, and cost little themselves."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from statistics import quantiles
from time import perf_counter
from typing import cast
from urllib.parse import urlsplit

import uvloop
from pydantic import BaseModel

_HEAD_END = b"\r\n\r\n"
_LENGTH = b"content-length: "
_LOCATION = b"location: "


class Ask(BaseModel):
    """One request; its answer must contain `expect`."""

    path: str
    expect: str
    body: str = ""


class Load(BaseModel):
    """What to ask of whom, how long, by how many clients; with `key` each request gets an Idempotency-Key."""

    url: str
    token: str
    method: str
    asks: list[Ask]
    clients: int
    seconds: float
    key: str = ""


class Answers(BaseModel):
    """What came back. `locations` are those of all that was acknowledged."""

    statuses: dict[int, int]
    seconds: float
    p50_ms: float
    p99_ms: float
    unexpected: int
    locations: list[str]

    @property
    def good(self) -> int:
        """Answers with 200 or 201."""
        return self.statuses.get(200, 0) + self.statuses.get(201, 0)

    @property
    def total(self) -> int:
        """All answers."""
        return sum(self.statuses.values())

    @property
    def rate(self) -> float:
        """Good answers a second."""
        return self.good / self.seconds


class Ledger:
    """What all clients of this process have seen."""

    def __init__(self, load: Load) -> None:
        where = urlsplit(load.url)
        self.host, self.port = where.hostname or "", where.port or 80
        self.load = load
        self.deadline = 0.0
        self.statuses: Counter[int] = Counter()
        self.took: list[float] = []
        self.locations: list[str] = []
        self.unexpected = 0
        self._sent = 0
        self._ready = [self._render(ask) for ask in load.asks]
        self._expect = [ask.expect.encode() for ask in load.asks]

    def _render(self, ask: Ask) -> tuple[bytes, bytes]:
        lines = (
            f"{self.load.method} {ask.path} HTTP/1.1",
            f"Host: {self.host}",
            f"Authorization: Bearer {self.load.token}",
        )
        head = "".join(f"{line}\r\n" for line in lines)
        body = ask.body.encode()
        rest = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n" if body else "\r\n"
        return head.encode(), rest.encode() + body

    def next(self) -> tuple[int, bytes] | None:
        """The next request and its number in the list; None when time is up."""
        return self.take() if perf_counter() < self.deadline else None

    def take(self) -> tuple[int, bytes]:
        """The next request and its number in the list, whatever the time."""
        self._sent += 1
        number = self._sent % len(self._ready)
        head, rest = self._ready[number]
        key = f"Idempotency-Key: {self.load.key}-{self._sent}\r\n".encode() if self.load.key else b""
        return number, head + key + rest

    def note(self, number: int, head: bytes, body: bytes, seconds: float) -> None:
        """Enter one answer."""
        self.statuses[int(head[9:12])] += 1
        self.took.append(seconds)
        self.unexpected += self._expect[number] not in body
        at = head.find(_LOCATION)
        if at >= 0:
            self.locations.append(head[at + len(_LOCATION) : head.index(b"\r\n", at)].decode())


class Client(asyncio.Protocol):
    """One connection: asks, waits for the whole answer, asks again."""

    def __init__(self, ledger: Ledger, done: asyncio.Future[None]) -> None:
        self._ledger, self._done = ledger, done
        self._seen = b""
        self._number, self._began = 0, 0.0
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        # Not asserted: uvloop's transports are of a class of their own.
        self._transport = cast("asyncio.WriteTransport", transport)
        self._ask()

    def data_received(self, data: bytes) -> None:
        """Take what came; answers carry their length."""
        self._seen += data
        end = self._seen.find(_HEAD_END)
        if end < 0:
            return
        head = self._seen[: end + 2].lower()
        at = head.index(_LENGTH) + len(_LENGTH)
        whole = end + len(_HEAD_END) + int(head[at : head.index(b"\r\n", at)])
        if len(self._seen) >= whole:
            body = self._seen[end + len(_HEAD_END) : whole]
            self._ledger.note(self._number, head, body, perf_counter() - self._began)
            self._seen = b""
            self._ask()

    def connection_lost(self, exc: Exception | None) -> None:
        """End; a connection that the server has closed in mid-answer is an error."""
        if not self._done.done():
            self._done.set_exception(exc or ConnectionResetError("the server closed a connection"))

    def _ask(self) -> None:
        request = self._ledger.next()
        if request is None:
            self.close()
            return
        self.send(*request, began=perf_counter())

    def close(self) -> None:
        """Be done."""
        assert self._transport is not None
        self._done.set_result(None)
        self._transport.close()

    def send(self, number: int, text: bytes, *, began: float) -> None:
        """Write one request; its time counts from `began`."""
        assert self._transport is not None
        self._number, self._began = number, began
        self._transport.write(text)


async def drive(load: Load) -> Answers:
    """Ask until time is up, let the last answers come, and sum up."""
    loop, ledger = asyncio.get_running_loop(), Ledger(load)
    began = perf_counter()
    ledger.deadline = began + load.seconds
    ends: list[asyncio.Future[None]] = [loop.create_future() for _ in range(load.clients)]
    for end in ends:
        await loop.create_connection(lambda end=end: Client(ledger, end), ledger.host, ledger.port)  # type: ignore[misc]
    await asyncio.gather(*ends)
    took = quantiles(ledger.took, n=100)
    return Answers(
        statuses=dict(ledger.statuses),
        seconds=perf_counter() - began,
        p50_ms=took[49] * 1e3,
        p99_ms=took[98] * 1e3,
        unexpected=ledger.unexpected,
        locations=ledger.locations,
    )


if __name__ == "__main__":
    told = Load.model_validate_json(sys.stdin.buffer.read())
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(runner.run(drive(told)).model_dump_json())
