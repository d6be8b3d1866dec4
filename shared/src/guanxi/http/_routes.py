"""The routes of a service as they are in the end: path, methods, endpoint and what each asks of its caller.

FastAPI no longer flattens included routers (0.137), so `app.routes` alone tells nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from inspect import isasyncgenfunction, iscoroutinefunction
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from starlette.types import Scope

from guanxi.auth import Access

UNMATCHED = "unmatched"


class UndeclaredAccessError(RuntimeError):
    """A route says neither which scopes it asks nor that it is public; the service does not start."""


class ThreadedError(RuntimeError):
    """An endpoint or a dependency is no coroutine: each request would wait for a thread; the service does not start."""


@dataclass(frozen=True, slots=True)
class RouteEntry:
    """One route."""

    path: str
    methods: frozenset[str]
    endpoint: Callable[..., Any] | None
    access: Access | None


def catalogue(app: FastAPI) -> list[RouteEntry]:
    """Every route of the application, included routers and plain endpoints too."""
    return [
        RouteEntry(
            path=getattr(found, "path_format", None) or getattr(found, "path", None) or "",
            methods=frozenset(getattr(found, "methods", None) or ()),
            endpoint=getattr(found, "endpoint", None),
            access=_access(getattr(found, "dependant", None), getattr(found, "endpoint", None)),
        )
        for found in iter_route_contexts(app.routes)
    ]


def refuse_undeclared(entries: list[RouteEntry], exempt: frozenset[str]) -> None:
    """Raise `UndeclaredAccessError` for routes that declare nothing."""
    bare = sorted({entry.path for entry in entries if entry.access is None and entry.path not in exempt})
    if bare:
        message = f"these routes declare neither a scope nor public(): {', '.join(bare)}"
        raise UndeclaredAccessError(message)


def refuse_threads(app: FastAPI) -> None:
    """Raise `ThreadedError` for what FastAPI would call in a thread: that costs more than most dependencies do."""
    for found in iter_route_contexts(app.routes):
        dependant = getattr(found, "dependant", None)
        calls = [dependant.call, *_calls(dependant)] if isinstance(dependant, Dependant) else []
        plain = [call for call in calls if not any(map(_runs_on_the_loop, (call, type(call).__call__)))]
        if plain:
            message = f"{getattr(found, 'path_format', '')}: {plain[0]} is no coroutine, and would run in a thread"
            raise ThreadedError(message)


def _runs_on_the_loop(call: object) -> bool:
    return iscoroutinefunction(call) or isasyncgenfunction(call)


def template_of(scope: Scope) -> str:
    """The path of the route that was chosen, with names for its parameters; never what the caller wrote."""
    chosen = scope.get("fastapi", {}).get("effective_route_context") or scope.get("route")
    path = getattr(chosen, "path_format", None) or getattr(chosen, "path", None)
    if path:
        return str(path)
    # A plain Starlette route sets only its endpoint.
    templates: dict[Any, str] = getattr(getattr(scope.get("app"), "state", None), "templates", {})
    return templates.get(scope.get("endpoint"), UNMATCHED)


def _access(dependant: Dependant | None, endpoint: Callable[..., Any] | None) -> Access | None:
    declared = [getattr(endpoint, "guanxi_access", None)]
    declared += [getattr(call, "access", None) for call in _calls(dependant)] if dependant else []
    found = [access for access in declared if isinstance(access, Access)]
    if not found:
        return None
    # A public mark beside a scope does not open the route: the scope's own dependency still refuses.
    return Access(tuple(sorted({scope for access in found for scope in access.scopes})))


def _calls(dependant: Dependant) -> Iterator[object]:
    for inner in dependant.dependencies:
        yield inner.call
        yield from _calls(inner)
