"""More requests than can be worked on are refused at once: in a crowd everybody is served late.

Measured with twice the peak offered to `POST /v1/interactions`: without a limit every answer came seconds late.
"""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from guanxi.http._answers import problem_response
from guanxi.http._probes import PROBES
from guanxi.problems import Unavailable
from guanxi.telemetry import HTTP_REFUSED

MOST = 100
"""Requests in work in one process: far more than it has database connections, as group commit serves many at once."""


class CrowdLayer:
    """Counts requests until their answer begins, a stream's too; what is over the limit gets 503 without more ado."""

    def __init__(self, app: ASGIApp, *, most: int = MOST) -> None:
        self._app, self._most, self._inside = app, most, 0
        # Rendered once: nothing of the request is looked at.
        problem = Unavailable(1, "overloaded", "Too many requests are in work. Nothing was done: repeat it.")
        self._refusal = problem_response(problem, "")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in PROBES:
            await self._app(scope, receive, send)
            return
        if self._inside >= self._most:
            HTTP_REFUSED.inc()
            await self._refusal(scope, receive, send)
            return
        self._inside += 1
        waiting = True

        async def passed(message: Message) -> None:
            nonlocal waiting
            if waiting and message["type"] == "http.response.start":
                waiting = False
                self._inside -= 1
            await send(message)

        try:
            await self._app(scope, receive, passed)
        finally:
            if waiting:
                self._inside -= 1
