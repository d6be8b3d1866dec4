"""Registering a publisher, as the command line does it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from guanxi_local import sources
from guanxi_local.failures import Failure

NOBODY = "http://127.0.0.1:9"


@pytest.mark.parametrize(
    "ask",
    [
        lambda: sources.add(NOBODY, "token", "dealer-17", "unit"),
        lambda: sources.find(NOBODY, "token", "dealer-17"),
        lambda: sources.unit_exists(NOBODY, "token", "unit"),
    ],
)
def test_a_platform_that_is_down_gives_one_clear_line(ask: Callable[[], object]) -> None:
    with pytest.raises(Failure, match=r"the gateway does not answer .*; is the platform up") as caught:
        ask()
    assert "\n" not in str(caught.value)


@pytest.fixture
def asked() -> Iterator[tuple[str, list[str]]]:
    """The address of a server that finds nothing, and the paths it is asked for."""
    paths: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            self.send_error(404)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", paths
        server.shutdown()
        thread.join()


def test_a_name_stays_one_segment_of_the_path(asked: tuple[str, list[str]]) -> None:
    address, paths = asked
    assert not sources.unit_exists(address, "token", "a/b?c#d e")
    with pytest.raises(Failure, match="refused with 404"):
        sources.find(address, "token", "../units")
    assert paths == ["/v1/units/a%2Fb%3Fc%23d%20e", "/v1/sources/..%2Funits"]
