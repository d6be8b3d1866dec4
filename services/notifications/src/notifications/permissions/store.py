"""All SQL of permissions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from guanxi.db import Reader, Tx, as_row
from notifications.permissions.rules import Receipt, Standing, Statement, TicketLeave, permission_id

# The rows are made or touched first, so that two transactions about one permission take turns, and the second one folds
# a ledger that holds the first one's statement.
_LOCK = """
INSERT INTO permission AS p (id, version, unit_id, customer_id, purpose, channel, state, said_at)
SELECT DISTINCT ON (id) id, 0, unit_id, customer_id, purpose, channel, 'unknown', said_at
FROM jsonb_to_recordset($1::jsonb)
  AS s(id uuid, unit_id text, customer_id uuid, purpose text, channel text, said_at timestamptz) ORDER BY id
ON CONFLICT (id) DO UPDATE SET unit_id = CASE WHEN p.version = 0 THEN excluded.unit_id ELSE p.unit_id END
"""
# A question about what nobody ever said makes the row as well: only a row can be held against a first denial. What is
# there is locked on the way, so that none is made before the turn of its id.
_MAKE = """
INSERT INTO permission (id, version, unit_id, customer_id, purpose, channel, state, said_at)
SELECT DISTINCT ON (id) id, 0, 'head-office', customer_id, purpose, channel, 'unknown', $2
FROM jsonb_to_recordset($1::jsonb) AS s(id uuid, customer_id uuid, purpose text, channel text) ORDER BY id
ON CONFLICT (id) DO UPDATE SET id = excluded.id
"""
_MAKE_TICKETS = """
INSERT INTO ticket (id, unit_id, sequence, said_at) SELECT id, 'head-office', 0, $2
FROM unnest($1::uuid[]) AS x(id) ORDER BY id
ON CONFLICT (id) DO NOTHING
"""
_MADE = "SELECT count(*) FROM permission WHERE id = ANY($1::uuid[])"
_HOLD = "SELECT id FROM permission WHERE id = ANY($1::uuid[]) ORDER BY id"
_HOLD_TICKETS = "SELECT id FROM ticket WHERE id = ANY($1::uuid[]) ORDER BY id"
_LOCK_KNOWN = """
SELECT p.id, said.reports
FROM permission p JOIN (
  SELECT permission_id, array_agg(DISTINCT report_id) AS reports FROM permission_event
  WHERE report_id = ANY($1::uuid[]) GROUP BY permission_id) said ON said.permission_id = p.id
ORDER BY p.id FOR UPDATE OF p
"""
_ENTER = """
INSERT INTO permission_event (id, unit_id, permission_id, customer_id, ticket_id, purpose, channel, state, said_at,
                              counts, evidence, actor, source, report_id, report_sequence)
SELECT id, unit_id, permission_id, customer_id, ticket_id, purpose, channel, state, said_at, counts, evidence, actor,
       source, report_id, report_sequence
FROM jsonb_to_recordset($1::jsonb)
  AS s(id uuid, unit_id text, permission_id uuid, customer_id uuid, ticket_id uuid, purpose text, channel text,
       state text, said_at timestamptz, counts boolean, evidence text, actor text, source text, report_id uuid,
       report_sequence bigint)
ON CONFLICT (id) DO NOTHING
"""
_RAISE_FLOOR = """
INSERT INTO permission_report AS r (id, unit_id, grants_from)
SELECT id, unit_id, floor FROM unnest($1::uuid[], $2::text[], $3::bigint[]) AS x(id, unit_id, floor) ORDER BY id
ON CONFLICT (id) DO UPDATE SET grants_from = greatest(r.grants_from, excluded.grants_from), version = r.version + 1
"""
_FOLD = """
WITH newest AS (
  SELECT DISTINCT ON (e.permission_id) e.permission_id, e.id, e.state, e.said_at
  FROM permission_event e LEFT JOIN permission_report r ON r.id = e.report_id
  WHERE e.permission_id = ANY($1::uuid[]) AND e.counts
    AND NOT coalesce(e.state = 'granted' AND e.report_sequence < r.grants_from, false)
  ORDER BY e.permission_id, e.state = 'asked', e.said_at DESC, e.state = 'granted', e.id DESC)
UPDATE permission p
SET state = coalesce(n.state, 'unknown'), said_at = coalesce(n.said_at, p.said_at), event_id = n.id,
    version = p.version + 1, recorded_at = $2
