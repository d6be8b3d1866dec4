"""All SQL of messages and attempts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import sqlalchemy as sa

from guanxi.auth import Principal, visible
from guanxi.db import Reader, Tx, after_key, as_row
from notifications.messages.rules import LOST_AFTER, Message, Wanted
from notifications.messages.tables import message

_COLUMNS = """id, version, unit_id, created_at, intent, class AS message_class, template, channel, recipient,
 customer_id, employee_id, ticket_id, facts, cause_type, cause_id, status, reason, send_after, attempts,
 permission_event_id, template_id, language, address, provider_key, settled_at"""
_QUEUE = """
INSERT INTO message (id, unit_id, created_at, recorded_at, intent, intent_key, class, template, channel, recipient,
  customer_id, employee_id, ticket_id, facts, cause_type, cause_id, cause_event_id, status, send_after)
SELECT id, unit, $2, $2, intent, key, message_class, intent, channel, recipient, customer_id, employee_id,
  ticket_id, facts, cause_type, cause_id, cause_event_id, 'queued', $2
FROM jsonb_to_recordset($1::jsonb)
  AS w(id uuid, unit text, intent text, key text, message_class text, channel text, recipient text,
       customer_id uuid, employee_id uuid, ticket_id uuid, facts jsonb, cause_type text, cause_id uuid,
       cause_event_id uuid)
ON CONFLICT (intent_key) DO NOTHING
"""
_DUE = f"""
SELECT {_COLUMNS} FROM message WHERE status IN ('queued', 'held') AND send_after <= $1
ORDER BY send_after, id LIMIT $2 FOR UPDATE SKIP LOCKED
"""
_HOLD = """UPDATE message SET status = $2, send_after = $3, version = version + 1, recorded_at = $4 WHERE id = $1"""
_SUPPRESS = """
UPDATE message SET status = 'suppressed', reason = $2, permission_event_id = $3, settled_at = $4, recorded_at = $4,
  version = version + 1
WHERE id = $1
"""
_CLAIM = """
WITH tried AS (
  INSERT INTO attempt (id, unit_id, message_id, n, started_at)
  SELECT $7, unit_id, id, attempts + 1, $2 FROM message WHERE id = $1)
UPDATE message SET status = 'sending', claimed_at = $2, recorded_at = $2, address = $3, permission_event_id = $4,
  template_id = $5, language = $6, provider_key = $8, address_of = $9, attempts = attempts + 1, version = version + 1
WHERE id = $1
"""
# What the server said may name the address and goes with it: the lock shows what an erasure has left.
_OUTCOME = """
WITH mine AS (SELECT id, address FROM message WHERE id = $1 FOR UPDATE),
ended AS (
  UPDATE attempt a SET ended_at = $2, outcome = $3, code = $4, version = a.version + 1,
    detail = CASE WHEN mine.address IS NOT NULL THEN $5 END
  FROM mine WHERE a.message_id = mine.id AND a.ended_at IS NULL)
UPDATE message SET status = $6, reason = $7, send_after = coalesce($8, send_after), recorded_at = $2,
  settled_at = CASE WHEN $8::timestamptz IS NULL THEN $2 END, version = version + 1
WHERE id = (SELECT id FROM mine) AND status = 'sending' RETURNING version
"""
_RELEASE = """
WITH undone AS (DELETE FROM attempt WHERE message_id = $1 AND ended_at IS NULL)
UPDATE message SET status = 'queued', reason = $2, claimed_at = NULL, attempts = attempts - 1, recorded_at = $3,
  version = version + 1
WHERE id = $1 AND status = 'sending'
"""
_LOST = f"""
WITH lost AS (
  SELECT id FROM message WHERE status = 'sending' AND claimed_at < $1 ORDER BY id LIMIT 100 FOR UPDATE SKIP LOCKED),
ended AS (
  UPDATE attempt SET ended_at = $2, outcome = 'unknown', version = version + 1
  WHERE message_id IN (SELECT id FROM lost) AND ended_at IS NULL)
