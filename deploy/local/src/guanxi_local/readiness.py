"""Waiting until a process says that it is ready, or learning quickly that it never will be."""

from __future__ import annotations

import http.client
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from guanxi_local.failures import Failure, of_program
from guanxi_local.state import State

_PATIENCE_S = 120.0
_LOOK_S = 0.1


@dataclass(frozen=True)
class Answer:
    """What /readyz said, or that it said nothing."""

    ready: bool
    said: str


def ask(url: str) -> Answer:
    """Ask once, with the plainest of clients: it is asked often, while everything starts."""
    where = urlsplit(url)
    connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=2)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        return Answer(answer.status == http.client.OK, answer.read(300).decode(errors="replace"))
    except (OSError, http.client.HTTPException):
        return Answer(ready=False, said="no answer")
    finally:
        connection.close()


def wait_ready(state: State, name: str, url: str, seconds: float = _PATIENCE_S, *, may_die: bool = False) -> None:
    """Wait for a 200 from /readyz; one that never comes fails with what the process last said.

    A process that ends meanwhile fails at once, unless it may die because it is being watched over.
    """
    log = state.logs / f"{name}.log"
    deadline = time.monotonic() + seconds
    while not (answer := ask(url)).ready:
        if not may_die and state.records.recall(name) is None:
            raise of_program(name, state.records.said(name), log)
        if time.monotonic() > deadline:
            message = f"{name} runs but is not ready after {seconds:.0f} s: {answer.said} (log: {log})"
            raise Failure(message)
        time.sleep(_LOOK_S)
