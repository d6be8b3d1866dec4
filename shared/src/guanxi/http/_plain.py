"""Plain routes: the few hottest endpoints are called straight from ASGI, without FastAPI's machinery in between.

An endpoint marked `@plain` stays declared as any other: its schema, its access and its refusals are FastAPI's. Beside
that stands a short way that is taken when nothing about a request is unusual; whatever is (a query, another content
type, an id or a body that is not valid) goes FastAPI's way, and finds its answer there.

What pays for a second way, 16 clients, one process, both in one run, CPU of the service a request: POST
/v1/interactions 1,300 to 1,070 us, GET /v1/customers/{id} 690 to 550, GET /v1/customers/{id}/scores 1,880 to 1,320:
FastAPI matches a path twice, opens four exit stacks a request, and calls a plain dependency in a thread.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar, get_type_hints
from uuid import UUID

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from guanxi.http._answers import refusal
from guanxi.http._calls import Reads, Writes, WritesOnce

_Endpoint = TypeVar("_Endpoint", bound=Callable[..., Any])
_ID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_ID_LENGTH = 36
_JSON = b"application/json"
_OK = 200
_Given = Callable[[Request, Response], Any]


class NotPlainError(RuntimeError):
    """An endpoint is marked `@plain` and asks for something that the short way does not give."""


def plain(endpoint: _Endpoint) -> _Endpoint:
    """Mark an endpoint of one `read` or `write`, at most one id in its path and at most one body."""
    endpoint.guanxi_plain = True  # type: ignore[attr-defined]
    return endpoint


@dataclass(frozen=True, slots=True)
class PlainRoute:
    """One marked endpoint, taken apart once."""

    method: str
    before: str
    after: str
    path_id: str | None
    endpoint: Callable[..., Awaitable[Any]]
    status: int
    body: tuple[str, TypeAdapter[Any]] | None
    given: tuple[tuple[str, _Given], ...]
    shown: TypeAdapter[Any]

    def arguments(self, path: str) -> dict[str, Any] | None:
        """What the path gives; None when it is not this route's, or its id is not plainly one."""
        if self.path_id is None:
            return {} if path == self.before else None
        if not (path.startswith(self.before) and path.endswith(self.after)):
            return None
        text = path[len(self.before) : len(path) - len(self.after)]
        if len(text) != _ID_LENGTH or not _ID.fullmatch(text):
            return None
        return {self.path_id: UUID(text)}


class PlainLayer:
    """The innermost layer: answers plain requests, and passes on all others."""

    def __init__(self, app: ASGIApp, routes: Iterable[PlainRoute]) -> None:
        self._app = app
        self._routes = tuple(routes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["query_string"]:
            await self._app(scope, receive, send)
            return
        for route in self._routes:
            if route.method == scope["method"] and (arguments := route.arguments(scope["path"])) is not None:
                await self._serve(route, arguments, scope, receive, send)
                return
        await self._app(scope, receive, send)

    async def _serve(
        self, route: PlainRoute, arguments: dict[str, Any], scope: Scope, receive: Receive, send: Send
    ) -> None:
        # Limits and telemetry go by the endpoint, as if Starlette's router had chosen it.
        scope["endpoint"] = route.endpoint
        request = Request(scope, receive)
        try:
            raw = await request.body() if route.body else b""
            if route.body and not _read(route.body, raw, request, arguments):
                await self._app(scope, _again(raw, receive), send)
                return
            answer = await _answered(route, arguments, request)
        except Exception as error:
            refused = refusal(error, scope["path"])
            if refused is None:
                raise
            answer = refused
        await answer(scope, receive, send)


def _read(body: tuple[str, TypeAdapter[Any]], raw: bytes, request: Request, arguments: dict[str, Any]) -> bool:
    name, adapter = body
    if request.headers.get("content-type", "").encode("latin-1") != _JSON:
        return False
    try:
        arguments[name] = adapter.validate_json(raw)
    except ValidationError:
        return False
    return True


async def _answered(route: PlainRoute, arguments: dict[str, Any], request: Request) -> Response:
    head = Response()
    del head.headers["content-length"]
    # None until somebody sets it, as FastAPI hands it out.
    head.status_code = None  # type: ignore[assignment]
    for name, give in route.given:
        found = give(request, head)
        arguments[name] = await found if inspect.isawaitable(found) else found
    shown = route.shown.dump_json(await route.endpoint(**arguments), by_alias=True)
    answer = Response(shown, head.status_code or route.status, media_type=_JSON.decode())
    answer.raw_headers.extend(head.raw_headers)
    return answer


def _again(raw: bytes, receive: Receive) -> Receive:
    """`receive` for one who comes after the body has been read."""
    waiting: list[Message] = [{"type": "http.request", "body": raw, "more_body": False}]

    async def receive_again() -> Message:
        return waiting.pop() if waiting else await receive()

    return receive_again


def plain_routes(app: FastAPI) -> list[PlainRoute]:
    """The marked endpoints of an application; raises `NotPlainError`."""
    found = []
    for one in iter_route_contexts(app.routes):
        endpoint, dependant = getattr(one, "endpoint", None), getattr(one, "dependant", None)
        if getattr(endpoint, "guanxi_plain", False) and isinstance(dependant, Dependant):
            path, status = str(one.path_format), getattr(one, "status_code", None)
            found += [_taken_apart(endpoint, dependant, method, path, status or _OK) for method in one.methods or ()]
    return found


def _taken_apart(
    endpoint: Callable[..., Any] | None, dependant: Dependant, method: str, path: str, status: int
) -> PlainRoute:
    assert endpoint is not None  # noqa: S101 - it carries the mark
    hints = get_type_hints(endpoint)
    ids = [field.name for field in dependant.path_params]
    bodies = [field.name for field in dependant.body_params]
    calls = [one.call for one in dependant.dependencies]
    kinds = [call for call in calls if isinstance(call, Reads | Writes | WritesOnce)]
    asked = any(field.field_info.is_required() for field in dependant.query_params)
    odd = asked or dependant.header_params or dependant.cookie_params
    if len(kinds) != 1 or len(ids) > 1 or len(bodies) > 1 or any(hints[one] is not UUID for one in ids) or odd:
        message = f"{method} {path} is marked plain: it needs one read or write, at most one id and at most one body"
        raise NotPlainError(message)
    before, _, after = path.partition(f"{{{ids[0]}}}") if ids else (path, "", "")
    return PlainRoute(
        method=method,
        before=before,
        after=after,
        path_id=ids[0] if ids else None,
        endpoint=endpoint,
        status=status,
        body=(bodies[0], TypeAdapter(hints[bodies[0]])) if bodies else None,
        given=tuple((str(one.name), _given(one, f"{method} {path}")) for one in dependant.dependencies),
        shown=TypeAdapter(hints["return"]),
    )


def _given(dependant: Dependant, where: str) -> _Given:
    """How one dependency is called: ours with the request, others when they ask for the request alone."""
    call = dependant.call
    if isinstance(call, WritesOnce):
        return lambda request, head: call(request, head, request.headers.get("idempotency-key"))
    if isinstance(call, Reads | Writes):
        return call
    if call is None or list(inspect.signature(call).parameters) != [dependant.request_param_name]:
        message = f"{where} is marked plain: {dependant.name} asks for more than the request"
        raise NotPlainError(message)
    return lambda request, _: call(request)
