"""Every kind of error is one document, and nobody's mistake shows its inside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import asyncpg
import httpx
import pytest
from fastapi import APIRouter, FastAPI, HTTPException

from guanxi.http import (
    Conflict,
    FieldError,
    Forbidden,
    Gone,
    NotFound,
    PreconditionRequired,
    Problem,
    Stale,
    TooLarge,
    Unauthorized,
    Unavailable,
    Unprocessable,
    problem_of,
)
from guanxi.problems import Problem as TheProblem

pytestmark = pytest.mark.asyncio
OWN = [
    (NotFound("customer"), 404, "not-found"),
    (Gone("It was erased."), 410, "gone"),
    (Conflict("already-closed", "The complaint is closed."), 409, "already-closed"),
    (Stale(7), 412, "stale"),
    (PreconditionRequired(), 428, "if-match-required"),
    (Unprocessable.field("due_at", "in-the-past", "The due time has passed."), 422, "invalid"),
    (TooLarge(10), 413, "too-large"),
    (Unavailable(3, "customer-not-yet-known"), 503, "customer-not-yet-known"),
    (Unauthorized(), 401, "unauthorized"),
    (Forbidden(), 403, "forbidden"),
    (HTTPException(404, "secret detail"), 404, "not-found"),
    (HTTPException(418), 418, "i'm-a-teapot"),
    (asyncpg.LockNotAvailableError("canceling statement due to lock timeout"), 503, "unavailable"),
    (asyncpg.DeadlockDetectedError("deadlock detected"), 503, "unavailable"),
    (asyncpg.SerializationError("could not serialize"), 503, "unavailable"),
    (asyncpg.QueryCanceledError("canceling statement"), 503, "unavailable"),
    (asyncpg.TooManyConnectionsError("sorry, too many clients already"), 503, "unavailable"),
    (asyncpg.DiskFullError("no space left"), 503, "unavailable"),
    (asyncpg.AdminShutdownError("terminating connection"), 503, "unavailable"),
    (asyncpg.CannotConnectNowError("the database system is starting up"), 503, "unavailable"),
    (asyncpg.ConnectionDoesNotExistError("connection was closed"), 503, "unavailable"),
    (asyncpg.ReadOnlySQLTransactionError("cannot execute INSERT"), 503, "unavailable"),
    (asyncpg.InterfaceError("connection is closed"), 503, "unavailable"),
    (ConnectionRefusedError("no"), 503, "unavailable"),
    (TimeoutError(), 503, "unavailable"),
    (asyncpg.UniqueViolationError("duplicate key (phone)=(138)"), 409, "conflict"),
    (asyncpg.ForeignKeyViolationError("violates"), 409, "conflict"),
    (asyncpg.CheckViolationError("violates"), 409, "conflict"),
    (asyncpg.CharacterNotInRepertoireError("invalid byte sequence"), 422, "invalid"),
    (asyncpg.NumericValueOutOfRangeError("out of range"), 422, "invalid"),
    (asyncpg.DataError("invalid input for query argument $1"), 422, "invalid"),
    (asyncpg.InterfaceError("the server expects 2 arguments"), 500, "internal-error"),
    (asyncpg.UndefinedColumnError('column "phone" does not exist'), 500, "internal-error"),
    (ValueError("13800131234"), 500, "internal-error"),
    (RuntimeError("inside"), 500, "internal-error"),
    (KeyError("inside"), 500, "internal-error"),
]


@pytest.fixture
def failing(make_app: Callable[..., FastAPI], connect: Callable[..., httpx.AsyncClient]) -> Callable[..., Any]:
    def make(error: Exception) -> httpx.AsyncClient:
        from guanxi.auth import Access, guarded

        router = APIRouter()

        @router.get("/fails")
        @guarded(Access())
        async def fails() -> None:
            raise error

        return connect(make_app(router))

    return make


@pytest.mark.parametrize(("error", "status", "code"), OWN, ids=[f"{type(e).__name__}-{c}" for e, _, c in OWN])
async def test_each_error_has_its_document(
    failing: Callable[..., Any], error: Exception, status: int, code: str
) -> None:
    response = await failing(error).get("/v1/fails")
    document = response.json()
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert set(document) == {"type", "title", "status", "detail", "instance", "code", "errors", "trace_id"}
    assert document["type"] == f"urn:guanxi:problem:{code}"
    assert (document["status"], document["code"], document["instance"]) == (status, code, "/v1/fails")
    assert len(document["trace_id"]) == 32
    assert ("retry-after" in response.headers) == (status == 503)
    # The trace id is random: any three digits may stand in it.
    told = response.text.replace(document["trace_id"], "")
    for inside in ("13800131234", "secret", "138", "Traceback", "argument", "column"):
        assert inside not in told


async def test_an_unforeseen_error_is_logged_with_the_trace_the_caller_saw(
    failing: Callable[..., Any], lines: Callable[[], list[dict[str, Any]]]
) -> None:
    response = await failing(RuntimeError("the inside")).get("/v1/fails")
    logged = next(line for line in lines() if line["event"] == "request failed")
    assert logged["trace_id"] == response.json()["trace_id"]
    assert "the inside" in logged["exception"]
    assert response.headers["x-content-type-options"] == "nosniff"


async def test_a_401_never_says_why(failing: Callable[..., Any]) -> None:
    response = await failing(Unauthorized()).get("/v1/fails")
    assert response.headers["www-authenticate"] == "Bearer"


async def test_no_route_is_a_problem_too(client: httpx.AsyncClient) -> None:
    missing = await client.get("/nowhere")
    assert (missing.status_code, missing.json()["code"]) == (404, "not-found")
    wrong = await client.delete("/v1/orders")
    assert (wrong.status_code, wrong.json()["code"], wrong.headers["allow"]) == (405, "method-not-allowed", "POST")


async def test_wrong_parameters_are_named_without_their_place(client: httpx.AsyncClient, issuer: Any) -> None:
    token = issuer.token(subject="a", unit="head-office", scopes=["admin"])
    response = await client.get("/v1/orders/not-a-uuid", headers={"Authorization": f"Bearer {token}"})
    assert response.json()["errors"][0]["field"] == "order_id"


async def test_the_cause_of_a_bare_400_is_told() -> None:
    bare = HTTPException(400, "There was an error parsing the body")
    bare.__cause__ = TooLarge(5)
    found = problem_of(bare)
    assert found is not None
    assert found.status == 413


async def test_http_and_problems_name_the_same_class() -> None:
    assert Problem is TheProblem
    assert FieldError("a", "b", "c") == FieldError("a", "b", "c")
