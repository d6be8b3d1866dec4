"""What orchestrators and Prometheus ask: is the process alive, is it ready, how is it doing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field

import structlog
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from guanxi.auth import Access, guarded
from guanxi.telemetry import METRICS_TYPE, exposition

_LOG = structlog.get_logger()
PROBES = ("/livez", "/readyz", "/metrics")
"""What is asked all the time: neither counted, traced nor refused for the crowd."""
_READY_SECONDS = 2.0
_UNREADY = 503


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether to send requests here, and how each part stands."""

    ready: bool
    parts: dict[str, str] = field(default_factory=dict)


ReadyCheck = Callable[[], Awaitable[Readiness]]


def add_probes(app: FastAPI, name: str, ready: ReadyCheck) -> None:
    """Add `/livez`, `/readyz` and `/metrics`; the gateway hands none of them on."""

    @guarded(Access())
    async def livez(_: Request) -> Response:
        return PlainTextResponse("alive")

    @guarded(Access())
    async def readyz(_: Request) -> Response:
        found = await _ask(ready)
        return JSONResponse(asdict(found), 200 if found.ready else _UNREADY)

    @guarded(Access())
    async def metrics(_: Request) -> Response:
        return Response(exposition(name), media_type=METRICS_TYPE)

    for path, endpoint in zip(PROBES, (livez, readyz, metrics), strict=True):
        app.add_route(path, endpoint, methods=["GET"], include_in_schema=False)


async def _ask(ready: ReadyCheck) -> Readiness:
    try:
        async with asyncio.timeout(_READY_SECONDS):
            return await ready()
    except Exception as error:  # noqa: BLE001 - whatever goes wrong in it, the service is not ready
        _LOG.warning("readiness check failed", kind=type(error).__name__, reason=str(error))
        return Readiness(ready=False, parts={"check": type(error).__name__})
