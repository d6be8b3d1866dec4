"""Every refusal is one document, RFC 9457 `application/problem+json`, whoever noticed it and wherever it was raised."""

from __future__ import annotations

import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import asyncpg
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import Response

from guanxi.db import ErrorClass, classify
from guanxi.http._strict_json import MOST_ERRORS, join_path
from guanxi.problems import Conflict, FieldError, Problem, Unavailable, Unprocessable
from guanxi.telemetry import current_trace_id

_LOG = structlog.get_logger()
PROBLEM_TYPE = "application/problem+json"
_PLACES = frozenset({"body", "query", "path", "header", "cookie"})
_LONGEST = 300
_CODES = {
    400: "bad-request",
    404: "not-found",
    405: "method-not-allowed",
    406: "not-acceptable",
    408: "too-slow",
    413: "too-large",
    415: "unsupported-media-type",
    429: "too-many-requests",
}

_DETAILS = {
    404: "There is nothing at this address.",
    405: "This address does not take that method; Allow names those it takes.",
}

_OURS = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
"""What may come of the database and the way to it; one table decides what it means."""


class FieldErrorDocument(BaseModel):
    """One field that was wrong."""

    field: str
    code: str
    detail: str


class ProblemDocument(BaseModel):
    """Why a request was refused (RFC 9457); `code` is stable, `detail` is for people."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    errors: list[FieldErrorDocument]
    trace_id: str | None


def problem_response(problem: Problem, instance: str) -> Response:
    """The answer that a problem becomes."""
    headers = dict(problem.headers)
    if problem.retry_after is not None:
        headers["Retry-After"] = str(problem.retry_after)
    document = {
        "type": f"urn:guanxi:problem:{problem.code}",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
        "instance": instance[:_LONGEST],
        "code": problem.code,
        "errors": [_field(error) for error in problem.errors[:MOST_ERRORS]],
        "trace_id": current_trace_id(),
    }
    # ASCII with escapes: names of fields come from the caller and may hold what UTF-8 cannot.
    return Response(json.dumps(document), problem.status, headers, PROBLEM_TYPE)


def add_problem_handlers(app: FastAPI) -> None:
    """Let every error that leaves a route become a problem document."""
    app.exception_handler(Problem)(_answer)
    app.exception_handler(HTTPException)(_answer)
    app.exception_handler(RequestValidationError)(_answer)
    for kind in _OURS:
        app.exception_handler(kind)(_answer)


def problem_of(error: Exception) -> Problem | None:  # noqa: PLR0911 - a table of kinds
    """The problem that an error is to its caller; None for one that nobody foresaw."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, RequestValidationError):
        return Unprocessable("Some fields are not valid.", field_errors(error.errors()))
    if isinstance(error, HTTPException):
        return _http_problem(error)
    if isinstance(error, asyncpg.IntegrityConstraintViolationError):
        return Conflict("conflict", "This contradicts what is already stored.")
    if isinstance(error, asyncpg.DataError):
        return Unprocessable("A value cannot be stored: it is too large, or holds characters that are not taken.")
    if isinstance(error, _OURS) and classify(error) is not ErrorClass.POISON:
        return Unavailable(1)
    return None


def field_errors(found: Sequence[Any]) -> list[FieldError]:
    """Pydantic's errors as ours: the path without `body` or `query`, the type as the code, never the input."""
    return [FieldError(_path(error["loc"]), error["type"].replace("_", "-"), error["msg"]) for error in found]


def refusal(error: Exception, instance: str) -> Response | None:
    """The answer that an error which left a route becomes; None for one that nobody foresaw."""
    problem = problem_of(error)
    if problem is None:
        return None
    if not isinstance(error, Problem | HTTPException | RequestValidationError):
        _LOG.warning("request failed", status=problem.status, kind=type(error).__name__, reason=str(error))
    return problem_response(problem, instance)


async def _answer(request: Request, error: Exception) -> Response:
    answer = refusal(error, request.url.path)
    if answer is None:
        raise error
    return answer


def _http_problem(error: HTTPException) -> Problem:
    # FastAPI reads the body in a `try` that turns whatever our middleware raised into a bare 400.
    if isinstance(error.__cause__, Problem):
        return error.__cause__
    code = _CODES.get(error.status_code, HTTPStatus(error.status_code).phrase.lower().replace(" ", "-"))
    detail = _DETAILS.get(error.status_code, str(error.detail))
    return Problem(error.status_code, code, detail, headers=error.headers)


def _path(location: Sequence[str | int]) -> str:
    path = ""
    for index, key in enumerate(location):
        if index or key not in _PLACES:
            path = join_path(path, key)
    return path or str(location[0] if location else "body")


def _field(error: FieldError) -> dict[str, str]:
    return {"field": error.field[:_LONGEST], "code": error.code, "detail": error.detail[:_LONGEST]}
