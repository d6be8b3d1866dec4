"""What an endpoint asks for: a call that reads or writes, by a caller who may.

The dependencies are objects so that a start-up check can read from them which scopes a route asks.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Header
from pydantic import WithJsonSchema
from starlette.requests import Request
from starlette.responses import Response

from guanxi.auth import Access, authorise
from guanxi.http._calls import Read, Write, action_of
from guanxi.http._idempotency import KEY_SCHEMA, Attempt, check_key, request_hash


class Reads:
    """The dependency that `read` makes."""

    def __init__(self, access: Access) -> None:
        self.access = access

    async def __call__(self, request: Request, response: Response) -> Read:
        return Read(await authorise(request, self.access), request.app.state.pool, request, response)


class Writes:
    """The dependency that `write` makes for routes without a key."""

    def __init__(self, access: Access) -> None:
        self.access = access

    async def __call__(self, request: Request, response: Response) -> Write:
        return Write(await authorise(request, self.access), request.app.state.pool, request, response)


class WritesOnce:
    """The dependency that `write` makes for routes that take an Idempotency-Key."""

    def __init__(self, access: Access) -> None:
        self.access = access

    async def __call__(
        self,
        request: Request,
        response: Response,
        idempotency_key: Annotated[
            str | None,
            WithJsonSchema(KEY_SCHEMA),
            Header(
                alias="Idempotency-Key",
                description="1 to 255 visible ASCII characters, new for each new request, the same for its repeats. "
                "A repeat within 24 hours has no second effect and is answered with `Idempotency-Replayed: true`.",
            ),
        ] = None,
    ) -> Write:
        principal = await authorise(request, self.access)
        key = check_key(request.headers.getlist("idempotency-key") if idempotency_key is not None else [])
        # Not `request.url`, which puts a whole address together and takes it apart again.
        target = f"{request.scope['path']}?{request.scope['query_string'].decode('latin-1')}"
        hashed = request_hash(request.method, target, await request.body())
        attempt = Attempt(principal.subject, key, action_of(request), hashed)
        return Write(principal, request.app.state.pool, request, response, attempt)


def read(*scopes: str) -> Reads:
    """A dependency that gives a `Read`; without scopes the route is public."""
    return Reads(Access(scopes))


def write(*scopes: str, idempotent: bool = True) -> Writes | WritesOnce:
    """A dependency that gives a `Write`; without scopes the route is public and takes no key.

    Strangers share one name, so a key of one would answer another: public routes are safe to repeat by their own rules.
    """
    return WritesOnce(Access(scopes)) if idempotent and scopes else Writes(Access(scopes))
