"""All SQL of improvements and their tellings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from guanxi.db import Reader, Tx
from guanxi.events import Event
from guanxi.events.improvements import ComplaintImproved, ImprovementPublished
from notifications.improvements.rules import TOLD, Counted, Improvement, Telling, telling_id

_IMPROVEMENT = """id, titles, effective_on, published_at, complainants, anonymous, said, said_sequence, finished_at,
 created_at AS heard_at"""
_ANNOUNCED = f"SELECT {_IMPROVEMENT} FROM announced_improvement WHERE id = $1"
_PUBLISH = """
INSERT INTO announced_improvement AS i
  (id, unit_id, sequence, titles, effective_on, published_at, complainants, anonymous, created_at, recorded_at)
SELECT DISTINCT ON (id) id, 'head-office', sequence, titles, effective_on, published_at, complainants, anonymous, $2, $2
FROM jsonb_to_recordset($1::jsonb)
  AS s(id uuid, sequence bigint, titles jsonb, effective_on date, published_at timestamptz, complainants integer,
       anonymous integer)
ORDER BY id, sequence DESC
ON CONFLICT (id) DO UPDATE
SET sequence = excluded.sequence, titles = excluded.titles, effective_on = excluded.effective_on,
    published_at = excluded.published_at, complainants = excluded.complainants, anonymous = excluded.anonymous,
    version = i.version + 1, recorded_at = $2
WHERE i.sequence < excluded.sequence
"""
_CONCERN = """
INSERT INTO telling (id, unit_id, improvement_id, customer_id, complaint_id, event_id, created_at, recorded_at)
SELECT DISTINCT ON (id) id, unit, improvement_id, customer_id, complaint_id, event_id, $2, $2
FROM jsonb_to_recordset($1::jsonb)
  AS s(id uuid, unit text, improvement_id uuid, customer_id uuid, complaint_id uuid, event_id uuid) ORDER BY id
ON CONFLICT (id) DO NOTHING
"""
_SENT, _WAITING = "m.status IN ('sent', 'delivered')", "m.status IN ('queued', 'held', 'sending')"
# By the key of its message, which is unique: there is no second place that could say something else.
_ITS_MESSAGE = f"m.intent_key = '{TOLD}:' || t.improvement_id || ':' || t.customer_id"
_OUTCOME = f"""
CASE WHEN {_SENT} THEN 'told' WHEN {_WAITING} THEN 'pending' ELSE 'not_told' END AS outcome,
CASE WHEN {_SENT} OR {_WAITING} THEN NULL WHEN m.id IS NULL THEN 'historic' ELSE coalesce(m.reason, m.status) END
  AS why_not
"""
_TELLINGS = f"""
SELECT t.id, t.improvement_id, t.customer_id, t.complaint_id, t.event_id, t.unit_id, t.ask_at, t.better, t.replied_at,
       m.id AS message_id, m.settled_at, {_OUTCOME}
FROM telling t LEFT JOIN message m ON {_ITS_MESSAGE}
"""
# Who was told under any record was told; that a record was left out as a second one is no reason by itself.
_COUNTED = f"""
WITH of_record AS (
  SELECT coalesce(d.canonical_id, t.customer_id) AS canonical, t.customer_id, t.ask_at, t.better, t.created_at,
    {_OUTCOME}
  FROM telling t LEFT JOIN message m ON {_ITS_MESSAGE} LEFT JOIN directory_customer d ON d.id = t.customer_id
  WHERE t.improvement_id = $1),
of_customer AS (
  SELECT CASE WHEN bool_or(outcome = 'told') THEN 'told' WHEN bool_or(outcome = 'pending') THEN 'pending'
              ELSE 'not_told' END AS outcome,
    coalesce(min(why_not COLLATE "C") FILTER (WHERE why_not <> 'duplicate'), 'duplicate') AS why_not,
    bool_or(ask_at IS NOT NULL) AS asked, max(created_at) AS latest,
    (array_agg(better ORDER BY customer_id) FILTER (WHERE better IS NOT NULL))[1] AS better
  FROM of_record GROUP BY canonical)
SELECT outcome, CASE WHEN outcome = 'not_told' THEN why_not END AS reason, count(*) AS customers,
  count(*) FILTER (WHERE asked) AS asked, count(*) FILTER (WHERE better) AS better,
  count(*) FILTER (WHERE NOT better) AS not_better, max(latest) AS latest
