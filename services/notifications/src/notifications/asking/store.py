"""All SQL of permission requests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from guanxi.auth import Principal, visible
from guanxi.db import Reader, Tx, after_key
from notifications.asking.rules import Request
from notifications.asking.tables import permission_request

_COLUMNS = """id, version, unit_id, created_at, customer_id, purpose, channel, way, state, reason, asked_by, asked_at,
 answered_at"""
_ADD = f"""
INSERT INTO permission_request (id, unit_id, created_at, recorded_at, customer_id, purpose, channel, way, state,
                                asked_by, asked_at)
VALUES ($1, $2, $3, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING {_COLUMNS}
"""
_MARK = f"""
UPDATE permission_request SET state = $2, reason = $3, asked_at = coalesce($4, asked_at),
  answered_at = coalesce($5, answered_at), recorded_at = $6, version = version + 1
WHERE id = $1 RETURNING {_COLUMNS}
"""
_EARLIER = f"""
SELECT {_COLUMNS} FROM permission_request
WHERE customer_id = ANY($1::uuid[]) AND purpose = $2 AND channel = $3 ORDER BY id
"""


async def add(tx: Tx, request: Request) -> Request:
    """Enter a question."""
    what = (request.customer_id, request.purpose, request.channel, request.way, request.state)
    row = await tx.fetchrow(_ADD, request.id, request.unit_id, tx.now, *what, request.asked_by, request.asked_at)
    assert row is not None  # noqa: S101 - INSERT without a condition always returns its row
    return Request(**dict(row))


async def earlier(reader: Reader, customer_ids: Sequence[UUID], purpose: str, channel: str) -> list[Request]:
    """What these customers were asked of this purpose and channel before."""
    return [Request(**dict(row)) for row in await reader.fetch(_EARLIER, list(customer_ids), purpose, channel)]


async def one(reader: Reader, request_id: UUID) -> Request | None:
    """One question."""
    row = await reader.fetchrow(f"SELECT {_COLUMNS} FROM permission_request WHERE id = $1", request_id)
    return Request(**dict(row)) if row else None


async def lock(tx: Tx, request_id: UUID) -> Request | None:
    """One question, locked."""
    row = await tx.fetchrow(f"SELECT {_COLUMNS} FROM permission_request WHERE id = $1 FOR UPDATE", request_id)
    return Request(**dict(row)) if row else None


async def mark(  # noqa: PLR0913 - one argument for each thing that may change
    tx: Tx,
    request_id: UUID,
    state: str,
    *,
    reason: str | None = None,
    asked_at: datetime | None = None,
    answered_at: datetime | None = None,
) -> Request:
    """Move a locked question to another state."""
    row = await tx.fetchrow(_MARK, request_id, state, reason, asked_at, answered_at, tx.now)
    assert row is not None  # noqa: S101 - the row is locked
    return Request(**dict(row))


async def page(  # noqa: PLR0913 - one argument for each filter
    reader: Reader,
    principal: Principal,
    *,
    customer_ids: Sequence[UUID] | None,
    state: str | None,
    after: Sequence[Any] | None,
    limit: int,
) -> list[Request]:
    """Questions that the caller may see, oldest first."""
    table = permission_request
    columns = [table.c[name.strip()] for name in _COLUMNS.split(",")]
    statement = table.select().with_only_columns(*columns).where(visible(principal, table.c.unit_id))
    if customer_ids is not None:
        statement = statement.where(table.c.customer_id.in_(customer_ids))
    if state is not None:
        statement = statement.where(table.c.state == state)
    return [Request(**dict(row)) for row in await reader.all(after_key(statement, [table.c.id], after, limit))]
