"""Four layers around every route, all plain ASGI: trace and log, headers, deadline, body.

Starlette's BaseHTTPMiddleware is not used: it costs 200 microseconds a layer and loses context variables.
"""

from __future__ import annotations

import asyncio
from time import perf_counter
from typing import Any
from urllib.parse import parse_qsl

import structlog
from opentelemetry import context, trace
from opentelemetry.trace import SpanKind
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from guanxi.auth import PRINCIPAL_KEY, Principal
from guanxi.http._answers import problem_response
from guanxi.http._marks import limits_of
from guanxi.http._probes import PROBES
from guanxi.http._routes import template_of
from guanxi.http._strict_json import check_json
from guanxi.problems import FieldError, NotFound, Problem, TooLarge, Unavailable, Unprocessable
from guanxi.telemetry import HTTP_IN_FLIGHT, HTTP_SECONDS, correlation_id, set_correlation_id, start_span

_LOG = structlog.get_logger()
_WAITING = "guanxi.body_waiting"
_SERVER_ERROR = 500
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class TelemetryLayer:
    """One span, one log line and one observation a request; an error that nobody foresaw ends here, as a bare 500."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = dict(scope["headers"])
        set_correlation_id(given.get(b"x-correlation-id", b"").decode("latin-1"))
        span = start_span(
            f"HTTP {scope['method']}", given.get(b"traceparent", b"").decode("latin-1"), kind=SpanKind.SERVER
        )
        token = context.attach(trace.set_span_in_context(span))
        HTTP_IN_FLIGHT.inc()
        started, answer = perf_counter(), _Answer(send)
        try:
            await self._answered(scope, receive, answer)
        finally:
            HTTP_IN_FLIGHT.dec()
            self._report(scope, span, answer.status, perf_counter() - started)
            span.end()
            context.detach(token)

    async def _answered(self, scope: Scope, receive: Receive, answer: _Answer) -> None:
        try:
            await self._app(scope, receive, answer)
        except Exception as error:
            _LOG.exception("request failed", method=scope["method"], route=template_of(scope))
            trace.get_current_span().record_exception(error)
            if answer.status:
                raise  # the answer has begun: only closing the connection tells the caller that it is not whole
            problem = Problem(_SERVER_ERROR, "internal-error", "Something went wrong on our side; it has been noted.")
            await problem_response(problem, scope["path"])(scope, receive, answer)

    def _report(self, scope: Scope, span: trace.Span, status: int, seconds: float) -> None:
        route, method = template_of(scope), scope["method"]
        if route in PROBES:
            return
        HTTP_SECONDS.labels(_known(method), route, status).observe(seconds)
        if span.is_recording():
            span.update_name(f"{method} {route}")
            span.set_attributes(
                {"http.request.method": method, "http.route": route, "http.response.status_code": status}
            )
        principal = scope.get(PRINCIPAL_KEY)
        who: dict[str, Any] = (
            {"subject": principal.subject, "unit": principal.unit} if isinstance(principal, Principal) else {}
        )
        _LOG.info(
            "request", method=method, route=route, path=scope["path"], status=status, ms=round(seconds * 1000, 2), **who
        )


class _Answer:
    """Passes the answer on, notes its status and adds the correlation id."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = [*message.get("headers", ()), (b"x-correlation-id", correlation_id().encode())]
        await self._send(message)


class HeadersLayer:
    """Headers that keep browsers and caches from doing harm; an answer that sets one itself keeps its own."""

    def __init__(self, app: ASGIApp, *, production: bool, unguarded: frozenset[str] = frozenset()) -> None:
        self._app = app
        self._unguarded = unguarded
        self._defaults = [
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"no-referrer"),
            (b"cache-control", b"no-store"),
            (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
        ]
        if production:
            self._defaults.append((b"strict-transport-security", b"max-age=31536000; includeSubDomains"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in self._unguarded:
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))
                present = {name for name, _ in headers}
                message["headers"] = headers + [pair for pair in self._defaults if pair[0] not in present]
            await send(message)

        await self._app(scope, receive, guarded)


class DeadlineLayer:
    """Answers 503 when a request takes longer than its endpoint may, and 408 when it is the caller who is slow.

    A cancelled write is either committed or not there; its Idempotency-Key tells which when it is repeated.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        watch = _Watch(scope)
        try:
            async with watch.limit:
                await self._app(scope, receive, watched)
        except TimeoutError:
            if started or not watch.limit.expired():
                raise
            late = Unavailable(1, "deadline", "This took too long. Repeat it.")
            problem = _TOO_SLOW if scope.get(_WAITING) else late
            await problem_response(problem, scope["path"])(scope, receive, send)
        finally:
            watch.timer.cancel()


class _Watch:
    """Arms the time limit when the request first waits for anything: routing has chosen the endpoint by then."""

    def __init__(self, scope: Scope) -> None:
        self.limit = asyncio.timeout(None)
        self._scope = scope
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()
        self.timer: asyncio.Handle = self._loop.call_soon(self._arm)

    def _arm(self) -> None:
        seconds = limits_of(self._scope).seconds
        if seconds is not None:
            self.timer = self._loop.call_at(self._began + seconds, self._expire)

    def _expire(self) -> None:
        self.limit.reschedule(self._loop.time())


class BodyLayer:
    """Counts the body as it comes, refuses what is too large, and checks JSON before anything else reads it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        problem = _nulls(scope)
        if problem is None:
            await self._app(scope, _Body(scope, receive), send)
        else:
            await problem_response(problem, scope["path"])(scope, receive, send)


class _Body:
    """`receive` with a limit. What it raises leaves the route as the problem it is."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self._scope = scope
        self._receive = receive
        self._chunks: list[bytes] = []
        self._size = 0
        self._done = False

    async def __call__(self) -> Message:
        if self._done:
            return await self._receive()
        limits = limits_of(self._scope)
        if not self._size:
            self._check_headers(limits.body)
        self._scope[_WAITING] = True
        message = await self._receive()
        self._scope[_WAITING] = False
        if message["type"] != "http.request":
            return message
        chunk = message.get("body", b"")
        self._size += len(chunk)
        if self._size > limits.body:
            raise TooLarge(limits.body)
        if limits.check_json and self._json:
            self._chunks.append(chunk)
        if not message.get("more_body", False):
            self._done = True
            if any(self._chunks):
                check_json(b"".join(self._chunks))
            self._chunks.clear()
        return message

    def _check_headers(self, limit: int) -> None:
        types: list[bytes] = []
        for name, value in self._scope["headers"]:
            if name == b"content-length" and value.isdigit() and int(value) > limit:
                raise TooLarge(limit)
            if name == b"content-encoding" and value.lower() not in {b"", b"identity"}:
                raise Problem(415, "encoding-not-taken", "Bodies are sent plain, without Content-Encoding.")
            if name == b"content-type":
                types.append(value.lower())
        # Of two types one reader takes the first and another the last: one that says JSON is enough.
        self._json = not types or any(b"json" in one for one in types)


_TOO_SLOW = Problem(408, "too-slow", "The body did not arrive in time.", headers={"Connection": "close"})


def _nulls(scope: Scope) -> Problem | None:
    if "\x00" in scope["path"]:
        return NotFound()
    if b"%00" not in scope["query_string"]:
        return None
    names = {name for name, value in parse_qsl(scope["query_string"].decode("latin-1")) if "\x00" in name + value}
    message = "Text may not hold U+0000."
    return Unprocessable(message, [FieldError(name, "null-character", message) for name in sorted(names)])


def _known(method: str) -> str:
    return method if method in _METHODS else "OTHER"
