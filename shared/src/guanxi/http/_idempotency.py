"""Idempotency-Key: a POST repeated after a lost answer has one effect.

The key is claimed in the effect's own transaction, so either both are there or neither. Kept are a hash of the request,
the status, Location and the id of what was made; not the body, which a repeat reads as it is now.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from guanxi.db import IDEMPOTENCY_KEPT, Reader, Tx
from guanxi.problems import Conflict, Problem, Unprocessable

_KEY = re.compile(r"[\x21-\x7e]{1,255}")
KEY_SCHEMA = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": r"^[\x21-\x7e]+$"}
"""A key, as a document's schema tells of it."""

_LOOK_UP = (
    """SELECT request_hash, status, location, resource_id FROM idempotency_key WHERE principal = $1 AND key = $2"""
)

_TYPES = ("text", "text", "text", "bytea", "timestamptz", "int", "text", "uuid")


def claim_sql(first: int = 1, given: str = "") -> str:
    """The INSERT that claims a key, for use alone or as the first part of one statement that does everything.

    Its eight parameters, `$first` to `$first+7`, are the values of `idempotency_args`. It returns one row when the key
    is ours, none when it was taken within 24 hours. What selects from it happens only in the first case:
    `WITH claim AS (<claim_sql()>), made AS (INSERT INTO ... SELECT ... FROM claim) ...`. `given` is a FROM or WHERE
    clause without which no key is claimed, such as `FROM customer`.
    """
    return claiming(", ".join(f"${n}::{kind}" for n, kind in enumerate(_TYPES, first)), given)


def claiming(values: str, given: str) -> str:
    """The same for values that stand in rows: eight expressions, and the FROM clause with their rows.

    Two rows of one key are an error of the statement.
    """
    return f"""INSERT INTO idempotency_key
 (principal, key, route, request_hash, created_at, status, location, resource_id) SELECT {values} {given}
 ON CONFLICT (principal, key) DO UPDATE SET route = EXCLUDED.route, request_hash = EXCLUDED.request_hash,
 created_at = EXCLUDED.created_at, status = EXCLUDED.status, location = EXCLUDED.location,
 resource_id = EXCLUDED.resource_id
 WHERE idempotency_key.created_at < EXCLUDED.created_at - interval '{IDEMPOTENCY_KEPT // timedelta(hours=1)} hours'
 RETURNING resource_id"""


_CLAIM = claim_sql()


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request under a key."""

    principal: str
    key: str
    route: str
    request_hash: bytes


@dataclass(frozen=True, slots=True)
class Made:
    """What the first request under a key made."""

    status: int
    location: str | None
    resource_id: UUID


def check_key(given: list[str]) -> str:
    """The key of a request; 400 when there is none, two, or one of other than 1 to 255 visible ASCII characters."""
    if not given:
        raise Problem(400, "idempotency-key-required", "Send an Idempotency-Key, such as a UUID, with every POST.")
    if len(given) > 1 or not _KEY.fullmatch(given[0]):
        raise Problem(400, "idempotency-key-invalid", "The Idempotency-Key has 1 to 255 visible ASCII characters.")
    return given[0]


def request_hash(method: str, target: str, body: bytes) -> bytes:
    """What two requests under one key must have in common."""
    return hashlib.sha256(b"\0".join((method.encode(), target.encode(), body))).digest()


def idempotency_args(
    attempt: Attempt,
    now: datetime,
    status: int | None = None,
    location: str | None = None,
    resource_id: UUID | None = None,
) -> tuple[Any, ...]:
    """The values of `claim_sql` in order; the last three are known beforehand on a hot route, else filled in later."""
    return attempt.principal, attempt.key, attempt.route, attempt.request_hash, now, status, location, resource_id


async def claim(tx: Tx, attempt: Attempt) -> Made | None:
    """Claim the key in `tx`; gives what was made under it before, or None when it is ours.

    The loser of a race waits for the winner as long as the lock time-out lets it, then is told to repeat.
    """
    try:
        if await tx.fetch(_CLAIM, *idempotency_args(attempt, tx.now)):
            return None
    except (asyncpg.LockNotAvailableError, asyncpg.QueryCanceledError, TimeoutError) as error:
        raise in_progress() from error
    return await look_up(tx, attempt)


async def look_up(reader: Reader, attempt: Attempt) -> Made:
    """What was made under the key; 422 when it was for another request, 409 when it is gone or not finished."""
    row = await reader.fetchrow(_LOOK_UP, attempt.principal, attempt.key)
    if row is None or row["resource_id"] is None:
        raise in_progress()
    if row["request_hash"] != attempt.request_hash:
        message = "This Idempotency-Key was used for another request. Take a new key for each new request."
        raise Unprocessable(message, code="idempotency-key-reused")
    return Made(row["status"], row["location"], row["resource_id"])


def in_progress() -> Conflict:
    """The problem of one who lost the race for a key."""
    message = "A request with this Idempotency-Key is being done. Repeat it."
    return Conflict("idempotency-key-in-progress", message, retry_after=1)