UPDATE message SET status = 'unknown', reason = 'interrupted', settled_at = $2, recorded_at = $2, version = version + 1
WHERE id IN (SELECT id FROM lost) RETURNING {_COLUMNS}
"""
_VOID = f"""
UPDATE message SET status = 'suppressed', reason = $2, settled_at = $3, recorded_at = $3, version = version + 1
WHERE ticket_id = ANY($1::uuid[]) AND status IN ('queued', 'held') RETURNING {_COLUMNS}
"""
# A statement of its own: only one that begins after the lock sees what was said of a send that it has waited for.
_LOCK_ERASED = """
SELECT id FROM message WHERE customer_id = ANY($1::uuid[]) OR address_of = ANY($1::uuid[]) ORDER BY id FOR UPDATE
"""
_STOPPED = "(status IN ('queued', 'held') AND customer_id = ANY($1::uuid[]))"
# A message to one record may carry the address of another: it goes with the record that it comes from, the message
# itself only with the one that it is for.
_ERASE = f"""
WITH blanked AS (
  UPDATE attempt SET detail = NULL, version = version + 1 WHERE message_id = ANY($3::uuid[]) AND detail IS NOT NULL)
UPDATE message SET address = NULL, address_of = NULL, version = version + 1,
  status = CASE WHEN {_STOPPED} THEN 'suppressed' ELSE status END,
  reason = CASE WHEN {_STOPPED} THEN 'erased' ELSE reason END,
  settled_at = CASE WHEN {_STOPPED} THEN $2 ELSE settled_at END,
  recorded_at = CASE WHEN {_STOPPED} THEN $2 ELSE recorded_at END
WHERE id = ANY($3::uuid[]) AND (address IS NOT NULL OR {_STOPPED})
RETURNING {_COLUMNS}, old.status <> new.status AS stopped
"""
_TOLD_ELSEWHERE = """
SELECT EXISTS (
  SELECT FROM message WHERE customer_id = ANY($1::uuid[]) AND intent = $2 AND cause_id = $3 AND id <> $4
    AND status IN ('sending', 'sent', 'delivered', 'unknown'))
