"""A plain route gives the answers that the same route gives without the mark."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from guanxi.auth.development import DevelopmentIssuer
from guanxi.http import (
    NotFound,
    NotPlainError,
    Page,
    Paging,
    Read,
    UndeclaredAccessError,
    Write,
    plain,
    read,
    set_etag,
    write,
)

pytestmark = pytest.mark.asyncio
ID = "0198c0de-0000-7000-8000-000000000001"
AT_ONE = f"/v1/things/{ID}"
FILED = {"content-type": "application/json"}
REQUESTS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "read": ("GET", AT_ONE, {}),
    "read, id in capitals": ("GET", AT_ONE.upper().replace("/V1/THINGS", "/v1/things"), {}),
    "read with a query": ("GET", f"{AT_ONE}?wide=true", {}),
    "read with a wrong query": ("GET", f"{AT_ONE}?wide=perhaps", {}),
    "read with a query twice": ("GET", f"{AT_ONE}?wide=true&wide=false", {}),
    "read with a query of nobody": ("GET", f"{AT_ONE}?colour=red", {}),
    "read with an empty query": ("GET", f"{AT_ONE}?", {}),
    "list": ("GET", "/v1/things", {}),
    "list with a filter": ("GET", "/v1/things?kind=%E5%BC%A0+b&limit=7&size=3", {}),
    "list, an empty filter": ("GET", "/v1/things?kind=&size=3", {}),
    "list, its end": ("GET", "/v1/things?limit=200", {}),
    "list, a wrong filter": ("GET", "/v1/things?size=many", {}),
    "list, a wrong limit": ("GET", "/v1/things?limit=0", {}),
    "list, a wrong cursor": ("GET", "/v1/things?cursor=x", {}),
    "list by nobody": ("GET", "/v1/things?size=3", {"scope": ""}),
    "no id": ("GET", "/v1/things/first", {}),
    "an id in braces": ("GET", f"/v1/things/{{{ID}}}", {}),
    "no such thing": ("GET", f"/v1/things/{UUID(int=0)}", {}),
    "a path that goes on": ("GET", f"{AT_ONE}/more", {}),
    "another method": ("PUT", AT_ONE, {}),
    "another scope": ("GET", AT_ONE, {"scope": "other"}),
    "nobody": ("GET", AT_ONE, {"scope": ""}),
    "write": ("POST", "/v1/things", {"json": {"name": "名", "count": 2}}),
    "write, charset named": (
        "POST",
        "/v1/things",
        {"content": b'{"name": "a"}', "headers": {"content-type": "application/json; charset=utf-8"}},
    ),
    "write by nobody": ("POST", "/v1/things", {"json": {"name": "a"}, "scope": ""}),
    "wrong by nobody": ("POST", "/v1/things", {"json": {}, "scope": ""}),
    "write with another scope": ("POST", "/v1/things", {"json": {"name": "a"}, "scope": "other"}),
    "a field missing": ("POST", "/v1/things", {"json": {"count": 2}}),
    "a field of a wrong type": ("POST", "/v1/things", {"json": {"name": "a", "count": "many"}}),
    "a field unknown": ("POST", "/v1/things", {"json": {"name": "a", "colour": 1}}),
    "a field in a list": ("POST", "/v1/things", {"json": [{"name": "a"}]}),
    "no body": ("POST", "/v1/things", {}),
    "null": ("POST", "/v1/things", {"content": b"null", "headers": FILED}),
    "no JSON": ("POST", "/v1/things", {"content": b"{", "headers": FILED}),
    "a key twice": ("POST", "/v1/things", {"content": b'{"name": "a", "name": "b"}', "headers": FILED}),
    "U+0000": ("POST", "/v1/things", {"content": b'{"name": "\\u0000"}', "headers": FILED}),
    "text": ("POST", "/v1/things", {"content": b'{"name": "a"}', "headers": {"content-type": "text/plain"}}),
    "no content type": ("POST", "/v1/things", {"content": b'{"name": "a"}'}),
    "compressed": ("POST", "/v1/things", {"content": b"{}", "headers": {**FILED, "content-encoding": "gzip"}}),
    "too large": ("POST", "/v1/things", {"json": {"name": "a" * 70_000}}),
    "an error of ours": ("POST", "/v1/things", {"json": {"name": "break"}}),
    "a refusal with a header": ("POST", "/v1/things", {"json": {"name": "gone"}}),
}


class NewThing(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=80_000)
    count: int = 1


class Thing(NewThing):
    id: UUID
    by: str
    wide: bool = False
    settings: str = ""


@dataclass
class Filter:
    kind: str | None


async def filters(kind: str | None = None) -> Filter:
    return Filter(kind)


async def settings(request: Request) -> str:
    return str(request.scope["path"])


def things(mark: Callable[[Any], Any]) -> APIRouter:
    router = APIRouter(prefix="/things")

    @router.post("", status_code=201)
    @mark
    async def make(body: NewThing, call: Annotated[Write, Depends(write("things:write", idempotent=False))]) -> Thing:
        if body.name == "break":
            raise RuntimeError
        if body.name == "gone":
            raise NotFound("part")
        call.response.headers["Location"] = "/v1/things/7"
        return Thing(**body.model_dump(), id=UUID(ID), by=call.principal.subject)

    @router.get("", response_model=Page[Thing])
    @mark
    async def listed(
        call: Annotated[Read, Depends(read("things:read"))],
        page: Paging,
        wanted: Annotated[Filter, Depends(filters)],
        *,
        size: Annotated[int, Query(ge=1)] = 100,
    ) -> Response:
        rows = [Thing(id=UUID(int=n), name=wanted.kind or "any", by=call.principal.subject) for n in range(size)]
        cut = page.cut(rows[: page.limit + 1], lambda row: (row.id,))
        answer = Response(cut.model_dump_json(), media_type="application/json")
        answer.raw_headers.extend(call.response.raw_headers)
        return answer

    @router.get("/{thing_id}")
    @mark
    async def show(
        thing_id: UUID,
        call: Annotated[Read, Depends(read("things:read"))],
        place: Annotated[str, Depends(settings)],
        *,
        wide: bool = False,
    ) -> Thing:
        if not thing_id.int:
            raise NotFound("thing")
        set_etag(call.response, 7)
        return Thing(id=thing_id, name="名", by=call.principal.subject, wide=wide, settings=place)

    return router


@pytest.fixture
def ask(make_app: Callable[..., FastAPI], issuer: DevelopmentIssuer, connect: Any) -> Callable[..., Any]:
    async def asked(mark: Callable[[Any], Any], method: str, path: str, options: dict[str, Any]) -> httpx.Response:
        options = dict(options)
        scope = options.pop("scope", "things:read things:write")
        token = issuer.token(subject="li-ming", unit="head-office", scopes=scope.split())
        headers = {"x-correlation-id": "c-1"} | ({"authorization": f"Bearer {token}"} if scope else {})
        client = connect(make_app(things(mark)), **headers)
        response: httpx.Response = await client.request(method, path, **options)
        return response

    return asked


def unmarked(endpoint: Any) -> Any:
    return endpoint


@pytest.mark.parametrize("name", REQUESTS)
async def test_a_plain_route_answers_as_any_other(ask: Callable[..., Any], name: str) -> None:
    short, usual = await ask(plain, *REQUESTS[name]), await ask(unmarked, *REQUESTS[name])
    assert short.status_code == usual.status_code, short.text
    assert {**short.json(), "trace_id": ""} == {**usual.json(), "trace_id": ""}
    assert dict(short.headers) == dict(usual.headers)


async def test_the_short_way_is_really_taken(ask: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(*_: Any) -> None:
        raise AssertionError("FastAPI was asked")

    monkeypatch.setattr("fastapi.routing.APIRouter.app", never)
    for name, status in {
        "read": 200,
        "read with a query": 200,
        "list with a filter": 200,
        "write": 201,
        "no such thing": 404,
        "nobody": 401,
        "another scope": 403,
    }.items():
        assert (await ask(plain, *REQUESTS[name])).status_code == status, name


async def test_the_contract_is_the_same(make_app: Callable[..., FastAPI]) -> None:
    assert make_app(things(plain)).openapi() == make_app(things(unmarked)).openapi()


async def test_the_log_and_the_figures_name_the_route(ask: Callable[..., Any], lines: Callable[[], list[Any]]) -> None:
    await ask(plain, *REQUESTS["read"])
    line = next(one for one in lines() if one["event"] == "request")
    assert (line["route"], line["subject"]) == ("/v1/things/{thing_id}", "li-ming")


async def test_a_plain_route_declares_its_access_too(make_app: Callable[..., FastAPI]) -> None:
    router = APIRouter()

    @router.get("/bare")
    @plain
    async def bare() -> int:
        return 1

    with pytest.raises((UndeclaredAccessError, NotPlainError)):
        make_app(router)


async def test_what_the_short_way_cannot_give_is_refused_at_the_start(make_app: Callable[..., FastAPI]) -> None:
    router = APIRouter()

    @router.get("/named/{name}")
    @plain
    async def named(name: str, _: Annotated[Read, Depends(read("things:read"))]) -> str:
        return name

    with pytest.raises(NotPlainError, match="/v1/named"):
        make_app(router)


async def test_a_list_in_the_query_is_refused_at_the_start(make_app: Callable[..., FastAPI]) -> None:
    router = APIRouter()

    @router.get("/kinds")
    @plain
    async def kinds(
        _: Annotated[Read, Depends(read("things:read"))], kind: Annotated[list[str] | None, Query()] = None
    ) -> list[str]:
        return kind or []

    with pytest.raises(NotPlainError, match="/v1/kinds"):
        make_app(router)
