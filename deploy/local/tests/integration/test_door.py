"""How a command asks: what is busy is asked again with the same key, anything else is told at once."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from guanxi_local.door import Door
from guanxi_local.failures import Failure

_BUSY = (503, {"Retry-After": "0"}, {"detail": "This took too long. Repeat it."})
_DONE: tuple[int, dict[str, str], Any] = (200, {}, {"id": "7"})


@dataclass
class _Gateway:
    """Gives its answers one after the other, and remembers what it was asked."""

    address: str
    asked: list[tuple[str, str | None]] = field(default_factory=list)


@contextmanager
def _answering(*answers: tuple[int, dict[str, str], Any]) -> Iterator[_Gateway]:
    left = list(answers)

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", "0")))
            told.asked.append((self.command, self.headers.get("Idempotency-Key")))
            status, headers, body = left.pop(0)
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(json.dumps(body)))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        do_GET = do_POST = do_PUT = _answer  # noqa: N815 - the names that http.server calls

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told = _Gateway(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_what_is_busy_is_asked_again_with_the_same_key() -> None:
    with _answering(_BUSY, _BUSY, _DONE) as gateway, Door(gateway.address, "token") as door:
        assert door.post("/v1/ops/scoring/rebuilds", {}) == {"id": "7"}
    assert len(gateway.asked) == 3
    assert len(set(gateway.asked)) == 1


def test_a_change_of_a_version_is_not_repeated() -> None:
    with (
        _answering(_BUSY) as gateway,
        Door(gateway.address, "token") as door,
        pytest.raises(Failure, match="too long"),
    ):
        door.put("/v1/units/a", {}, 1)
    assert gateway.asked == [("PUT", None)]


@pytest.mark.parametrize(
    "answer",
    [(503, {}, {"title": "Away"}), (404, {"Retry-After": "0"}, {"title": "Away"}), (503, {"Retry-After": "3600"}, {})],
    ids=["without a time", "not busy", "beyond patience"],
)
def test_a_final_answer_is_told_at_once(answer: tuple[int, dict[str, str], Any]) -> None:
    with _answering(answer) as gateway, Door(gateway.address, "token") as door, pytest.raises(Failure, match="refused"):
        door.get("/v1/customers")
    assert len(gateway.asked) == 1
