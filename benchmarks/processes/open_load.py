"""Requests that come when they are due, whether or not the ones before have been answered: an open loop.

A latency counts from the moment at which the request was due, so a server that stalls cannot hide it.
"""

from __future__ import annotations

import asyncio
import sys
from collections import deque
from statistics import quantiles
from time import perf_counter

import uvloop
from pydantic import BaseModel

from benchmarks.processes.load import Client, Ledger, Load


class OpenLoad(Load):
    """`clients` is the most connections; `rate` how many requests are due a second."""

    rate: float


class OpenAnswers(BaseModel):
    """What came back; latencies in milliseconds, of good answers and of refusals apart."""

    statuses: dict[int, int]
    seconds: float
    good: int
    good_p50_ms: float
    good_p99_ms: float
    refused: int
    refused_p99_ms: float
    unexpected: int
    locations: list[str]

    @property
    def rate(self) -> float:
        """Good answers a second."""
        return self.good / self.seconds


class Due(Ledger):
    """Hands out requests by the clock; what no connection is free for waits in line."""

    def __init__(self, load: OpenLoad) -> None:
        super().__init__(load)
        self._rate = load.rate
        self._free: deque[OpenClient] = deque()
        self._line: deque[float] = deque()
        self.good_s: list[float] = []
        self.refused_s: list[float] = []

    async def run(self) -> None:
        """Let requests fall due until time is up, then wait until the line is empty and all are answered."""
        began = perf_counter()
        for number in range(int(self._rate * self.load.seconds)):
            due = began + number / self._rate
            if (wait := due - perf_counter()) > 0:
                await asyncio.sleep(wait)
            self._line.append(due)
            self._serve()
        while len(self._free) < self.load.clients:  # noqa: ASYNC110 - the connections tell
            await asyncio.sleep(0.01)
        for client in self._free:
            client.close()

    def idle(self, client: OpenClient) -> None:
        """A connection has its answer."""
        self._free.append(client)
        self._serve()

    def note(self, number: int, head: bytes, body: bytes, seconds: float) -> None:
        """Enter one answer, a refusal apart: it has no body to look into."""
        good = head[9:10] == b"2"
        (self.good_s if good else self.refused_s).append(seconds)
        if good:
            super().note(number, head, body, seconds)
        else:
            self.statuses[int(head[9:12])] += 1

    def _serve(self) -> None:
        while self._free and self._line:
            self._free.popleft().send(*self.take(), began=self._line.popleft())


class OpenClient(Client):
    """One connection, which asks when it is told to."""

    def __init__(self, due: Due, done: asyncio.Future[None]) -> None:
        super().__init__(due, done)
        self._due = due

    def _ask(self) -> None:
        self._due.idle(self)


async def drive(load: OpenLoad) -> OpenAnswers:
    """Ask by the clock, and sum up."""
    loop, due = asyncio.get_running_loop(), Due(load)
    ends: list[asyncio.Future[None]] = [loop.create_future() for _ in range(load.clients)]
    for end in ends:
        await loop.create_connection(lambda end=end: OpenClient(due, end), due.host, due.port)  # type: ignore[misc]
    began = perf_counter()
    await due.run()
    await asyncio.gather(*ends)
    return OpenAnswers(
        statuses=dict(due.statuses),
        seconds=perf_counter() - began,
        good=len(due.good_s),
        good_p50_ms=_percentile(due.good_s, 50),
        good_p99_ms=_percentile(due.good_s, 99),
        refused=len(due.refused_s),
        refused_p99_ms=_percentile(due.refused_s, 99),
        unexpected=due.unexpected,
        locations=due.locations,
    )


def _percentile(found: list[float], n: int) -> float:
    return quantiles(found, n=100)[n - 1] * 1e3 if len(found) > 1 else 0.0


if __name__ == "__main__":
    told = OpenLoad.model_validate_json(sys.stdin.buffer.read())
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(runner.run(drive(told)).model_dump_json())