FROM of_customer GROUP BY 1, 2
"""
_PAGE = f"""
{_TELLINGS} WHERE t.improvement_id = $1 AND ($2::uuid IS NULL OR t.customer_id > $2)
ORDER BY t.customer_id LIMIT $3
"""
_ONE = f"{_TELLINGS} WHERE t.id = $1"
_ASK_LATER = f"""
UPDATE telling t SET ask_at = coalesce(m.settled_at, $3) + $2::interval, recorded_at = $3, version = t.version + 1
FROM message m WHERE t.improvement_id = $1 AND t.ask_at IS NULL AND {_ITS_MESSAGE} AND {_SENT}
RETURNING t.id, t.ask_at
"""
_SAY = """
UPDATE announced_improvement SET said = $2, said_sequence = said_sequence + 1, finished_at = $3, recorded_at = $3,
  version = version + 1
WHERE id = $1 RETURNING said_sequence
"""
_REPLY = """
UPDATE telling SET better = $2, replied_at = $3, recorded_at = $3, version = version + 1
WHERE id = $1 AND better IS DISTINCT FROM $2
"""


async def publish(tx: Tx, events: Sequence[Event[ImprovementPublished]]) -> None:
    """Keep of each improvement what its highest sequence says."""
    await tx.execute(_PUBLISH, [_published(event) for event in events], tx.now)


async def concern(tx: Tx, events: Iterable[Event[ComplaintImproved]]) -> None:
    """Note whom these concern, each record once for an improvement."""
    rows = [_concerned(event) for event in events if event.subject is not None]
    if rows:
        await tx.execute(_CONCERN, rows, tx.now)


async def lock(tx: Tx, improvement_id: UUID) -> Improvement | None:
    """One improvement, locked."""
    return _improvement(await tx.fetchrow(f"{_ANNOUNCED} FOR UPDATE", improvement_id))


async def one(reader: Reader, improvement_id: UUID) -> Improvement | None:
    """One improvement."""
    return _improvement(await reader.fetchrow(_ANNOUNCED, improvement_id))


async def counted(reader: Reader, improvement_id: UUID) -> list[Counted]:
    """How many customers it concerns, by what became of their messages."""
    return [Counted(**dict(row)) for row in await reader.fetch(_COUNTED, improvement_id)]


async def page(reader: Reader, improvement_id: UUID, after: UUID | None, limit: int) -> list[Telling]:
    """Records that it concerns, with what became of their messages, by their ids; one more than the limit."""
    return [Telling(**dict(row)) for row in await reader.fetch(_PAGE, improvement_id, after, limit + 1)]


async def telling(reader: Reader, id: UUID) -> Telling | None:  # noqa: A002 - the column's word
    """One record that an improvement concerns."""
    row = await reader.fetchrow(_ONE, id)
    return Telling(**dict(row)) if row else None


async def ask_later(tx: Tx, improvement_id: UUID, after: timedelta) -> dict[UUID, datetime]:
    """Note when those who were told since the last time are to be asked: so long after each was told."""
    return {row["id"]: row["ask_at"] for row in await tx.fetch(_ASK_LATER, improvement_id, after, tx.now)}


async def say(tx: Tx, improvement_id: UUID, said: Mapping[str, Any]) -> int:
    """Note what is said of a locked improvement; how often it has been said now."""
    number: int = await tx.fetchval(_SAY, improvement_id, dict(said), tx.now)
    return number


async def reply(tx: Tx, improvement_id: UUID, customer_id: UUID, *, better: bool) -> None:
    """Note what a customer answered; the last answer holds."""
    await tx.execute(_REPLY, telling_id(improvement_id, customer_id), better, tx.now)


def _published(event: Event[ImprovementPublished]) -> dict[str, Any]:
    data = event.data
    return {
        "id": data.improvement_id,
        "sequence": event.sequence,
        "titles": {one.language: one.words for one in data.titles},
        "effective_on": data.effective_on,
        "published_at": data.published_at,
        "complainants": data.complainants,
        "anonymous": data.anonymous,
    }


def _concerned(event: Event[ComplaintImproved]) -> dict[str, Any]:
    data = event.data
    assert event.subject is not None  # noqa: S101 - left out before
    return {
        "id": telling_id(data.improvement_id, event.subject),
        "unit": data.unit,
        "improvement_id": data.improvement_id,
        "customer_id": event.subject,
        "complaint_id": data.complaint_id,
        "event_id": event.id,
    }


def _improvement(row: asyncpg.Record | None) -> Improvement | None:
    return Improvement(**dict(row)) if row else None
