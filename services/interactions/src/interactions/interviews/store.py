"""Statements of interviews."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import sqlalchemy as sa

from guanxi.auth import Principal, visible
from guanxi.db import Reader, Tx, after_key
from interactions import rows
from interactions.interviews.rules import Graded, Interview
from interactions.interviews.tables import interview

_I = interview.c
_SELECT = sa.select(*rows.columns(interview, Interview))
_ERASE = """
UPDATE interview
SET contact_person = NULL, words = NULL, note = NULL, opportunities = NULL, erased_at = $2,
    version = version + 1
WHERE customer_id = ANY($1::uuid[]) AND erased_at IS NULL
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which interviews a reader asks for."""

    customer_ids: Sequence[UUID] | None = None
    cycle_id: UUID | None = None
    interviewer_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None


async def write(tx: Tx, one: Interview) -> None:
    """Write a row that is new or whose lock is held."""
    await rows.put(tx, interview, [one])


async def lock(tx: Tx, interview_id: UUID) -> Interview | None:
    """One interview, locked."""
    row = await tx.one(_SELECT.where(_I.id == interview_id).with_for_update())
    return _read(row) if row else None


async def find(reader: Reader, principal: Principal, interview_id: UUID) -> Interview | None:
    """One interview that the reader may see."""
    row = await reader.one(_SELECT.where(_I.id == interview_id, visible(principal, _I.unit_id)))
    return _read(row) if row else None


async def page(
    reader: Reader, principal: Principal, wanted: Filter, after: Sequence[Any] | None, limit: int
) -> list[Interview]:
    """Interviews, newest first, one more than `limit`."""
    select = _SELECT.where(_I.voided_at.is_(None), visible(principal, _I.unit_id))
    if wanted.customer_ids is not None:
        select = select.where(_I.customer_id.in_(wanted.customer_ids))
    if wanted.cycle_id:
        select = select.where(_I.cycle_id == wanted.cycle_id)
    if wanted.interviewer_id:
        select = select.where(_I.interviewer_id == wanted.interviewer_id)
    if wanted.since:
        select = select.where(_I.held_at >= wanted.since)
    if wanted.until:
        select = select.where(_I.held_at < wanted.until)
    found = await reader.all(after_key(select, (_I.held_at, _I.id), after, limit, descending=True))
    return [_read(row) for row in found]


async def erase(tx: Tx, customer_ids: Sequence[UUID]) -> int:
    """Blank who was there and what was said; grades stay as figures."""
    return int((await tx.execute(_ERASE, list(customer_ids), tx.now)).split()[-1])


def _read(row: asyncpg.Record) -> Interview:
    values = dict(row)
    found = values["opportunities"]
    values["grades"] = tuple(Graded(**one) for one in values["grades"])
    return rows.read(Interview, {**values, "opportunities": None if found is None else tuple(found)})