FROM permission w LEFT JOIN newest n ON n.permission_id = w.id
WHERE w.id = ANY($1::uuid[]) AND p.id = w.id
  AND (p.state, p.event_id) IS DISTINCT FROM (coalesce(n.state, 'unknown'), n.id)
RETURNING p.id, p.version, p.unit_id, p.customer_id, p.purpose, p.channel, p.said_at, old.state AS previous,
          new.state AS state
"""
_STANDINGS = """
SELECT event_id, customer_id, purpose, channel, state, said_at FROM permission
WHERE customer_id = ANY($1::uuid[]) AND version > 0
"""
_SET_TICKETS = """
INSERT INTO ticket AS t (id, unit_id, customer_id, sequence, void, channel, address, said_at)
SELECT DISTINCT ON (ticket_id) ticket_id, unit, customer_id, sequence, void, channel, address, said_at
FROM jsonb_to_recordset($1::jsonb)
  AS s(ticket_id uuid, unit text, customer_id uuid, sequence bigint, void boolean, channel text, address text,
       said_at timestamptz)
ORDER BY ticket_id, sequence DESC
ON CONFLICT (id) DO UPDATE
SET unit_id = excluded.unit_id, customer_id = excluded.customer_id, sequence = excluded.sequence, void = excluded.void,
    channel = excluded.channel, address = excluded.address, said_at = excluded.said_at, version = t.version + 1,
    recorded_at = $2
WHERE t.sequence < excluded.sequence
"""
_LEAVES = """
SELECT id AS ticket_id, customer_id, unit_id AS unit, sequence, said_at, channel, address, void FROM ticket
WHERE id = ANY($1::uuid[])
"""
_WITHDRAWALS = """
SELECT id AS event_id, customer_id, ticket_id, purpose, channel, state, said_at FROM permission_event
WHERE ticket_id = ANY($1::uuid[]) AND state <> 'granted'
"""
_LIST = """
SELECT p.customer_id, p.purpose, p.channel, p.state, p.said_at, e.evidence, e.source
FROM permission p LEFT JOIN permission_event e ON e.id = p.event_id
WHERE p.customer_id = ANY($1::uuid[]) AND p.version > 0 ORDER BY p.purpose, p.channel, p.said_at DESC
"""
_BLANK_TICKETS = """
UPDATE ticket SET address = NULL, version = version + 1 WHERE customer_id = ANY($1::uuid[]) AND address IS NOT NULL
"""
_RECEIPT = """
SELECT purpose, channel, state, said_at, evidence, source, false AS ticket FROM permission_event WHERE id = $1
UNION ALL
SELECT 'service', channel, 'granted', said_at, NULL, NULL, true FROM ticket WHERE id = $1 AND channel IS NOT NULL
LIMIT 1
"""
_BLANK = """
UPDATE permission_event SET evidence = NULL, version = version + 1
WHERE customer_id = ANY($1::uuid[]) AND evidence IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class Changed:
    """A permission whose state is another one than before."""

    id: UUID
    version: int
    unit_id: str
    customer_id: UUID
    purpose: str
    channel: str
    said_at: datetime
    previous: str
    state: str


@dataclass(frozen=True, slots=True)
class Held:
    """What one customer record says of one purpose and channel, and how we know."""

    customer_id: UUID
    purpose: str
    channel: str
    state: str
    said_at: datetime
    evidence: str | None
    source: str | None


@dataclass(frozen=True, slots=True)
class Said:
    """A standing with what it is about."""

    about: UUID
    purpose: str
    channel: str
    standing: Standing


async def lock(tx: Tx, statements: Sequence[Statement]) -> list[UUID]:
    """Make or lock the permissions that the statements are about; their ids."""
    rows = {s.permission_id: s for s in statements if s.permission_id is not None}
    await tx.execute(_LOCK, [_lockable(key, said) for key, said in rows.items()])
    return list(rows)


async def lock_reported(tx: Tx, report_ids: Iterable[UUID]) -> dict[UUID, list[UUID]]:
    """Lock every permission that these reports ever spoke of; their ids, each with those of its reports among these."""
    return {row["id"]: row["reports"] for row in await tx.fetch(_LOCK_KNOWN, list(report_ids))}


async def enter(tx: Tx, statements: Sequence[Statement]) -> None:
    """Enter statements into the ledger, each once."""
    await tx.execute(_ENTER, [_entry(said) for said in statements])


