"""What an endpoint gets: the caller, the pool and, for writes, a transaction that is recorded and happens once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TypeVar
from urllib.parse import quote
from uuid import UUID

import asyncpg
import structlog
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from guanxi.auth import (
    ANONYMOUS,
    PII_READ,
    AuditEntry,
    Principal,
    audit,
    audit_args,
    has_personal,
    masked,
)
from guanxi.db import Pool, Tx
from guanxi.http._etag import set_etag
from guanxi.http._idempotency import Attempt, Made, claim, look_up
from guanxi.http._routes import template_of

_LOG = structlog.get_logger()
_Model = TypeVar("_Model", bound=BaseModel)
_CREATED, _ACCEPTED = 201, 202
_SAFE = "/:?&=%@,;+~"
_FINISH = """WITH kept AS (
  UPDATE idempotency_key SET status = $3, location = $4, resource_id = $5 WHERE principal = $1 AND key = $2)
INSERT INTO audit (id, at, principal, unit, action, resource, resource_id, customer_id, unmasked, trace_id, details)
VALUES ($6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)"""


@dataclass(slots=True)
class Read:
    """A call that reads."""

    principal: Principal
    pool: Pool
    request: Request
    response: Response

    async def show(self, model: _Model, resource: str, resource_id: UUID, customer_id: UUID | None = None) -> _Model:
        """The model as the caller may see it: masked, or whole and on record. What cannot be recorded is masked."""
        return await _shown(self, model, resource, resource_id, customer_id)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What a write did, for the answer's headers, the key's row and the audit trail."""

    resource: str
    resource_id: UUID
    status: int = _CREATED
    version: int | None = None
    customer_id: UUID | None = None
    details: dict[str, object] | None = None


class Once:
    """The transaction of a POST: `created` or `accepted` is called in it, unless it is a repeat."""

    def __init__(self, tx: Tx, made: Made | None) -> None:
        self.tx = tx
        self.made = made
        self.outcome: _Outcome | None = None

    @property
    def replay(self) -> UUID | None:
        """On a repeat the id of what the first request made; else None."""
        return self.made.resource_id if self.made else None

    def created(
        self,
        resource_id: UUID,
        location: str,
        version: int | None = None,
        *,
        customer_id: UUID | None = None,
        **details: object,
    ) -> None:
        """Answer 201 with Location and, given a version, ETag; `details` (codes, ids) go to the audit trail."""
        self.outcome = _Outcome(_ascii(location), resource_id, _CREATED, version, customer_id, details or None)

    def accepted(
        self,
        resource_id: UUID,
        location: str,
        version: int | None = None,
        *,
        customer_id: UUID | None = None,
        **details: object,
    ) -> None:
        """Answer 202: the work goes on after the answer; `location` tells where to look."""
        self.outcome = _Outcome(_ascii(location), resource_id, _ACCEPTED, version, customer_id, details or None)


class Change:
    """The transaction of an update; `done` is called in it."""

    def __init__(self, tx: Tx) -> None:
        self.tx = tx
        self.outcome: _Outcome | None = None

    def done(
        self, resource_id: UUID, version: int | None = None, *, customer_id: UUID | None = None, **details: object
    ) -> None:
        """Answer with the new version's ETag and put the change on record."""
        self.outcome = _Outcome("", resource_id, 0, version, customer_id, details or None)


