"""What every service has without writing it: headers, trace, log, probes, contract, streams."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any
from uuid import UUID

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from guanxi.auth import Access, guarded, requires
from guanxi.http import Readiness, ServerEvent, ThreadedError, Write, attach, last_event_id, sse, streaming, write

pytestmark = pytest.mark.asyncio
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
PUBLIC = guarded(Access())


class Item(BaseModel):
    customer_id: UUID | None = None
    parts: list[Item] = []


class Basket(BaseModel):
    items: list[Item]


async def test_every_answer_has_the_security_headers(client: httpx.AsyncClient) -> None:
    for path in ("/livez", "/v1/nowhere", "/openapi.json"):
        headers = (await client.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert "strict-transport-security" not in headers


async def test_production_insists_on_tls_and_shows_no_docs(
    make_app: Callable[..., FastAPI], connect: Any, orders: APIRouter
) -> None:
    client = connect(make_app(orders, production=True))
    assert "max-age=31536000" in (await client.get("/livez")).headers["strict-transport-security"]
    assert (await client.get("/docs")).status_code == 404
    assert (await client.get("/openapi.json")).status_code == 200


async def test_a_route_may_set_its_own(make_app: Callable[..., FastAPI], connect: Any) -> None:
    router = APIRouter()

    @router.get("/cached")
    @PUBLIC
    async def cached() -> Response:
        return PlainTextResponse("x", headers={"Cache-Control": "max-age=60"})

    response = await connect(make_app(router)).get("/v1/cached")
    assert response.headers.get_list("cache-control") == ["max-age=60"]


async def test_a_request_goes_on_its_caller_s_trace(client: httpx.AsyncClient, lines: Callable[[], list[Any]]) -> None:
    headers = {"traceparent": PARENT, "X-Correlation-Id": "order-17"}
    response = await client.get("/v1/nowhere", headers=headers)
    assert response.json()["trace_id"] == "0af7651916cd43dd8448eb211c80319c"
    assert response.headers["x-correlation-id"] == "order-17"
    line = lines()[-1]
    assert (line["event"], line["status"], line["route"]) == ("request", 404, "unmatched")
    assert (line["trace_id"], line["correlation_id"]) == ("0af7651916cd43dd8448eb211c80319c", "order-17")


async def test_a_strange_correlation_id_is_not_echoed(client: httpx.AsyncClient) -> None:
    response = await client.get("/livez", headers={"X-Correlation-Id": "<script>"})
    assert response.headers["x-correlation-id"] != "<script>"


async def test_the_log_tells_who_asked_and_which_route(
    client: httpx.AsyncClient, issuer: Any, lines: Callable[[], list[Any]]
) -> None:
    token = issuer.token(subject="li-ming", unit="head-office", scopes=["admin"])
    path = "/v1/orders/00000000-0000-7000-8000-000000000001"
    assert (await client.get(path, headers={"Authorization": f"Bearer {token}"})).status_code == 200
    line = lines()[-1]
    assert (line["route"], line["subject"], line["unit"]) == ("/v1/orders/{order_id}", "li-ming", "head-office")
    assert token not in str(lines())


async def test_tracking_tokens_never_reach_the_log(
    make_app: Callable[..., FastAPI], connect: Any, lines: Callable[[], list[Any]]
) -> None:
    router = APIRouter()

    @router.get("/track/{token}")
    @PUBLIC
    async def track(token: str) -> str:
        return token

    await connect(make_app(router)).get("/v1/track/c2VjcmV0")
    assert "c2VjcmV0" not in str(lines())
    assert lines()[-1]["route"] == "/v1/track/{token}"


async def test_probes_leave_no_line(client: httpx.AsyncClient, lines: Callable[[], list[Any]]) -> None:
    for path in ("/livez", "/readyz", "/metrics"):
        assert (await client.get(path)).status_code == 200
    assert lines() == []


async def test_figures_are_kept_by_route_not_by_path(client: httpx.AsyncClient) -> None:
    for n in range(3):
        await client.get(f"/v1/orders/00000000-0000-7000-8000-00000000000{n}")
        await client.request(f"ODD{n}", f"/secret-{n}")
    text = (await client.get("/metrics")).text
    assert (
        'guanxi_http_request_seconds_count{method="GET",route="/v1/orders/{order_id}",service="things",status="401"}'
        in text
    )
    assert "secret-" not in text
    assert 'method="ODD' not in text


@pytest.mark.parametrize("ready", [True, False])
async def test_readiness_is_the_check_s(make_app: Callable[..., FastAPI], connect: Any, *, ready: bool) -> None:
    async def check() -> Readiness:
        return Readiness(ready, {"database": "ok", "directory": "reading"})

    response = await connect(make_app(ready=check)).get("/readyz")
    assert response.status_code == (200 if ready else 503)
    assert response.json() == {"ready": ready, "parts": {"database": "ok", "directory": "reading"}}


async def test_a_check_that_fails_is_not_ready(make_app: Callable[..., FastAPI], connect: Any) -> None:
    async def check() -> Readiness:
        raise ConnectionRefusedError

    response = await connect(make_app(ready=check)).get("/readyz")
    assert (response.status_code, response.json()["parts"]) == (503, {"check": "ConnectionRefusedError"})


async def test_the_contract_names_problems_once_and_for_every_route(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    post = document["paths"]["/v1/orders"]["post"]["responses"]
    get = document["paths"]["/v1/orders/{order_id}"]["get"]["responses"]
    assert {"400", "409", "413", "422", "500", "503"} <= set(post)
    assert {"401", "403", "404"} <= set(get)
    assert post["422"] == {"$ref": "#/components/responses/Problem422"}
    assert "HTTPValidationError" not in document["components"]["schemas"]
    assert "application/problem+json" in document["components"]["responses"]["Problem422"]["content"]
    references = {part.split('"')[0] for part in str(document).replace("'", '"').split("#/components/")[1:]}
    for reference in references:
        kind, name = reference.split("/")
        assert name in document["components"][kind]


async def test_the_contract_tells_of_404_where_an_id_is_asked_for(
    make_app: Callable[..., FastAPI], connect: Any, orders: APIRouter
) -> None:
    @orders.get("")
    @PUBLIC
    async def find(customer_id: UUID | None = None) -> None:
        pass

    @orders.get("/newest", responses={404: {}})
    @PUBLIC
    async def newest(limit: int = 1) -> None:
        pass

    @orders.put("")
    @PUBLIC
    async def fill(basket: Basket) -> None:
        pass

    paths = (await connect(make_app(orders)).get("/openapi.json")).json()["paths"]
    told = {"$ref": "#/components/responses/Problem404"}
    for method, path in (("get", ""), ("get", "/newest"), ("put", "")):
        assert paths[f"/v1/orders{path}"][method]["responses"]["404"] == told, (method, path)
    assert "404" not in paths["/v1/orders"]["post"]["responses"]


async def test_the_contract_asks_for_an_idempotency_key(make_app: Callable[..., FastAPI], connect: Any) -> None:
    router = APIRouter()

    @router.post("/things")
    async def make(call: Annotated[Write, Depends(write("things:write"))]) -> None:
        pass

    document = (await connect(make_app(router)).get("/openapi.json")).json()
    key = document["paths"]["/v1/things"]["post"]["parameters"][0]
    assert (key["name"], key["in"], key["required"]) == ("Idempotency-Key", "header", True)
    assert (key["schema"]["type"], key["schema"]["maxLength"]) == ("string", 255)


async def test_the_contract_names_its_address(
    make_app: Callable[..., FastAPI], connect: Any, orders: APIRouter
) -> None:
    app = make_app(orders, public_url="https://crm.example", title="Things", tags=[{"name": "orders"}])
    document = (await connect(app).get("/openapi.json")).json()
    assert document["servers"] == [{"url": "https://crm.example"}]
    assert (document["info"]["title"], document["tags"]) == ("Things", [{"name": "orders"}])


async def test_a_short_cursor_key_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        attach(FastAPI(), pool=None, authenticator=None, cursor_key=b"short")  # type: ignore[arg-type]


async def test_events_are_streamed_with_heartbeats_and_can_be_resumed(
    make_app: Callable[..., FastAPI], connect: Any
) -> None:
    router = APIRouter()

    @router.get("/events")
    @PUBLIC
    @streaming
    async def events(request: Request) -> StreamingResponse:
        async def coming() -> AsyncIterator[ServerEvent]:
            yield ServerEvent('{"n": 1}', id=f"after-{last_event_id(request)}", event="alert")
            await asyncio.sleep(0.05)
            yield ServerEvent("two\nlines", id="forged\ndata: x")

        return sse(coming(), heartbeat=0.02)

    response = await connect(make_app(router)).get("/v1/events", headers={"Last-Event-ID": "41"})
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["x-accel-buffering"] == "no"
    first, *beats, last = response.text.removeprefix(": welcome\n\n").strip("\n").split("\n\n")
    assert first == 'id: after-41\nevent: alert\ndata: {"n": 1}'
    assert beats
    assert set(beats) == {": heartbeat"}
    assert last == "id: forged data: x\ndata: two\ndata: lines"


async def test_a_reader_who_goes_away_ends_the_stream() -> None:
    ended: list[bool] = []

    async def coming() -> AsyncIterator[ServerEvent]:
        try:
            await asyncio.sleep(60)
            yield ServerEvent("never")
        finally:
            ended.append(True)

    body: Any = sse(coming(), heartbeat=0.01).body_iterator
    assert await anext(body) == b": welcome\n\n"
    assert await anext(body) == b": heartbeat\n\n"
    await body.aclose()
    assert ended == [True]


async def test_dependencies_of_the_application_may_be_combined(
    make_app: Callable[..., FastAPI], connect: Any, issuer: Any
) -> None:
    router = APIRouter(dependencies=[Depends(requires("things:read"))])

    @router.get("/both")
    async def both(caller: Annotated[Any, Depends(requires("pii:read"))]) -> str:
        return str(caller.subject)

    client = connect(make_app(router))
    for scopes, status in ((["things:read"], 403), (["pii:read"], 403), (["things:read", "pii:read"], 200)):
        token = issuer.token(subject="a", unit="head-office", scopes=scopes)
        assert (await client.get("/v1/both", headers={"Authorization": f"Bearer {token}"})).status_code == status


def given() -> int:
    return 1


async def test_what_would_run_in_a_thread_is_refused_at_the_start(make_app: Callable[..., FastAPI]) -> None:
    router = APIRouter()

    @router.get("/threaded")
    @guarded(Access())
    async def threaded(_: Annotated[int, Depends(given)]) -> None:
        """Ask for a thread."""

    with pytest.raises(ThreadedError, match=r"/v1/threaded: .*given"):
        make_app(router)
