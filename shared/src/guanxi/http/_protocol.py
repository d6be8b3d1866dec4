"""What uvicorn's protocol does not limit: the length of a head, its time, and how long an unwanted body goes on.

Whoever opens a connection and says nothing, or says it byte by byte, would else hold it as long as he likes. And one
whose body was refused is read from for a while: closing at once resets the connection, and he never reads why.
"""

from __future__ import annotations

import asyncio
import json
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from guanxi.http._answers import PROBLEM_TYPE

HEAD_SECONDS = 10.0
HEAD_BYTES = 65_536
LINGER_SECONDS = 2.0


class LimitedHeadProtocol(HttpToolsProtocol):
    """HTTP/1.1 on one connection: the head of each request comes within ten seconds and 64 KiB (408, 431)."""

    _late: asyncio.TimerHandle | None = None
    _lingering: asyncio.TimerHandle | None = None
    _body_open = False
    _head_bytes = 0
    _refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._begin()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._end()
        self._stop_lingering()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came, unless the head it belongs to is too large."""
        if self._refused:
            return
        if self._late is None and self._idle() and not self._body_open:
            # The keep-alive timer ends with the first byte: ours begins.
            self._begin()
        self._head_bytes += len(data)
        super().data_received(data)
        if self._late is not None and self._head_bytes > HEAD_BYTES:
            self._refuse(431, "head-too-large", f"The head of a request has at most {HEAD_BYTES} bytes.")

    def on_message_begin(self) -> None:
        """Begin to wait for the rest of a head, which may stand behind another request."""
        super().on_message_begin()
        if self._late is None:
            self._begin()

    def on_headers_complete(self) -> None:
        """Hand the request on: from here on it has the deadline of its endpoint."""
        self._end()
        self._body_open = True
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Know that nothing of this request is still to come."""
        self._body_open = False
        self._stop_lingering()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Read on for a moment when the answer came before the end of the body."""
        super().on_response_complete()
        # Behind a pipelined request that is answered there may be one that is being sent.
        if self._body_open and self._idle() and self._lingering is None and not self.transport.is_closing():
            self._lingering = self.loop.call_later(LINGER_SECONDS, self.transport.close)

    def _stop_lingering(self) -> None:
        if self._lingering is not None:
            self._lingering.cancel()
            self._lingering = None

    def _idle(self) -> bool:
        # Nothing has been asked yet, or all of it is answered; uvicorn types the first as impossible.
        cycle: Any = self.cycle
        return cycle is None or bool(cycle.response_complete)

    def _begin(self) -> None:
        self._head_bytes = 0
        self._late = self.loop.call_later(HEAD_SECONDS, self._give_up)

    def _end(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _give_up(self) -> None:
        if self._idle() and self._head_bytes:
            self._refuse(408, "too-slow", "The head of the request did not arrive in time.")
        elif not self.transport.is_closing():
            self.transport.close()

    def _refuse(self, status: int, code: str, detail: str) -> None:
        self._end()
        self._refused = True
        if self.transport.is_closing():
            return
        if self._idle():
            self.transport.write(_answer(status, code, detail))
        self.transport.close()


def _answer(status: int, code: str, detail: str) -> bytes:
    phrase = HTTPStatus(status).phrase
    document: dict[str, Any] = {"type": f"urn:guanxi:problem:{code}", "title": phrase, "status": status}
    document |= {"detail": detail, "instance": "", "code": code, "errors": [], "trace_id": None}
    body = json.dumps(document).encode()
    head = f"HTTP/1.1 {status} {phrase}\r\ncontent-type: {PROBLEM_TYPE}\r\ncontent-length: {len(body)}\r\n"
    return f"{head}connection: close\r\n\r\n".encode() + body
