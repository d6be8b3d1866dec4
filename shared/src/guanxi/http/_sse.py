"""Server-sent events: a stream with heartbeats that a browser resumes by `Last-Event-ID`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import StreamingResponse

HEARTBEAT_SECONDS = 15.0
_LONGEST_ID = 128


@dataclass(frozen=True, slots=True)
class ServerEvent:
    """One event: `data` is JSON text, `id` is what the reader sends back to resume after it."""

    data: str
    id: str | None = None
    event: str | None = None

    def encode(self) -> bytes:
        """The event on the wire; line ends inside would forge fields, so they are split or removed."""
        lines = [f"{name}: {_one_line(value)}" for name, value in (("id", self.id), ("event", self.event)) if value]
        lines += [f"data: {line}" for line in self.data.splitlines() or [""]]
        return ("\n".join(lines) + "\n\n").encode()


def last_event_id(request: Request) -> str | None:
    """Where the reader stopped; None for a new one."""
    value = request.headers.get("last-event-id")
    return value[:_LONGEST_ID] if value else None


def sse(events: AsyncIterator[ServerEvent], *, heartbeat: float = HEARTBEAT_SECONDS) -> StreamingResponse:
    """Answer with `events` for as long as the reader stays; mark the endpoint `@streaming`."""
    headers = {"X-Accel-Buffering": "no", "Cache-Control": "no-store"}
    return StreamingResponse(_stream(events, heartbeat), media_type="text/event-stream", headers=headers)


async def _stream(events: AsyncIterator[ServerEvent], heartbeat: float) -> AsyncIterator[bytes]:
    yield b": welcome\n\n"
    coming: asyncio.Task[ServerEvent] | None = None
    try:
        while True:
            coming = coming or asyncio.ensure_future(anext(events))
            done, _ = await asyncio.wait({coming}, timeout=heartbeat)
            if not done:
                yield b": heartbeat\n\n"
                continue
            try:
                event = coming.result()
            except StopAsyncIteration:
                return
            coming = None
            yield event.encode()
    finally:
        if coming is not None:
            coming.cancel()
            await asyncio.gather(coming, return_exceptions=True)


def _one_line(text: str) -> str:
    return " ".join(text.split())