@dataclass(slots=True)
class Write:
    """A call that writes. `attempt` is its Idempotency-Key; None where the route takes none."""

    principal: Principal
    pool: Pool
    request: Request
    response: Response
    attempt: Attempt | None = None
    repeat: bool = False
    """Whether it is answered as the first call under its key was."""

    async def show(self, model: _Model, resource: str, resource_id: UUID, customer_id: UUID | None = None) -> _Model:
        """What a write answers beyond what its caller sent, as `Read.show` has it."""
        return await _shown(self, model, resource, resource_id, customer_id)

    @asynccontextmanager
    async def once(self) -> AsyncIterator[Once]:
        """A transaction with the key claimed in it; commits, records and sets the answer's headers at the end."""
        async with self.pool.begin() as tx:
            once = Once(tx, await claim(tx, self.attempt) if self.attempt else None)
            yield once
            if once.made is None:
                await self._finish(tx, _declared(once.outcome, "created"))
        if once.made is not None:
            self.replayed(once.made)
        else:
            self.answered(_declared(once.outcome, "created"))

    @asynccontextmanager
    async def change(self) -> AsyncIterator[Change]:
        """A transaction for an update, without a key: If-Match makes a repeat harmless."""
        async with self.pool.begin() as tx:
            change = Change(tx)
            yield change
            done = _declared(change.outcome, "done")
            await audit(tx, self.principal, self.entry(done.resource_id, done.customer_id, done.details))
        if done.version is not None:
            set_etag(self.response, done.version)

    def entry(
        self, resource_id: UUID, customer_id: UUID | None = None, details: dict[str, object] | None = None
    ) -> AuditEntry:
        """The audit row of this call, for a hot route's own statement."""
        # A stranger's path may hold the secret that lets them in, such as a tracking token.
        public = self.principal is ANONYMOUS
        path = template_of(self.request.scope) if public else self.request.scope["path"]
        return AuditEntry(action_of(self.request), path, resource_id, customer_id, details=details)

    async def look_up(self) -> Made:
        """For a hot route whose claim gave no row: what was made before (422 and 409 as in `once`)."""
        if self.attempt is None:
            message = "only a call with an Idempotency-Key can be a repeat"
            raise RuntimeError(message)
        async with self.pool.read() as reader:
            return await look_up(reader, self.attempt)

    def answered(self, made: _Outcome | Made, version: int | None = None) -> None:
        """Set status, Location and ETag of the answer."""
        self.response.status_code = made.status
        location = made.resource if isinstance(made, _Outcome) else made.location
        version = made.version if isinstance(made, _Outcome) else version
        if location:
            self.response.headers["Location"] = location
        if version is not None:
            set_etag(self.response, version)

    def replayed(self, made: Made) -> None:
        """Answer as the first time, and say that this is a repeat."""
        self.answered(made)
        self.repeat = True
        self.response.headers["Idempotency-Replayed"] = "true"

    async def _finish(self, tx: Tx, done: _Outcome) -> None:
        entry = self.entry(done.resource_id, done.customer_id, done.details)
        if self.attempt is None:
            await audit(tx, self.principal, entry)
            return
        kept = (self.attempt.principal, self.attempt.key, done.status, done.resource, done.resource_id)
        await tx.execute(_FINISH, *kept, *audit_args(tx, self.principal, entry))


async def _shown(
    call: Read | Write, model: _Model, resource: str, resource_id: UUID, customer_id: UUID | None
) -> _Model:
    if not call.principal.may(PII_READ) or not has_personal(model):
        return masked(model, call.principal)
    entry = AuditEntry(action_of(call.request), resource, resource_id, customer_id, unmasked=True)
    try:
        async with call.pool.single() as tx:
            await audit(tx, call.principal, entry)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
        _LOG.warning("reading not recorded, so masked", kind=type(error).__name__)
        return masked(model, _without_pii(call.principal))
    return model


def action_of(request: Request) -> str:
    """What a request does, as the audit trail and an Idempotency-Key name it."""
    return f"{request.method} {template_of(request.scope)}"


def _ascii(location: str) -> str:
    return quote(location, safe=_SAFE)


def _declared(outcome: _Outcome | None, by: str) -> _Outcome:
    if outcome is None:
        message = f"the endpoint left its transaction without calling `{by}`"
        raise RuntimeError(message)
    return outcome


def _without_pii(principal: Principal) -> Principal:
    return replace(principal, scopes=principal.scopes - {PII_READ})
