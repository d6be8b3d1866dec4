"""All SQL of webhooks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import sqlalchemy as sa

from guanxi.auth import Principal, visible
from guanxi.db import Reader, Tx, after_key
from notifications.feeds.rules import Subscription
from notifications.feeds.tables import feed_delivery, subscription

LEASE = timedelta(seconds=60)
"""A delivery that was begun so long ago is begun again: receivers know a repeat by its webhook-id."""

_SUBSCRIPTION = """SELECT s.id, s.version, s.unit_id, s.types, s.url, s.secret, s.status, s.reason, s.created_at,
  coalesce(u.internal, false) AS internal
FROM subscription s LEFT JOIN directory_unit u ON u.code = s.unit_id
"""
_ADD = """INSERT INTO subscription (id, unit_id, created_at, recorded_at, types, url, secret, status)
VALUES ($1, $2, $3, $3, $4, $5, $6, 'active')"""
_PATCH = """
UPDATE subscription SET types = coalesce($3, types), url = coalesce($4, url), status = coalesce($5, status),
  reason = CASE WHEN $5::text IS NULL THEN reason ELSE $6 END,
  secret = CASE WHEN $5 = 'removed' THEN NULL ELSE secret END, version = version + 1, recorded_at = $7
WHERE id = $1 AND version = $2 AND status <> 'removed' RETURNING version
"""
_CANCEL = """UPDATE feed_delivery SET status = 'cancelled', body = NULL, settled_at = $2, version = version + 1
WHERE subscription_id = $1 AND status IN ('queued', 'sending')"""
_CANCEL_ENDED = """
UPDATE feed_delivery d SET status = 'cancelled', body = NULL, settled_at = $1, version = d.version + 1
FROM subscription s
WHERE s.id = d.subscription_id AND s.status IN ('disabled', 'removed') AND d.status IN ('queued', 'sending')
"""
_QUEUE = """
INSERT INTO feed_delivery (id, unit_id, created_at, recorded_at, subscription_id, event_id, event_type, customer_id,
                           body, status, next_at)
SELECT id, unit, $2, $2, subscription_id, event_id, event_type, customer_id, body, 'queued', $2
FROM jsonb_to_recordset($1::jsonb)
  AS d(id uuid, unit text, subscription_id uuid, event_id uuid, event_type text, customer_id uuid, body jsonb)
ON CONFLICT (subscription_id, event_id) DO NOTHING
"""
# A statement of its own: only one that begins after the lock counts what another worker has begun.
_LOCK_DUE = """
SELECT s.id FROM subscription s
WHERE s.status = 'active' AND EXISTS (
  SELECT FROM feed_delivery w WHERE w.subscription_id = s.id AND w.status IN ('queued', 'sending') AND w.next_at <= $1)
ORDER BY s.id FOR NO KEY UPDATE SKIP LOCKED
"""
# For each subscriber its oldest due deliveries, as many as it has slots left: whoever does not answer holds its own
# slots and nobody else's, and what waits for paused ones is not looked at.
_CLAIM = """
WITH due AS (
  SELECT d.id FROM subscription s CROSS JOIN LATERAL (
    SELECT w.id, w.next_at FROM feed_delivery w
    WHERE w.subscription_id = s.id AND w.status IN ('queued', 'sending') AND w.next_at <= $1
    ORDER BY w.next_at LIMIT greatest($4 - (
      SELECT count(*) FROM feed_delivery f
      WHERE f.subscription_id = s.id AND f.status = 'sending' AND f.next_at > $1), 0)
    FOR UPDATE SKIP LOCKED) d
  WHERE s.id = ANY($5::uuid[]) ORDER BY d.next_at, d.id LIMIT $2)
UPDATE feed_delivery d
SET status = 'sending', claimed_at = $1, recorded_at = $1, next_at = $3, attempts = d.attempts + 1,
  version = d.version + 1
FROM subscription s WHERE d.id IN (SELECT id FROM due) AND s.id = d.subscription_id
RETURNING d.id, d.subscription_id, d.event_id, d.body, d.attempts, s.url, s.secret
"""
_BEYOND = """
UPDATE feed_delivery d SET status = 'cancelled', reason = $2, body = NULL, settled_at = $3, version = d.version + 1
FROM subscription s CROSS JOIN LATERAL (
  SELECT w.id FROM feed_delivery w WHERE w.subscription_id = s.id AND w.status = 'queued'
  ORDER BY w.id DESC OFFSET $1) old
WHERE s.status IN ('active', 'paused') AND d.id = old.id AND d.status = 'queued'
"""
_SETTLE = """
UPDATE feed_delivery SET status = $2, answered = $3, reason = $4, next_at = coalesce($5, next_at), recorded_at = $6,
  settled_at = CASE WHEN $2 = 'queued' THEN NULL ELSE $6::timestamptz END,
  body = CASE WHEN $2 = 'queued' THEN body END, version = version + 1
WHERE id = $1 AND status = 'sending' AND attempts = $7
"""
_DISABLE = """UPDATE subscription SET status = 'disabled', reason = $2, version = version + 1, recorded_at = $3
WHERE id = $1 AND url = $4 AND status = 'active' RETURNING true"""
_ERASE = """
UPDATE feed_delivery SET body = NULL, version = version + 1,
  status = CASE WHEN status IN ('queued', 'sending') THEN 'cancelled' ELSE status END,
  reason = CASE WHEN status IN ('queued', 'sending') THEN 'erased' ELSE reason END
