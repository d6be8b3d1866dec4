"""POSTs that go down together: the keys of a batch are claimed and its requests put on record in one statement.

For use cases that take any number of things in as many statements as one. What belongs to a single request (its trace,
its correlation id) is taken along as its context, because the batch runs in one of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import Context, copy_context
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from guanxi.auth import AUDIT_COLUMNS, audit_args
from guanxi.db import Tx
from guanxi.http._calls import Write
from guanxi.http._idempotency import Attempt, claiming
from guanxi.telemetry import correlation_id

_Body = TypeVar("_Body")
_CREATED = 201
_AUDIT_TYPES = ("uuid", "timestamptz", "text", "text", "text", "text", "uuid", "uuid", "boolean", "text", "jsonb")
_KEYS = 5
_AUDITED = ", ".join(f"${n}::{kind}[]" for n, kind in enumerate(_AUDIT_TYPES, _KEYS + 1))
# Two arrays side by side: of a key, and of the audit row of whoever claims it.
_CLAIM = f"""
WITH given AS MATERIALIZED (
  SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bytea[], $5::text[], {_AUDITED})
  AS g(claimant, key, route, request_hash, location, {AUDIT_COLUMNS})
), claim AS (
  {
    claiming(
        f"g.claimant, g.key, g.route, g.request_hash, g.at, {_CREATED}, g.location, g.resource_id",
        "FROM (SELECT * FROM given ORDER BY claimant, key) g",
    )
}
), audited AS (
  INSERT INTO audit ({AUDIT_COLUMNS}) SELECT {AUDIT_COLUMNS} FROM given
  WHERE given.resource_id IN (SELECT claim.resource_id FROM claim)
)
SELECT resource_id FROM claim
"""


@dataclass(frozen=True, slots=True)
class Waiting(Generic[_Body]):
    """A request on its way into a batch."""

    call: Write
    body: _Body
    context: Context

    @property
    def attempt(self) -> Attempt:
        """Its Idempotency-Key."""
        if self.call.attempt is None:
            raise RuntimeError("only routes that take an Idempotency-Key have their requests go down together")
        return self.call.attempt

    @property
    def key(self) -> tuple[str, str]:
        """What no two requests of a batch may share."""
        return self.attempt.principal, self.attempt.key


@dataclass(frozen=True, slots=True)
class Making:
    """What a request is about to make."""

    resource_id: UUID
    location: str
    customer_id: UUID | None


def waiting(call: Write, body: _Body) -> Waiting[_Body]:
    """A request with its context."""
    # Made now if the caller sent none: the answer's header and the events must say the same.
    correlation_id()
    return Waiting(call, body, copy_context())


async def claim_all(tx: Tx, wanted: Sequence[tuple[Waiting[Any], Making]]) -> set[UUID]:
    """Claim the keys and put the requests on record; gives the ids of those whose key was free."""
    if not wanted:
        return set()
    rows = [
        (
            *(one.attempt.principal, one.attempt.key, one.attempt.route, one.attempt.request_hash, making.location),
            *one.context.run(
                audit_args, tx, one.call.principal, one.call.entry(making.resource_id, making.customer_id)
            ),
        )
        for one, making in wanted
    ]
    found = await tx.fetch(_CLAIM, *map(list, zip(*rows, strict=True)))
    return {row["resource_id"] for row in found}
