from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI
from pydantic import BaseModel, ConfigDict

from guanxi.auth import Authenticator, CachedLookup, FileKeys, Standing, TokenRules, TokenVerifier, public, requires
from guanxi.auth.development import DevelopmentIssuer
from guanxi.http import Readiness, attach, create_app
from guanxi.telemetry import configure_logging

CURSOR_KEY = b"unit-test-cursor-key-of-32-bytes"
OPEN = [Depends(public())]


class Line(BaseModel):
    model_config = ConfigDict(extra="forbid")

    sku: str
    quantity: int


class Order(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    name: str
    lines: list[Line] = []
    amount: float | None = None
    attrs: dict[str, Any] | None = None


class KnownUnits:
    async def standing(self, unit: str, subject: str) -> Standing:
        return Standing(internal=unit == "head-office", employee_id=UUID(int=7) if subject == "li-ming" else None)


@pytest.fixture
def log() -> io.BytesIO:
    stream = io.BytesIO()
    configure_logging("things", stream=stream)
    return stream


@pytest.fixture
def lines(log: io.BytesIO) -> Callable[[], list[dict[str, Any]]]:
    return lambda: [json.loads(line) for line in log.getvalue().splitlines()]


@pytest.fixture(scope="session")
def issuer() -> DevelopmentIssuer:
    return DevelopmentIssuer.create()


@pytest.fixture
def make_app(issuer: DevelopmentIssuer, tmp_path: Path, log: io.BytesIO) -> Callable[..., FastAPI]:
    def make(*routers: APIRouter, **options: Any) -> FastAPI:
        keys = tmp_path / "jwks.json"
        keys.write_text(issuer.jwks_json())

        @asynccontextmanager
        async def lifespan(_: FastAPI) -> AsyncIterator[None]:
            yield

        async def ready() -> Readiness:
            return Readiness(ready=True, parts={"database": "ok"})

        options = {"ready": ready, **options}
        app = create_app("things", routers, lifespan=lifespan, **options)
        verifier = TokenVerifier(TokenRules(issuer.issuer, issuer.audience), FileKeys(keys))
        gate = Authenticator(verifier, CachedLookup(KnownUnits()))
        attach(app, pool=None, authenticator=gate, cursor_key=CURSOR_KEY)  # type: ignore[arg-type]
        return app

    return make


@pytest.fixture
def orders() -> APIRouter:
    router = APIRouter(prefix="/orders")

    @router.post("", dependencies=OPEN)
    async def take(body: Order) -> Order:
        return body

    @router.get("/{order_id}")
    async def show(order_id: UUID, caller: Annotated[Any, Depends(requires("orders:read"))]) -> str:
        return f"{order_id} {caller.subject}"

    return router


def client_of(app: FastAPI, **headers: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url="http://things.test", headers=headers
    )


@pytest.fixture
def client(make_app: Callable[..., FastAPI], orders: APIRouter) -> httpx.AsyncClient:
    return client_of(make_app(orders))


@pytest.fixture
def connect() -> Callable[..., httpx.AsyncClient]:
    return client_of