"""
_ATTEMPTS = "SELECT n, started_at, ended_at, outcome, code FROM attempt WHERE message_id = $1 ORDER BY n"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to hand a message to its provider."""

    n: int
    started_at: datetime
    ended_at: datetime | None
    outcome: str | None
    code: int | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a try ended and what follows; `again_at` puts the message back into the queue."""

    outcome: str
    status: str
    reason: str | None = None
    code: int | None = None
    detail: str | None = None
    again_at: datetime | None = None


async def queue(tx: Tx, wanted: Iterable[Wanted]) -> None:
    """Queue messages, each intent once; its words are the template of the same name."""
    rows = [{**as_row(one), "id": tx.new_id()} for one in wanted]
    if rows:
        await tx.execute(_QUEUE, rows, tx.now)


async def due(tx: Tx, most: int) -> list[Message]:
    """Messages whose turn it is, locked; those that another sender has locked are left to it."""
    return [Message(**dict(row)) for row in await tx.fetch(_DUE, tx.now, most)]


async def hold(tx: Tx, message_id: UUID, status: str, until: datetime) -> None:
    """Let it wait."""
    await tx.execute(_HOLD, message_id, status, until, tx.now)


async def suppress(tx: Tx, message_id: UUID, reason: str, permission_event_id: UUID | None) -> None:
    """Let it never go."""
    await tx.execute(_SUPPRESS, message_id, reason, permission_event_id, tx.now)


async def claim(  # noqa: PLR0913 - one argument for each thing that the claim fixes
    tx: Tx,
    message_id: UUID,
    *,
    address: str,
    address_of: UUID | None,
    permission_event_id: UUID | None,
    template_id: UUID,
    language: str,
    provider_key: str,
) -> None:
    """Mark it as being sent, with what it is sent by."""
    fixed = (address, permission_event_id, template_id, language)
    await tx.execute(_CLAIM, message_id, tx.now, *fixed, tx.new_id(), provider_key, address_of)


async def settle(tx: Tx, message_id: UUID, end: Outcome) -> int | None:
    """Note how the try ended; the new version, or None when somebody has settled it meanwhile."""
    version: int | None = await tx.fetchval(
        _OUTCOME, message_id, tx.now, end.outcome, end.code, end.detail, end.status, end.reason, end.again_at
    )
    return version


async def told_elsewhere(tx: Tx, message: Message, family: Sequence[UUID]) -> bool:
    """Whether another record of the customer has had, or is getting, a message of the same intent and cause."""
    found: bool = await tx.fetchval(_TOLD_ELSEWHERE, list(family), message.intent, message.cause_id, message.id)
    return found


async def lock_families(tx: Tx, intents: Iterable[tuple[str, UUID, UUID]]) -> None:
    """Let one sender at a time look at what went to a customer: by intent, cause and the id that speaks for them."""
    for intent, cause, canonical in sorted(intents):
        await tx.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"{intent}:{cause}:{canonical}")


async def release(tx: Tx, message_id: UUID, reason: str) -> None:
    """Put a claimed message back as if it had never been claimed."""
    await tx.execute(_RELEASE, message_id, reason, tx.now)


async def lose(tx: Tx) -> list[Message]:
    """Mark sends that were begun too long ago as unknown."""
    return [Message(**dict(row)) for row in await tx.fetch(_LOST, tx.now - LOST_AFTER, tx.now)]


async def drop_for_tickets(tx: Tx, ticket_ids: Sequence[UUID], reason: str) -> list[Message]:
    """Suppress what is still waiting about these complaints."""
    return [Message(**dict(row)) for row in await tx.fetch(_VOID, list(ticket_ids), reason, tx.now)]


async def erase(tx: Tx, customer_ids: Sequence[UUID]) -> tuple[int, list[Message]]:
    """Blank addresses and provider's words, drop what still waits; how many changed, and those that were dropped."""
    locked = [row["id"] for row in await tx.fetch(_LOCK_ERASED, list(customer_ids))]
    changed = [dict(row) for row in await tx.fetch(_ERASE, list(customer_ids), tx.now, locked)]
    return len(changed), [Message(**row) for row in changed if row.pop("stopped")]


async def one(reader: Reader, message_id: UUID) -> Message | None:
    """One message."""
    row = await reader.fetchrow(f"SELECT {_COLUMNS} FROM message WHERE id = $1", message_id)
    return Message(**dict(row)) if row else None


async def attempts(reader: Reader, message_id: UUID) -> list[Attempt]:
    """The tries of a message, first to last."""
    return [Attempt(**dict(row)) for row in await reader.fetch(_ATTEMPTS, message_id)]


async def page(  # noqa: PLR0913 - one argument for each filter
    reader: Reader,
    principal: Principal,
    *,
    customer_ids: Sequence[UUID] | None,
    status: str | None,
    after: Sequence[Any] | None,
    limit: int,
) -> list[Message]:
    """Messages that the caller may see, oldest first."""
    names = [part.strip().split(" AS ")[-1] for part in _COLUMNS.split(",")]
    columns = [message.c[name].label(name) for name in names]
    statement = sa.select(*columns).where(visible(principal, message.c.unit_id))
    if customer_ids is not None:
        statement = statement.where(message.c.customer_id.in_(customer_ids))
    if status is not None:
        statement = statement.where(message.c.status == status)
    rows: list[asyncpg.Record] = await reader.all(after_key(statement, [message.c.id], after, limit))
    return [Message(**dict(row)) for row in rows]


async def tally(reader: Reader, since: datetime) -> dict[str, int]:
    """How many messages were made since a moment, by what became of them."""
    rows = await reader.fetch(
        "SELECT 'messages ' || status AS name, count(*) AS n FROM message WHERE id >= uuidv7_floor($1) GROUP BY 1",
        since,
    )
    return {row["name"]: row["n"] for row in rows}
