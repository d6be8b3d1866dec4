"""All SQL of alerts and their rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import sqlalchemy as sa

from guanxi.db import Reader, Tx, after_key
from notifications.alerts.rules import Rule
from notifications.alerts.tables import alert

_ALERT = """id, version, unit_id, created_at, rule, employee_id, customer_id, cause_type, cause_id, cause_sequence,
 cause_event_id, facts, urgent, state, due_at, seen_at, done_at, settled_by, note, escalated_from, changed_at"""
_RULE = "id, version, code, fact, recipients, mode, tiers, urgent, escalate_after, enabled"
_RAISE = f"""
INSERT INTO alert (id, unit_id, created_at, recorded_at, changed_at, rule, recipient, employee_id, customer_id,
  cause_type, cause_id, cause_sequence, cause_event_id, facts, urgent, state, due_at, escalated_from)
SELECT id, unit, $2, $2, $2, rule, recipient, employee_id, customer_id, cause_type, cause_id, cause_sequence,
  cause_event_id, facts, urgent, 'raised', due_at, escalated_from
FROM jsonb_to_recordset($1::jsonb)
  AS a(id uuid, unit text, rule text, recipient text, employee_id uuid, customer_id uuid, cause_type text,
       cause_id uuid, cause_sequence bigint, cause_event_id uuid, facts jsonb, urgent boolean,
       due_at timestamptz, escalated_from uuid)
ON CONFLICT (rule, cause_event_id, recipient) DO NOTHING RETURNING {_ALERT}
"""
# Whoever raises and whoever settles both take this row first, so each sees what the other has written.
_SETTLED = """
INSERT INTO settled_cause AS s (id, unit_id, version) SELECT id, 'head-office', sequence
FROM unnest($1::uuid[], $2::bigint[]) AS x(id, sequence) ORDER BY id
ON CONFLICT (id) DO UPDATE SET version = greatest(s.version, excluded.version)
RETURNING id, version
"""
_OPEN = """
unnest($1::uuid[], $2::bigint[]) AS x(id, sequence)
WHERE a.cause_id = x.id AND a.cause_sequence <= x.sequence AND a.state IN ('raised', 'seen')
"""
_WHICH_OPEN = f"SELECT a.id FROM alert a, {_OPEN} ORDER BY a.id"
_CLOSE = f"""
UPDATE alert a SET state = 'done', done_at = $3, changed_at = $3, recorded_at = $3, settled_by = 'cause',
  version = a.version + 1
FROM {_OPEN}
"""
_MARK = f"""
UPDATE alert SET state = $2, changed_at = $3, recorded_at = $3, version = version + 1,
  settled_by = coalesce($4, settled_by), note = coalesce($5, note),
  seen_at = coalesce(seen_at, $6), done_at = coalesce(done_at, $7)
WHERE id = $1 RETURNING {_ALERT}
"""
_CHANGED_OF = f"""
SELECT {_ALERT} FROM alert WHERE (changed_at, id) > ($3, $4) AND {{whose}} ORDER BY changed_at, id LIMIT $5
"""
_MINE, _SHARED = "employee_id = $1", "employee_id IS NULL AND unit_id = $2"
_CHANGED = f"""
({_CHANGED_OF.format(whose=_MINE)}) UNION ALL ({_CHANGED_OF.format(whose=_SHARED)}) ORDER BY changed_at, id LIMIT $5
"""
_PUT_RULE = f"""
UPDATE alert_rule SET recipients = $3, mode = $4, tiers = $5, urgent = $6, escalate_after = $7, enabled = $8,
  version = version + 1, recorded_at = $9
WHERE code = $1 AND version = $2 RETURNING {_RULE}
"""
_BLANK = "UPDATE alert SET note = NULL, version = version + 1 WHERE customer_id = ANY($1::uuid[]) AND note IS NOT NULL"


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert as it is stored; without an employee it is for everybody in the unit."""

    id: UUID
    version: int
    unit_id: str
    created_at: datetime
    rule: str
    employee_id: UUID | None
    customer_id: UUID | None
    cause_type: str
    cause_id: UUID
    cause_sequence: int
    cause_event_id: UUID
    facts: dict[str, str]
    urgent: bool
    state: str
    due_at: datetime | None
    seen_at: datetime | None
    done_at: datetime | None
    settled_by: str | None
    note: str | None
    escalated_from: UUID | None
    changed_at: datetime


