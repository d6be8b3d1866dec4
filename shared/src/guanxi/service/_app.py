"""Building a service's app: its routers and the operators' routes, with everything they need attached."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI

from guanxi import directory
from guanxi.auth import Authenticator, CachedLookup, TableLookup, TokenRules, TokenVerifier, key_source
from guanxi.http import Readiness, attach, create_app
from guanxi.service._jobs import Runtime
from guanxi.service._ops import ops_router
from guanxi.service._service import Service
from guanxi.service._settings import ServiceSettings
from guanxi.service._worker import Worker

_OWNER = "customer-profile"


def build_app(service: Service, runtime: Runtime, worker: Worker | None, *, role: str) -> FastAPI:
    """The ASGI app of a running service."""
    return furnish(assemble(service, runtime.settings, worker, role=role), runtime)


def assemble(service: Service, settings: ServiceSettings, worker: Worker | None, *, role: str) -> FastAPI:
    """The app with its routes, and nothing yet for them to work with."""

    async def ready() -> Readiness:
        return await _readiness(service, app.state.runtime, worker, role)

    app = create_app(
        service.name,
        [*(service.routers if role != "worker" else ()), ops_router(service, worker)],
        lifespan=_nothing,
        ready=ready,
        title=f"Guanxi {service.title}",
        description=service.description,
        production=settings.profile == "production",
        public_url=settings.public_url or None,
        most_at_once=settings.most_at_once,
        pages=service.pages if role != "worker" else (),
    )
    return app


def furnish(app: FastAPI, runtime: Runtime) -> FastAPI:
    """Give the routes what they work with; done again, they work with that."""
    settings = runtime.settings
    rules = TokenRules(settings.issuer, settings.audience)
    lookup = CachedLookup(TableLookup(runtime.database.api))
    authenticator = Authenticator(TokenVerifier(rules, key_source(settings.jwks)), lookup)
    attach(app, pool=runtime.database.api, authenticator=authenticator, cursor_key=settings.secret("cursor_key"))
    app.state.runtime = runtime
    return app


def openapi_document(service: Service) -> dict[str, Any]:
    """The OpenAPI document, without a database or a setting."""

    async def never() -> Readiness:
        return Readiness(ready=False)

    app = create_app(
        service.name,
        [*service.routers, ops_router(service, None)],
        lifespan=_nothing,
        ready=never,
        title=f"Guanxi {service.title}",
        description=service.description,
        pages=service.pages,
    )
    return app.openapi()


@asynccontextmanager
async def _nothing(_: FastAPI) -> AsyncIterator[None]:
    # The process opens its database before the app and closes it after it, so that a worker can share it.
    yield


async def _readiness(service: Service, runtime: Runtime, worker: Worker | None, role: str) -> Readiness:
    async with runtime.database.api.read() as reader:
        whole = service.name == _OWNER or (await directory.watermark(reader))[1]
    parts = {"database": "ok", "directory": "read to its end" if whole else "not read yet"}
    parts |= worker.report() if worker else {}
    ready = worker.ready() if role == "worker" and worker else whole
    return Readiness(ready=ready, parts=parts)
