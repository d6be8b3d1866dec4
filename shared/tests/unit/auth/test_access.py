"""Who gets through the door of a route, and who does not learn why not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI, WebSocket
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from guanxi.auth import (
    Access,
    Authenticator,
    CachedLookup,
    FileKeys,
    Principal,
    Standing,
    TokenRules,
    TokenVerifier,
    authorise,
    guarded,
    public,
    requires,
)
from guanxi.auth.development import DevelopmentIssuer
from guanxi.http import Readiness, UndeclaredAccessError, attach, create_app, read, write

pytestmark = pytest.mark.asyncio
ISSUER = DevelopmentIssuer.create()


class Units:
    async def standing(self, unit: str, subject: str) -> Standing:
        return Standing(internal=unit == "head-office", employee_id=None)


@asynccontextmanager
async def nothing(_: FastAPI) -> AsyncIterator[None]:
    yield


async def ready() -> Readiness:
    return Readiness(ready=True)


def app_of(router: APIRouter, keys: Path) -> FastAPI:
    app = create_app("things", [router], lifespan=nothing, ready=ready)
    gate = Authenticator(
        TokenVerifier(TokenRules(ISSUER.issuer, ISSUER.audience), FileKeys(keys)), CachedLookup(Units())
    )
    attach(app, pool=None, authenticator=gate, cursor_key=b"k" * 32)  # type: ignore[arg-type]
    return app


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    path = tmp_path / "jwks.json"
    path.write_text(ISSUER.jwks_json())
    return path


@pytest.fixture
def client(keys: Path) -> httpx.AsyncClient:
    router = APIRouter()

    @router.get("/read")
    async def reading(caller: Annotated[Principal, Depends(requires("things:read"))]) -> dict[str, Any]:
        return {"subject": caller.subject, "internal": caller.internal, "scopes": sorted(caller.scopes)}

    @router.get("/pii", dependencies=[Depends(requires("things:read", "pii:read"))])
    async def pii() -> str:
        return "unmasked"

    @router.get("/ops", dependencies=[Depends(requires("ops:read"))])
    async def ops() -> str:
        return "letters"

    @router.get("/open", dependencies=[Depends(public())])
    async def opened() -> str:
        return "anybody"

    @guarded(Access(("things:read",)))
    async def plain(request: Request) -> Response:
        return PlainTextResponse((await authorise(request, Access(("things:read",)))).subject)

    router.add_route("/plain", plain, methods=["GET"])
    return httpx.AsyncClient(transport=httpx.ASGITransport(app_of(router, keys)), base_url="http://things.test")


def bearer(*scopes: str, unit: str = "head-office") -> dict[str, str]:
    return {"Authorization": "Bearer " + ISSUER.token(subject="li-ming", unit=unit, scopes=scopes)}


async def test_a_token_with_the_scope_gets_in(client: httpx.AsyncClient) -> None:
    for path in ("read", "plain"):
        assert (await client.get(f"/v1/{path}", headers=bearer("things:read"))).status_code == 200


@pytest.mark.parametrize("path", ["read", "plain"])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer "},
        {"Authorization": "Basic bGk6bWluZw=="},
        {"Authorization": "Bearer x.y.z"},
        {"Authorization": ISSUER.token(subject="a", unit="head-office", scopes=["admin"])},
        {"Authorization": "Token " + ISSUER.token(subject="a", unit="head-office", scopes=["admin"])},
        {"Authorization": "Bearer " + ISSUER.token(subject="a", unit="head-office", scopes=["admin"], hours=-1)},
        {"Cookie": "token=" + ISSUER.token(subject="a", unit="head-office", scopes=["admin"])},
        {"X-Authorization": "Bearer " + ISSUER.token(subject="a", unit="head-office", scopes=["admin"])},
    ],
)
async def test_without_a_valid_token_the_answer_is_a_bare_401(
    client: httpx.AsyncClient, path: str, headers: dict[str, str]
) -> None:
    response = await client.get(f"/v1/{path}", headers=headers)
    assert (response.status_code, response.headers["www-authenticate"]) == (401, "Bearer")
    assert response.json()["detail"] == "A valid bearer token is needed."


async def test_two_authorization_headers_are_refused(client: httpx.AsyncClient) -> None:
    twice = [*bearer("things:read").items(), *bearer("things:read").items()]
    assert (await client.get("/v1/read", headers=twice)).status_code == 401


async def test_a_token_in_the_query_is_refused_even_beside_a_good_one(client: httpx.AsyncClient) -> None:
    token = ISSUER.token(subject="a", unit="head-office", scopes=["admin"])
    assert (await client.get(f"/v1/read?access_token={token}")).status_code == 401
    assert (await client.get("/v1/read?access_token=x", headers=bearer("things:read"))).status_code == 401


@pytest.mark.parametrize("scopes", [(), ("things:write",), ("things",), ("things:readx",), ("THINGS:READ",), ("*",)])
async def test_a_token_without_the_scope_is_a_403(client: httpx.AsyncClient, scopes: tuple[str, ...]) -> None:
    for path in ("read", "plain"):
        response = await client.get(f"/v1/{path}", headers=bearer(*scopes))
        assert (response.status_code, response.json()["code"]) == (403, "forbidden")


async def test_every_scope_of_a_route_is_needed(client: httpx.AsyncClient) -> None:
    assert (await client.get("/v1/pii", headers=bearer("things:read"))).status_code == 403
    assert (await client.get("/v1/pii", headers=bearer("pii:read"))).status_code == 403
    assert (await client.get("/v1/pii", headers=bearer("things:read", "pii:read"))).status_code == 200


async def test_admin_opens_all_but_personal_data(client: httpx.AsyncClient) -> None:
    assert (await client.get("/v1/read", headers=bearer("admin"))).status_code == 200
    assert (await client.get("/v1/ops", headers=bearer("admin"))).status_code == 200
    assert (await client.get("/v1/pii", headers=bearer("admin"))).status_code == 403


@pytest.mark.parametrize("unit", ["dealer-17", "nobody-knows"])
async def test_an_external_unit_is_never_an_administrator(client: httpx.AsyncClient, unit: str) -> None:
    assert (await client.get("/v1/read", headers=bearer("admin", unit=unit))).status_code == 403
    assert (await client.get("/v1/ops", headers=bearer("admin", "ops:read", unit=unit))).status_code == 403
    answer = await client.get("/v1/read", headers=bearer("admin", "things:read", unit=unit))
    assert answer.json() == {"subject": "li-ming", "internal": False, "scopes": ["things:read"]}


async def test_a_public_route_takes_anybody(client: httpx.AsyncClient) -> None:
    assert (await client.get("/v1/open")).text == '"anybody"'
    assert (await client.get("/v1/open", headers={"Authorization": "Bearer nonsense"})).status_code == 200


async def test_while_the_issuer_is_away_the_answer_is_503(keys: Path) -> None:
    router = APIRouter()

    @router.get("/read", dependencies=[Depends(requires("things:read"))])
    async def reading() -> None: ...

    keys.unlink()  # noqa: ASYNC240 - a small file
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app_of(router, keys)), base_url="http://things.test")
    response = await client.get("/v1/read", headers=bearer("things:read"))
    assert (response.status_code, response.json()["code"]) == (503, "issuer-unavailable")
    assert response.headers["retry-after"] == "5"


async def test_a_route_that_declares_nothing_stops_the_start(keys: Path) -> None:
    outer, inner = APIRouter(prefix="/outer"), APIRouter(prefix="/inner")

    @inner.get("/bare")
    async def bare() -> None: ...

    @inner.get("/declared", dependencies=[Depends(public())])
    async def declared() -> None: ...

    outer.include_router(inner)
    with pytest.raises(UndeclaredAccessError, match=r": /v1/outer/inner/bare$"):
        app_of(outer, keys)


async def test_a_plain_route_and_a_socket_must_declare_too(keys: Path) -> None:
    router = APIRouter()

    async def plain(_: Request) -> Response:
        return PlainTextResponse("")

    async def socket(_: WebSocket) -> None: ...

    router.add_route("/plain", plain)
    router.add_api_websocket_route("/socket", socket)
    with pytest.raises(UndeclaredAccessError, match="/v1/plain, /v1/socket"):
        app_of(router, keys)


async def test_a_declaration_counts_wherever_it_stands(keys: Path) -> None:
    async def nested(caller: Annotated[Principal, Depends(requires("things:read"))]) -> str:
        return caller.subject

    by_router = APIRouter(prefix="/a", dependencies=[Depends(requires("things:read"))])
    plain = APIRouter()
    by_router.get("/router")(_empty)
    plain.get("/nested", dependencies=[Depends(nested)])(_empty)
    plain.get("/call", dependencies=[Depends(read("things:read"))])(_empty)
    plain.post("/call", dependencies=[Depends(write("things:write"))])(_empty)
    plain.post("/public", dependencies=[Depends(write())])(_empty)
    plain.include_router(by_router)
    document = app_of(plain, keys).openapi()
    declared = {
        (path, method): operation["security"]
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }
    assert declared == {
        ("/v1/a/router", "get"): [{"bearer": ["things:read"]}],
        ("/v1/nested", "get"): [{"bearer": ["things:read"]}],
        ("/v1/call", "get"): [{"bearer": ["things:read"]}],
        ("/v1/call", "post"): [{"bearer": ["things:write"]}],
        ("/v1/public", "post"): [],
    }


async def test_requires_wants_a_scope() -> None:
    with pytest.raises(ValueError, match="public"):
        requires()


async def _empty() -> None: ...