WHERE customer_id = ANY($1::uuid[]) AND (body IS NOT NULL OR status IN ('queued', 'sending'))
"""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that this sender is to make now."""

    id: UUID
    subscription_id: UUID
    event_id: UUID
    body: dict[str, Any]
    attempts: int
    url: str
    secret: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of one event for one subscriber."""

    id: UUID
    event_id: UUID
    event_type: str
    status: str
    attempts: int
    answered: int | None
    reason: str | None
    created_at: datetime
    next_at: datetime
    settled_at: datetime | None


async def add(  # noqa: PLR0913 - one argument for each field
    tx: Tx, subscription_id: UUID, unit: str, *, types: Sequence[str], url: str, secret: str
) -> None:
    """Add a subscription."""
    await tx.execute(_ADD, subscription_id, unit, tx.now, list(types), url, secret)


async def one(reader: Reader, principal: Principal, subscription_id: UUID) -> Subscription | None:
    """One subscription that the caller may see."""
    row = await reader.fetchrow(f"{_SUBSCRIPTION} WHERE s.id = $1 AND s.status <> 'removed'", subscription_id)
    if row is None or not (principal.internal or row["unit_id"] == principal.unit):
        return None
    return _subscription(row)


async def page(reader: Reader, principal: Principal, *, after: Sequence[Any] | None, limit: int) -> list[Subscription]:
    """Subscriptions that the caller may see, oldest first."""
    names = ("id", "version", "unit_id", "types", "url", "secret", "status", "reason", "created_at")
    columns = [subscription.c[name] for name in names]
    statement = (
        sa.select(*columns, sa.false().label("internal"))
        .where(visible(principal, subscription.c.unit_id))
        .where(subscription.c.status != "removed")
    )
    return [_subscription(row) for row in await reader.all(after_key(statement, [subscription.c.id], after, limit))]


async def wanting(reader: Reader, types: Sequence[str]) -> list[Subscription]:
    """Active and paused subscriptions to any of these types."""
    sql = f"{_SUBSCRIPTION} WHERE s.status IN ('active', 'paused') AND s.types && $1::text[]"
    return [_subscription(row) for row in await reader.fetch(sql, list(types))]


async def patch(  # noqa: PLR0913 - one argument for each field
    tx: Tx,
    subscription_id: UUID,
    version: int,
    *,
    types: Sequence[str] | None = None,
    url: str | None = None,
    status: str | None = None,
    reason: str | None = None,
) -> int | None:
    """Change a subscription that is still at this version; the new version, None when it is not."""
    given = list(types) if types is not None else None
    changed: int | None = await tx.fetchval(_PATCH, subscription_id, version, given, url, status, reason, tx.now)
    return changed


async def cancel(tx: Tx, subscription_id: UUID) -> None:
    """Forget what still waits for a subscriber or is on its way, which is not tried again."""
    await tx.execute(_CANCEL, subscription_id, tx.now)


async def cancel_ended(tx: Tx) -> int:
    """Forget what was queued for subscribers while they ended; how many."""
    return int((await tx.execute(_CANCEL_ENDED, tx.now)).split()[-1])


async def queue(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    """Queue deliveries, each event once a subscriber."""
    await tx.execute(_QUEUE, list(rows), tx.now)


async def claim(tx: Tx, most: int, most_each: int) -> list[Claimed]:
    """Take deliveries whose turn it is; of each subscriber so many that at most `most_each` are on their way."""
    locked = [row["id"] for row in await tx.fetch(_LOCK_DUE, tx.now)]
    return [Claimed(**dict(row)) for row in await tx.fetch(_CLAIM, tx.now, most, tx.now + LEASE, most_each, locked)]


async def cancel_beyond(tx: Tx, kept: int, reason: str) -> int:
    """Forget what waits for active and paused subscribers, except for the newest of each; how many."""
    return int((await tx.execute(_BEYOND, kept, reason, tx.now)).split()[-1])


async def settle(  # noqa: PLR0913 - one argument for each thing that is noted
    tx: Tx, done: Claimed, *, status: str, answered: int | None, reason: str | None, again_at: datetime | None
) -> None:
    """Note what became of a try, unless somebody has begun it again meanwhile."""
    await tx.execute(_SETTLE, done.id, status, answered, reason, again_at, tx.now, done.attempts)


async def disable(tx: Tx, subscription_id: UUID, url: str, reason: str) -> bool:
    """Stop delivering to a subscriber; False when it has another address by now, or is not active."""
    return bool(await tx.fetchval(_DISABLE, subscription_id, reason, tx.now, url))


async def deliveries(
    reader: Reader, subscription_id: UUID, *, after: Sequence[Any] | None, limit: int
) -> list[Delivery]:
    """What was delivered to a subscriber, newest first."""
    names = ("id", "event_id", "event_type", "status", "attempts", "answered", "reason", "created_at", "next_at")
    columns = [feed_delivery.c[name] for name in (*names, "settled_at")]
    statement = sa.select(*columns).where(feed_delivery.c.subscription_id == subscription_id)
    rows = await reader.all(after_key(statement, [feed_delivery.c.id], after, limit, descending=True))
    return [Delivery(**dict(row)) for row in rows]


async def erase(tx: Tx, customer_ids: Sequence[UUID]) -> int:
    """Drop what still waits about these customers."""
    return int((await tx.execute(_ERASE, list(customer_ids))).split()[-1])


def _subscription(row: asyncpg.Record) -> Subscription:
    values = dict(row)
    return Subscription(**{**values, "types": tuple(values["types"])})
