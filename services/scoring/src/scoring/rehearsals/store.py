"""All SQL on rehearsals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import sqlalchemy as sa

from guanxi.db import Reader, Tx, after_key
from scoring.rehearsals.rules import Mover, Rehearsal, Result
from scoring.rehearsals.tables import rehearsal, rehearsal_mover
from scoring.scorecards import files

_COLUMNS = """id, version, created_at, recorded_at, unit_id, kind, base_version, value_version, used, changes, body,
  reason, status, as_of, time_zone, reached, result, proposed_by, approved_by, approved_at, published_version,
  published_at"""
_SAVE = f"""
INSERT INTO rehearsal ({_COLUMNS}) SELECT {_COLUMNS} FROM jsonb_populate_record(NULL::rehearsal, $1::jsonb)
ON CONFLICT (id) DO UPDATE
SET version = excluded.version, recorded_at = excluded.recorded_at, status = excluded.status,
    reached = excluded.reached, result = excluded.result, approved_by = excluded.approved_by,
    approved_at = excluded.approved_at, published_version = excluded.published_version,
    published_at = excluded.published_at
"""
_FIND = f"SELECT {_COLUMNS} FROM rehearsal WHERE id = $1"
_DRAFTS = "SELECT id FROM rehearsal WHERE status = 'draft' ORDER BY id"
_MOVER = """rehearsal_id, customer_id, scope, tier, tier_after, value, value_after, profit_minor, key_customer, loses,
  gains"""
_ADD = f"""
INSERT INTO rehearsal_mover ({_MOVER})
SELECT {_MOVER} FROM jsonb_populate_recordset(NULL::rehearsal_mover, $1::jsonb) ORDER BY customer_id, scope
ON CONFLICT DO NOTHING
"""
# Whoever has a score of a kind: nobody else has a tier.
_NEXT = """
SELECT customer_id FROM score_series
WHERE customer_id > coalesce($2, '00000000-0000-0000-0000-000000000000'::uuid) AND kind = $1 AND ended_at IS NULL
  AND band IS NOT NULL
ORDER BY customer_id LIMIT $3
"""
# Of these the ones who were scored for the last time before a moment, and do not wait to be scored anyway.
_UNTOUCHED = """
SELECT s.customer_id FROM score_series s
WHERE s.customer_id = ANY($2::uuid[]) AND s.kind = $1 AND s.computed_at < $3
  AND NOT EXISTS (SELECT 1 FROM dirty d WHERE d.customer_id = s.customer_id)
"""
_PUBLISHING = "SELECT pg_advisory_xact_lock(hashtext('scoring.rehearsal-publication'))"
_FORGET = "DELETE FROM rehearsal_mover WHERE customer_id = ANY($1::uuid[])"
_R, _M = rehearsal.c, rehearsal_mover.c


async def save(tx: Tx, one: Rehearsal) -> None:
    """Write a rehearsal."""
    await tx.execute(_SAVE, asdict(one))


async def find(reader: Reader, rehearsal_id: UUID, *, lock: bool = False) -> Rehearsal | None:
    """One rehearsal."""
    row = await reader.fetchrow(f"{_FIND} FOR UPDATE" if lock else _FIND, rehearsal_id)
    return _rehearsal(row) if row else None


async def drafts(reader: Reader) -> list[UUID]:
    """Rehearsals that have not come to their end, the oldest first."""
    return [row["id"] for row in await reader.fetch(_DRAFTS)]


async def page(reader: Reader, kind: str, after: Sequence[Any] | None, limit: int) -> list[Rehearsal]:
    """Rehearsals of a kind, the newest first, one more than `limit`."""
    select = sa.select(rehearsal).where(_R.kind == kind)
    return [_rehearsal(row) for row in await reader.all(after_key(select, (_R.id,), after, limit, descending=True))]


async def add(tx: Tx, rehearsal_id: UUID, movers: Sequence[Mover]) -> None:
    """Write who would move."""
    if movers:
        await tx.execute(_ADD, [asdict(one) | {"rehearsal_id": rehearsal_id} for one in movers])


async def movers(  # noqa: PLR0913 - one argument for each filter
    reader: Reader, rehearsal_id: UUID, tier: str | None, scope: str | None, after: Sequence[Any] | None, limit: int
) -> list[Mover]:
    """Who would move, of one tier now or in one scope if named, one more than `limit`."""
    select = sa.select(rehearsal_mover).where(_M.rehearsal_id == rehearsal_id)
    if scope is not None:
        select = select.where(_M.scope == scope)
    if tier is not None:
        select = select.where(_M.tier == tier)
    rows = await reader.all(after_key(select, (_M.customer_id, _M.scope), after, limit))
    return [_mover(row) for row in rows]


async def next_customers(reader: Reader, kind: str, reached: UUID | None, limit: int) -> list[UUID]:
    """The customers with a score of a kind who come after one."""
    return [row["customer_id"] for row in await reader.fetch(_NEXT, kind, reached, limit)]


async def untouched(reader: Reader, kind: str, customer_ids: Sequence[UUID], since: datetime) -> list[UUID]:
    """Those of these customers whose score of a kind is older than this, and who are not to be scored anyway."""
    return [row["customer_id"] for row in await reader.fetch(_UNTOUCHED, kind, customer_ids, since)]


async def hold_publications(tx: Tx) -> None:
    """Have others who publish wait for this transaction."""
    await tx.execute(_PUBLISHING)


async def forget(tx: Tx, customer_ids: Sequence[UUID]) -> int:
    """Delete these customers from all rehearsals; the sums stay."""
    return int((await tx.execute(_FORGET, list(customer_ids))).rpartition(" ")[2])


def _rehearsal(row: asyncpg.Record) -> Rehearsal:
    values: dict[str, Any] = {name: row[name] for name in Rehearsal.__slots__}
    # Written by a release that rehearsed nothing but existing value.
    values["value_version"] = values["value_version"] or values["base_version"]
    values["used"] = values["used"] or {files.VALUE: values["value_version"], row["kind"]: values["base_version"]}
    return Rehearsal(**values | {"result": Result(**values["result"])})


def _mover(row: asyncpg.Record) -> Mover:
    values: dict[str, Any] = {name: row[name] for name in Mover.__slots__}
    return Mover(**values | {"loses": tuple(row["loses"]), "gains": tuple(row["gains"])})