async def rules(reader: Reader) -> list[Rule]:
    """Every rule, by its code."""
    rows = await reader.fetch(f"SELECT {_RULE} FROM alert_rule ORDER BY code")
    return [_rule(row) for row in rows]


async def put_rule(tx: Tx, rule: Rule) -> Rule | None:
    """Change a rule that is still at this version; None when it is not."""
    what = (list(rule.recipients), rule.mode, list(rule.tiers), rule.urgent, rule.escalate_after, rule.enabled)
    row = await tx.fetchrow(_PUT_RULE, rule.code, rule.version, *what, tx.now)
    return _rule(row) if row else None


async def add(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> list[Alert]:
    """Raise alerts; those that were there already are left out."""
    return [Alert(**dict(row)) for row in await tx.fetch(_RAISE, list(rows), tx.now)] if rows else []


async def settled(tx: Tx, causes: Mapping[UUID, int]) -> dict[UUID, int]:
    """Settle these causes up to these sequences, and hold them; up to which sequence each is settled now."""
    rows = await tx.fetch(_SETTLED, list(causes), list(causes.values()))
    return {row["id"]: row["version"] for row in rows}


async def open_of(tx: Tx, causes: Mapping[UUID, int]) -> list[UUID]:
    """The open alerts that these causes raised up to these sequences."""
    return [row["id"] for row in await tx.fetch(_WHICH_OPEN, list(causes), list(causes.values()))]


async def close(tx: Tx, causes: Mapping[UUID, int]) -> None:
    """Close what these causes raised up to these sequences."""
    await tx.execute(_CLOSE, list(causes), list(causes.values()), tx.now)


async def lock(tx: Tx, alert_id: UUID) -> Alert | None:
    """One alert, locked."""
    row = await tx.fetchrow(f"SELECT {_ALERT} FROM alert WHERE id = $1 FOR UPDATE", alert_id)
    return Alert(**dict(row)) if row else None


async def one(reader: Reader, alert_id: UUID) -> Alert | None:
    """One alert."""
    row = await reader.fetchrow(f"SELECT {_ALERT} FROM alert WHERE id = $1", alert_id)
    return Alert(**dict(row)) if row else None


async def mark(tx: Tx, found: Alert, state: str, *, by: str | None = None, note: str | None = None) -> Alert:
    """Move a locked alert to another state."""
    seen, done = tx.now if state in ("seen", "done") else None, tx.now if state == "done" else None
    row = await tx.fetchrow(_MARK, found.id, state, tx.now, by, note, seen, done)
    assert row is not None  # noqa: S101 - the row is locked
    return Alert(**dict(row))


async def changed(
    reader: Reader, employee_id: UUID | None, unit: str, after: tuple[datetime, UUID], limit: int
) -> list[Alert]:
    """What changed in an inbox after this moment and alert, oldest first."""
    return [Alert(**dict(row)) for row in await reader.fetch(_CHANGED, employee_id, unit, *after, limit)]


async def page(  # noqa: PLR0913 - one argument for each filter
    reader: Reader,
    employee_id: UUID | None,
    unit: str | None,
    *,
    state: str | None,
    after: Sequence[Any] | None,
    limit: int,
) -> list[Alert]:
    """An inbox, newest first: the employee's own, and what stands there for all of the unit."""
    columns = [alert.c[name.strip()] for name in _ALERT.split(",")]
    mine = [alert.c.employee_id == employee_id] if employee_id else []
    shared = [sa.and_(alert.c.employee_id.is_(None), alert.c.unit_id == unit)] if unit else []
    rows: list[asyncpg.Record] = []
    # One after the other, each in the order of its index: together they would be sorted as a whole.
    for whose in (*mine, *shared):
        statement = sa.select(*columns).where(whose)
        if state is not None:
            statement = statement.where(alert.c.state == state)
        rows += await reader.all(after_key(statement, [alert.c.id], after, limit, descending=True))
    return [Alert(**dict(row)) for row in sorted(rows, key=lambda row: row["id"], reverse=True)[: limit + 1]]


async def blank(tx: Tx, customer_ids: Sequence[UUID]) -> int:
    """Remove notes about these customers."""
    return int((await tx.execute(_BLANK, list(customer_ids))).split()[-1])


def _rule(row: asyncpg.Record) -> Rule:
    values = dict(row)
    return Rule(**{**values, "recipients": tuple(values["recipients"]), "tiers": tuple(values["tiers"])})
