"""Speaking to a door in bytes: what a well-behaved client would never send."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass
class Wire:
    """One connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, *parts: bytes) -> None:
        """Send; a connection that the other side has closed swallows it."""
        with contextlib.suppress(ConnectionError):
            for part in parts:
                self.writer.write(part)
                await self.writer.drain()

    async def answer(self, seconds: float = 20) -> bytes:
        """All that comes until the other side closes, or until a whole answer or the end of our patience is there."""
        got = b""
        with contextlib.suppress(ConnectionError, TimeoutError):
            async with asyncio.timeout(seconds):
                while chunk := await self.reader.read(65_536):
                    got += chunk
                    if _whole(got):
                        break
        return got

    async def everything(self, seconds: float = 20) -> bytes:
        """All that comes until the other side closes, or has said nothing for three seconds after it has spoken."""
        got = b""
        with contextlib.suppress(ConnectionError, TimeoutError):
            while chunk := await asyncio.wait_for(self.reader.read(65_536), 3 if got else seconds):
                got += chunk
        return got

    async def closed(self, seconds: float = 20) -> bool:
        """Whether the other side closes within so many seconds."""
        try:
            async with asyncio.timeout(seconds):
                while await self.reader.read(65_536):
                    pass
        except ConnectionError:
            return True
        except TimeoutError:
            return False
        return True


def status(answer: bytes) -> int:
    """The status of an answer; 0 for none."""
    words = answer.split(b" ", 2)
    return int(words[1]) if answer.startswith(b"HTTP/1.") and len(words) > 1 else 0


@asynccontextmanager
async def wire(url: str) -> AsyncIterator[Wire]:
    """A connection to the door at `url`."""
    place = urlsplit(url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    try:
        yield Wire(reader, writer)
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


def head(line: str, token: str, *more: str) -> bytes:
    """The head of a request."""
    lines: Iterable[str] = (f"{line} HTTP/1.1", "Host: x", f"Authorization: Bearer {token}", *more)
    return "\r\n".join((*lines, "", "")).encode("latin-1")


def _whole(got: bytes) -> bool:
    start, separator, body = got.partition(b"\r\n\r\n")
    if not separator:
        return False
    lower = start.lower()
    if b"transfer-encoding: chunked" in lower:
        return body.endswith(b"0\r\n\r\n")
    length = lower.partition(b"content-length: ")[2].partition(b"\r\n")[0]
    return length.isdigit() and len(body) >= int(length)
