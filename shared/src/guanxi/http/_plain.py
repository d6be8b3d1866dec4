"""Plain routes: the few hottest endpoints are called straight from ASGI, without FastAPI's machinery in between.

An endpoint marked `@plain` stays declared as any other: its schema, its access and its refusals are FastAPI's. Beside
that stands a short way that is taken when nothing about a request is unusual; whatever is (another content type, a
name twice in the query, an id, a query or a body that is not valid) goes FastAPI's way, and finds its answer there.

What pays for a second way, 16 clients, one process, both in one run, CPU of the service a request: POST
/v1/interactions 1,300 to 1,070 us, GET /v1/customers/{id} 690 to 550, GET /v1/customers/{id}/scores 1,880 to 1,320,
GET /v1/customers by a filter 1,700 to 1,300: FastAPI matches a path twice and opens four exit stacks a request.
"""

from __future__ import annotations

import inspect
import re
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, get_args, get_origin, get_type_hints
from uuid import UUID

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from pydantic import TypeAdapter, ValidationError
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from guanxi.http._access import Reads, Writes, WritesOnce
from guanxi.http._answers import refusal

_Endpoint = TypeVar("_Endpoint", bound=Callable[..., Any])
_ID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_ID_LENGTH = 36
_MANY = (list, set, frozenset, tuple, Sequence, deque)
_JSON = b"application/json"
_OK = 200
_Query = Mapping[str, Any]
_Given = Callable[[Request, Response, _Query], Any]


class NotPlainError(RuntimeError):
    """An endpoint is marked `@plain` and asks for something that the short way does not give."""


def plain(endpoint: _Endpoint) -> _Endpoint:
    """Mark an endpoint of one `read` or `write`, at most one id in its path and at most one body, and no list asked.

    One that gives a `Response` makes its own answer.
    """
    endpoint.guanxi_plain = True  # type: ignore[attr-defined]
    return endpoint


@dataclass(frozen=True, slots=True)
class PlainRoute:
    """One marked endpoint, taken apart once."""

    method: str
    path_format: str
    before: str
    after: str
    path_id: str | None
    endpoint: Callable[..., Awaitable[Any]]
    status: int
    body: tuple[str, TypeAdapter[Any]] | None
    given: tuple[tuple[str, _Given], ...]
    asked: tuple[Any, ...]
    """FastAPI's fields of the query, those of the dependencies too."""
    own: frozenset[str]
    """Which of them the endpoint takes itself."""
    shown: TypeAdapter[Any] | None

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

    def query(self, asked: bytes) -> dict[str, Any] | None:
        """The values of the query, by the names of the parameters; None when it is not plainly one of this route's."""
        items = QueryParams(asked).multi_items() if asked else ()
        texts = dict(items)
        if len(texts) < len(items) or texts.keys() - {field.alias for field in self.asked}:
            return None
        values = {}
        for field in self.asked:
            if field.alias not in texts:
                values[field.name] = field.get_default()
                continue
            values[field.name], wrong = field.validate(texts[field.alias], loc=("query", field.alias))
            if wrong:
                return None
        return values


class PlainLayer:
    """The innermost layer: answers plain requests, and passes on all others."""

    def __init__(self, app: ASGIApp, routes: Iterable[PlainRoute]) -> None:
        self._app = app
        self._routes = tuple(routes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            for route in self._routes:
                if route.method == scope["method"] and (arguments := route.arguments(scope["path"])) is not None:
                    query = route.query(scope["query_string"])
                    if query is not None:
                        await self._serve(route, arguments, query, scope, receive, send)
                        return
        await self._app(scope, receive, send)

    async def _serve(  # noqa: PLR0913 - ASGI's three, and what was found
        self, route: PlainRoute, arguments: dict[str, Any], query: _Query, scope: Scope, receive: Receive, send: Send
    ) -> None:
        # Limits and telemetry go by the endpoint, as if Starlette's router had chosen it.
        scope["endpoint"] = route.endpoint
        scope["route"] = route
        request = Request(scope, receive)
        try:
            raw = await request.body() if route.body else b""
            if route.body and not _read(route.body, raw, request, arguments):
                await self._app(scope, _again(raw, receive), send)
                return
            answer = await _answered(route, arguments, query, request)
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


async def _answered(route: PlainRoute, arguments: dict[str, Any], query: _Query, request: Request) -> Response:
    answer = Response()
    answer.raw_headers.clear()
    # None until somebody sets it, as FastAPI hands it out.
    answer.status_code = None  # type: ignore[assignment]
    for name, give in route.given:
        found = give(request, answer, query)
        arguments[name] = await found if inspect.isawaitable(found) else found
    said = await route.endpoint(**arguments, **{name: query[name] for name in route.own})
    if isinstance(said, Response):
        return said
    assert route.shown is not None  # noqa: S101 - it says what it gives
    answer.body = route.shown.dump_json(said, by_alias=True)
    answer.status_code = answer.status_code or route.status
    answer.raw_headers += ((b"content-length", b"%d" % len(answer.body)), (b"content-type", _JSON))
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
    asked = [field for part in (dependant, *dependant.dependencies) for field in part.query_params]
    names = [name for field in asked for name in {field.name, field.alias}]
    unlike = len(set(names)) < len(names) or any(_unlike(field) for field in asked)
    odd = unlike or bool(dependant.header_params or dependant.cookie_params)
    if len(kinds) != 1 or len(ids) > 1 or len(bodies) > 1 or any(hints[one] is not UUID for one in ids) or odd:
        message = f"{method} {path} is marked plain: it needs one read or write, at most one id and at most one body"
        raise NotPlainError(message)
    before, _, after = path.partition(f"{{{ids[0]}}}") if ids else (path, "", "")
    return PlainRoute(
        method=method,
        path_format=path,
        before=before,
        after=after,
        path_id=ids[0] if ids else None,
        endpoint=endpoint,
        status=status,
        body=(bodies[0], TypeAdapter(hints[bodies[0]])) if bodies else None,
        given=tuple((str(one.name), _given(one, f"{method} {path}")) for one in dependant.dependencies),
        asked=tuple(asked),
        own=frozenset(field.name for field in dependant.query_params),
        shown=None if hints["return"] is Response else TypeAdapter(hints["return"]),
    )


def _unlike(field: Any) -> bool:
    """Whether a field of the query must be there, or takes more than one text."""
    return bool(field.field_info.is_required()) or _is_many(field.field_info.annotation)


def _is_many(annotation: Any) -> bool:
    return (get_origin(annotation) or annotation) in _MANY or any(map(_is_many, get_args(annotation)))


def _given(dependant: Dependant, where: str) -> _Given:
    """How one dependency is called: ours with the request, others with what they ask of request, answer and query."""
    call = dependant.call
    if isinstance(call, WritesOnce):
        return lambda request, head, _: call(request, head, request.headers.get("idempotency-key"))
    if isinstance(call, Reads | Writes):
        return lambda request, head, _: call(request, head)
    names = [field.name for field in dependant.query_params]
    ours = {dependant.request_param_name: "request", dependant.response_param_name: "head"}
    if call is None or set(inspect.signature(call).parameters) - {*names, *ours}:
        message = f"{where} is marked plain: {dependant.name} asks for more than request, answer and query"
        raise NotPlainError(message)
    takes = [name for name in ours if name is not None]

    def give(request: Request, head: Response, query: _Query) -> Any:
        here = {"request": request, "head": head}
        return call(**{str(name): here[ours[name]] for name in takes}, **{name: query[name] for name in names})

    return give
