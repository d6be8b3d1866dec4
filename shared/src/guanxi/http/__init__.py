"""The HTTP conventions that every service shares: problems, limits, calls that happen once, versions, pages."""

from guanxi.http._access import Reads, Writes, WritesOnce, read, write
from guanxi.http._answers import (
    PROBLEM_TYPE,
    ProblemDocument,
    add_problem_handlers,
    field_errors,
    problem_of,
    problem_response,
)
from guanxi.http._app import attach, create_app
from guanxi.http._calls import Change, Once, Read, Write
from guanxi.http._corrections import Correction
from guanxi.http._etag import ETAG_SCHEMA, etag, if_match, set_etag
from guanxi.http._idempotency import Attempt, Made, claim_sql, claiming, idempotency_args, in_progress, request_hash
from guanxi.http._marks import body_limit, deadline, streaming
from guanxi.http._pages import Page, PageQuery, Paging, decode_cursor, encode_cursor, page_query
from guanxi.http._plain import NotPlainError, plain
from guanxi.http._posts import Making, Waiting, claim_all, waiting
from guanxi.http._probes import Readiness, ReadyCheck
from guanxi.http._protocol import LimitedHeadProtocol
from guanxi.http._routes import RouteEntry, ThreadedError, UndeclaredAccessError, catalogue
from guanxi.http._sse import ServerEvent, last_event_id, sse
from guanxi.http._strict_json import check_json, join_path, json_errors
from guanxi.problems import (
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
)

__all__ = [
    "ETAG_SCHEMA",
    "PROBLEM_TYPE",
    "Attempt",
    "Change",
    "Conflict",
    "Correction",
    "FieldError",
    "Forbidden",
    "Gone",
    "LimitedHeadProtocol",
    "Made",
    "Making",
    "NotFound",
    "NotPlainError",
    "Once",
    "Page",
    "PageQuery",
    "Paging",
    "PreconditionRequired",
    "Problem",
    "ProblemDocument",
    "Read",
    "Readiness",
    "Reads",
    "ReadyCheck",
    "RouteEntry",
    "ServerEvent",
    "Stale",
    "ThreadedError",
    "TooLarge",
    "Unauthorized",
    "Unavailable",
    "UndeclaredAccessError",
    "Unprocessable",
    "Waiting",
    "Write",
    "Writes",
    "WritesOnce",
    "add_problem_handlers",
    "attach",
    "body_limit",
    "catalogue",
    "check_json",
    "claim_all",
    "claim_sql",
    "claiming",
    "create_app",
    "deadline",
    "decode_cursor",
    "encode_cursor",
    "etag",
    "field_errors",
    "idempotency_args",
    "if_match",
    "in_progress",
    "join_path",
    "json_errors",
    "last_event_id",
    "page_query",
    "plain",
    "problem_of",
    "problem_response",
    "read",
    "request_hash",
    "set_etag",
    "sse",
    "streaming",
    "waiting",
    "write",
]