async def raise_floors(tx: Tx, floors: Mapping[UUID, int], units: Mapping[UUID, str]) -> None:
    """Let grants of these reports count only from a revision on; the higher floor wins."""
    await tx.execute(_RAISE_FLOOR, list(floors), [units[one] for one in floors], list(floors.values()))


async def fold(tx: Tx, permission_ids: Sequence[UUID]) -> list[Changed]:
    """Bring locked permissions to what the ledger says; those that changed."""
    rows = await tx.fetch(_FOLD, list(permission_ids), tx.now)
    return [Changed(**dict(row)) for row in rows if row["state"] != row["previous"]]


async def hold(
    tx: Tx, asked: Iterable[tuple[UUID, str, str]], ticket_ids: Iterable[UUID], *, to_change: bool = False
) -> None:
    """Hold permissions (customer, purpose, channel) and what was said for complaints still until the transaction ends.

    Permissions before complaints and each by id, here and wherever they change: so nobody waits in a ring.
    """
    mode = "FOR UPDATE" if to_change else "FOR SHARE"
    asked, tickets = set(asked), list(set(ticket_ids))
    rows = [{"id": permission_id(*one), "customer_id": one[0], "purpose": one[1], "channel": one[2]} for one in asked]
    if rows:
        ids = [row["id"] for row in rows]
        if await tx.fetchval(_MADE, ids) < len(ids):
            await tx.execute(_MAKE, rows, tx.now)
        await tx.fetch(f"{_HOLD} {mode}", ids)
    if tickets:
        await tx.execute(_MAKE_TICKETS, tickets, tx.now)
        await tx.fetch(f"{_HOLD_TICKETS} {mode}", tickets)


async def standings(reader: Reader, customer_ids: Iterable[UUID]) -> list[Said]:
    """What holds for these customers."""
    rows = await reader.fetch(_STANDINGS, list(set(customer_ids)))
    return [_said(row, row["customer_id"]) for row in rows]


async def set_tickets(tx: Tx, leaves: Sequence[TicketLeave]) -> None:
    """Keep of each complaint the leave of its highest sequence."""
    await tx.execute(_SET_TICKETS, [as_row(one) for one in leaves], tx.now)


async def ticket_leaves(reader: Reader, ticket_ids: Iterable[UUID]) -> list[TicketLeave]:
    """The leaves of these complaints."""
    return [TicketLeave(**dict(row)) for row in await reader.fetch(_LEAVES, list(set(ticket_ids)))]


async def ticket_withdrawals(reader: Reader, ticket_ids: Iterable[UUID]) -> list[Said]:
    """What was said against being written to about these complaints alone."""
    rows = await reader.fetch(_WITHDRAWALS, list(set(ticket_ids)))
    return [_said(row, row["ticket_id"]) for row in rows]


async def held(reader: Reader, customer_ids: Sequence[UUID]) -> list[Held]:
    """Every permission of these customers, the newest first within a purpose and channel."""
    return [Held(**dict(row)) for row in await reader.fetch(_LIST, list(customer_ids))]


async def receipt(reader: Reader, event_id: UUID) -> Receipt | None:
    """What the customer said by this entry of the ledger, or by giving the address for this complaint."""
    row = await reader.fetchrow(_RECEIPT, event_id)
    return Receipt(**dict(row)) if row else None


async def blank(tx: Tx, customer_ids: Sequence[UUID]) -> int:
    """Remove evidence and addresses of these customers; how many entries held some."""
    done = [await tx.execute(sql, list(customer_ids)) for sql in (_BLANK, _BLANK_TICKETS)]
    return sum(int(one.split()[-1]) for one in done)


def _said(row: asyncpg.Record, about: UUID) -> Said:
    standing = Standing(row["event_id"], row["customer_id"], row["state"], row["said_at"])
    return Said(about, row["purpose"], row["channel"], standing)


def _lockable(key: UUID, said: Statement) -> dict[str, Any]:
    values = {
        "customer_id": said.customer_id,
        "purpose": said.purpose,
        "channel": said.channel,
        "said_at": said.said_at,
    }
    return {"id": key, "unit_id": said.unit, **values}


def _entry(said: Statement) -> dict[str, Any]:
    values = {name: getattr(said, name) for name in Statement.__slots__ if name != "unit"}
    return {**values, "unit_id": said.unit, "permission_id": said.permission_id, "counts": said.counts}
