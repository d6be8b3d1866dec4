"""The application of a service: its routers under /v1 with every convention in place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

from fastapi import APIRouter, FastAPI

from guanxi.auth import Authenticator
from guanxi.db import Pool
from guanxi.http._answers import add_problem_handlers
from guanxi.http._crowd import MOST, CrowdLayer
from guanxi.http._middleware import BodyLayer, DeadlineLayer, HeadersLayer, TelemetryLayer
from guanxi.http._openapi import openapi_document
from guanxi.http._plain import PlainLayer, plain_routes
from guanxi.http._probes import ReadyCheck, add_probes
from guanxi.http._routes import catalogue, refuse_threads, refuse_undeclared

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]
_SHORTEST_KEY = 32


def create_app(  # noqa: PLR0913 - one keyword for each thing a service has
    name: str,
    routers: Sequence[APIRouter],
    *,
    lifespan: Lifespan,
    ready: ReadyCheck,
    title: str | None = None,
    description: str = "",
    version: str = "1",
    production: bool = False,
    public_url: str | None = None,
    most_at_once: int = MOST,
    tags: Sequence[dict[str, Any]] = (),
    pages: Sequence[APIRouter] = (),
) -> FastAPI:
    """The ASGI application of service `name`; raises `UndeclaredAccessError` for a route without a scope or `public()`.

    `lifespan` opens what routes need and calls `attach` with it. `pages` are for people's browsers and not under /v1.
    """
    app = FastAPI(
        title=title or f"Guanxi {name}",
        description=description,
        version=version,
        lifespan=lifespan,
        docs_url=None if production else "/docs",
        redoc_url=None,
        redirect_slashes=False,
        # Ours is `TelemetryLayer`: FastAPI's own would tell everything a second time where OTEL_* is set.
        telemetry={"auto_configure": False, "tracing": False, "metrics": False, "logs": False},
        openapi_tags=list(tags) or None,
        servers=[{"url": public_url}] if public_url else None,
    )
    for router in routers:
        app.include_router(router, prefix="/v1")
    for router in pages:
        app.include_router(router)
    add_probes(app, name, ready)
    add_problem_handlers(app)
    own = frozenset(filter(None, (app.openapi_url, app.docs_url, app.swagger_ui_oauth2_redirect_url)))
    entries = catalogue(app)
    refuse_undeclared(entries, own)
    refuse_threads(app)
    app.state.templates = {entry.endpoint: entry.path for entry in entries}
    app.openapi = lambda: openapi_document(app, entries)  # type: ignore[method-assign]
    # The one added last is the outermost.
    app.add_middleware(PlainLayer, routes=plain_routes(app))
    app.add_middleware(BodyLayer)
    app.add_middleware(DeadlineLayer)
    app.add_middleware(TelemetryLayer)
    app.add_middleware(CrowdLayer, most=most_at_once)
    app.add_middleware(HeadersLayer, production=production, unguarded=own - {app.openapi_url})
    return app


def attach(app: FastAPI, *, pool: Pool, authenticator: Authenticator, cursor_key: bytes) -> None:
    """Give the routes what they share; `cursor_key` (32 bytes or more) is the same in every process of the service."""
    if len(cursor_key) < _SHORTEST_KEY:
        message = f"the cursor key needs at least {_SHORTEST_KEY} bytes"
        raise ValueError(message)
    app.state.pool = pool
    app.state.authenticator = authenticator
    app.state.cursor_key = cursor_key
