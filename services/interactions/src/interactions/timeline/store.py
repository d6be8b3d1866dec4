"""Statements of the timeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any
from uuid import UUID

import asyncpg
import sqlalchemy as sa

from guanxi.auth import Principal, visible
from guanxi.db import Reader, Tx, after_key, as_row
from interactions.timeline.rules import Entry, Summary
from interactions.timeline.tables import timeline_entry

_WRITE = """
INSERT INTO timeline_entry AS t (id, customer_id, at, kind, unit_id, sequence, summary, voided)
SELECT id, customer_id, at, kind, unit_id, sequence, summary, voided
FROM jsonb_populate_recordset(NULL::timeline_entry, $1::jsonb) ORDER BY id
ON CONFLICT (id) DO UPDATE
SET customer_id = excluded.customer_id, at = excluded.at, unit_id = excluded.unit_id, sequence = excluded.sequence,
    summary = excluded.summary
WHERE t.sequence < excluded.sequence AND NOT t.voided
"""
_VOID = "UPDATE timeline_entry SET voided = true WHERE id = ANY($1::uuid[])"
_BURY = """
INSERT INTO timeline_entry AS t (id, customer_id, at, kind, unit_id, sequence, summary, voided)
SELECT id, customer_id, at, kind, unit_id, sequence, summary, true
FROM jsonb_populate_recordset(NULL::timeline_entry, $1::jsonb) ORDER BY id
ON CONFLICT (id) DO UPDATE
SET customer_id = excluded.customer_id, at = excluded.at, unit_id = excluded.unit_id, sequence = excluded.sequence,
    summary = excluded.summary, voided = true
"""
_STATUS = """
UPDATE timeline_entry t SET summary = t.summary || jsonb_build_object('status', s.status)
FROM unnest($1::uuid[], $2::text[]) AS s(id, status) WHERE t.id = s.id
"""
_SUMMARY = tuple(field.name for field in fields(Summary))
_ENTRY = timeline_entry.c


async def write(tx: Tx, entries: Sequence[Entry]) -> None:
    """Enter them; of one record the higher sequence wins, and what is voided stays so."""
    await tx.execute(_WRITE, [_row(entry) for entry in entries])


async def bury(tx: Tx, entries: Sequence[Entry]) -> None:
    """Void them, known or not: the rows are the same whatever came before, and whatever comes later changes nothing."""
    await tx.execute(_BURY, [_row(entry) for entry in entries])


async def void(tx: Tx, ids: Sequence[UUID]) -> None:
    """Take them off the timeline."""
    await tx.execute(_VOID, list(ids))


async def set_statuses(tx: Tx, statuses: Mapping[UUID, str]) -> None:
    """Change nothing but the status shown."""
    await tx.execute(_STATUS, list(statuses), list(statuses.values()))


async def page(  # noqa: PLR0913 - one argument for each filter
    reader: Reader,
    principal: Principal,
    customer_ids: Sequence[UUID],
    kinds: Sequence[str],
    after: Sequence[Any] | None,
    limit: int,
) -> list[Entry]:
    """The newest entries first, one more than `limit`."""
    select = sa.select(timeline_entry).where(
        _ENTRY.customer_id.in_(customer_ids), sa.not_(_ENTRY.voided), visible(principal, _ENTRY.unit_id)
    )
    if kinds:
        select = select.where(_ENTRY.kind.in_(kinds))
    rows = await reader.all(after_key(select, (_ENTRY.at, _ENTRY.id), after, limit, descending=True))
    return [_entry(row) for row in rows]


def summary_of(entry: Entry) -> dict[str, Any]:
    """What is stored of a summary: what it says, not what it leaves open."""
    return {name: value for name in _SUMMARY if (value := getattr(entry.summary, name)) is not None}


def _row(entry: Entry) -> dict[str, Any]:
    return {**as_row(entry), "summary": summary_of(entry)}


def _entry(row: asyncpg.Record) -> Entry:
    return Entry(
        id=row["id"],
        customer_id=row["customer_id"],
        at=row["at"],
        kind=row["kind"],
        unit_id=row["unit_id"],
        sequence=row["sequence"],
        summary=Summary(**{name: value for name, value in row["summary"].items() if name in _SUMMARY}),
    )
