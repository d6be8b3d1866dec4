"""All SQL on policies."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import fields
from datetime import date
from typing import Any
from uuid import UUID

import asyncpg
import sqlalchemy as sa

from complaints.entitlements.rules import Version
from complaints.entitlements.tables import entitlement_policy
from guanxi.db import Reader, Tx, after_key, as_row

_NAMES = tuple(one.name for one in fields(Version))
_ONE = "SELECT * FROM entitlement_policy WHERE id = $1"
# A day's policy is the one that began last; of two that begin on one day, the later number.
_IN_FORCE = """
SELECT * FROM entitlement_policy WHERE status IN ('published', 'retired') AND effective_from <= $1
ORDER BY effective_from DESC, number DESC LIMIT 1
"""
# Two published at once must not be overlooked by each other: one goes after the other.
_PUBLISHING = "SELECT pg_advisory_xact_lock(hashtext('complaints.entitlement-policy'))"
_WAITING = """
SELECT * FROM entitlement_policy WHERE status = 'published' AND effective_from > $1
ORDER BY effective_from, number LIMIT 1
"""
# Two drafts at once must not get one number: the second waits until the first is there.
_LOCK = "LOCK TABLE entitlement_policy IN SHARE ROW EXCLUSIVE MODE"
_NEXT = "SELECT coalesce(max(number), 0) + 1 FROM entitlement_policy"
_INSERT = "INSERT INTO entitlement_policy SELECT * FROM jsonb_populate_recordset(NULL::entitlement_policy, $1::jsonb)"
_SAVE = """
UPDATE entitlement_policy p SET version = n.version, recorded_at = n.recorded_at, status = n.status,
  effective_from = n.effective_from, rehearsal = n.rehearsal, approved_by = n.approved_by,
  approver_id = n.approver_id, approved_at = n.approved_at, published_at = n.published_at
FROM jsonb_populate_recordset(NULL::entitlement_policy, $1::jsonb) n WHERE p.id = n.id
"""
_RETIRE = """
UPDATE entitlement_policy SET status = 'retired', version = version + 1, recorded_at = $3
WHERE status = 'published' AND (effective_from, number) < ($1, $2)
"""
_LEVELS = """
WITH gone AS (DELETE FROM tier_level WHERE level = 'vip' AND tier <> ALL($1::text[]))
INSERT INTO tier_level (tier, level) SELECT tier, 'vip' FROM unnest($1::text[]) AS t(tier) ORDER BY 1
ON CONFLICT (tier) DO UPDATE SET level = excluded.level
"""


async def find(reader: Reader, policy_id: UUID, *, lock: bool = False) -> Version | None:
    """One policy."""
    row = await reader.fetchrow(f"{_ONE} FOR UPDATE" if lock else _ONE, policy_id)
    return _version(row) if row else None


async def in_force(reader: Reader, on: date) -> Version | None:
    """The published policy that answers for a day."""
    row = await reader.fetchrow(_IN_FORCE, on)
    return _version(row) if row else None


async def page(reader: Reader, status: str | None, after: Sequence[Any] | None, limit: int) -> list[Version]:
    """Policies, the newest first, one more than `limit`."""
    table = entitlement_policy
    select = sa.select(table) if status is None else sa.select(table).where(table.c.status == status)
    return [
        _version(row) for row in await reader.all(after_key(select, (table.c.number,), after, limit, descending=True))
    ]


async def next_number(tx: Tx) -> int:
    """The number of a new draft; nobody else gets it."""
    await tx.execute(_LOCK)
    return int(await tx.fetchval(_NEXT))


async def hold_publishing(tx: Tx) -> None:
    """Let nobody else publish a policy until the transaction ends."""
    await tx.execute(_PUBLISHING)


async def waiting(reader: Reader, after: date) -> Version | None:
    """The first published policy that holds from a later day on."""
    row = await reader.fetchrow(_WAITING, after)
    return _version(row) if row else None


async def insert(tx: Tx, made: Version) -> None:
    """Add a draft."""
    await tx.execute(_INSERT, [as_row(made)])


async def save(tx: Tx, one: Version) -> None:
    """Write what became of a policy that is held."""
    await tx.execute(_SAVE, [as_row(one)])


async def retire_before(tx: Tx, one: Version) -> None:
    """Retire every published policy that this one follows; they go on answering for days that are over."""
    await tx.execute(_RETIRE, one.effective_from, one.number, tx.now)


async def set_levels(tx: Tx, vip_tiers: Collection[str]) -> None:
    """Let exactly these tiers earn the service level of VIPs."""
    await tx.execute(_LEVELS, sorted(vip_tiers))


def _version(row: asyncpg.Record) -> Version:
    return Version(**{name: row[name] for name in _NAMES})
