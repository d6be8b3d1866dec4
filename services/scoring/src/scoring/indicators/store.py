"""All SQL on quality indicators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import sqlalchemy as sa

from guanxi.db import Reader, Tx, after_key
from scoring.indicators.rules import Indicator, IndicatorSet
from scoring.indicators.tables import quality_indicators

_COLUMNS = "id, number, indicators, cycle_id, set_by, created_at"
_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('scoring.quality-indicators'))"
_NEXT = "SELECT coalesce(max(number), 0) + 1 FROM quality_indicators"
_ADD = """
INSERT INTO quality_indicators (id, version, created_at, recorded_at, unit_id, number, indicators, cycle_id, set_by)
VALUES ($1, 1, $2, $2, 'head-office', $3, $4, $5, $6)
"""
_IN_FORCE = f"""
SELECT {_COLUMNS} FROM quality_indicators WHERE created_at <= coalesce($1, 'infinity'::timestamptz)
ORDER BY number DESC LIMIT 1
"""
_FIND = f"SELECT {_COLUMNS} FROM quality_indicators WHERE id = $1"
_OF_CYCLE = f"SELECT {_COLUMNS} FROM quality_indicators WHERE cycle_id = $1 ORDER BY number"
_Q = quality_indicators.c


async def add(tx: Tx, indicators: Sequence[Indicator], cycle_id: UUID | None, set_by: UUID | None) -> IndicatorSet:
    """Put the next version in force."""
    await tx.execute(_ONE_AT_A_TIME)
    made = IndicatorSet(tx.new_id(), await tx.fetchval(_NEXT), tuple(indicators), cycle_id, set_by, tx.now)
    rows = [asdict(one) for one in indicators]
    await tx.execute(_ADD, made.id, tx.now, made.number, rows, cycle_id, set_by)
    return made


async def in_force(reader: Reader, at: datetime | None = None) -> IndicatorSet | None:
    """The version in force now, or at a moment; None before the first."""
    row = await reader.fetchrow(_IN_FORCE, at)
    return _set(row) if row else None


async def find(reader: Reader, set_id: UUID) -> IndicatorSet | None:
    """One version."""
    row = await reader.fetchrow(_FIND, set_id)
    return _set(row) if row else None


async def of_cycle(reader: Reader, cycle_id: UUID) -> list[IndicatorSet]:
    """The versions that came of a review cycle."""
    return [_set(row) for row in await reader.fetch(_OF_CYCLE, cycle_id)]


async def page(reader: Reader, after: Sequence[Any] | None, limit: int) -> list[IndicatorSet]:
    """All versions, the newest first, one more than `limit`."""
    rows = await reader.all(after_key(sa.select(quality_indicators), (_Q.number,), after, limit, descending=True))
    return [_set(row) for row in rows]


def _set(row: asyncpg.Record) -> IndicatorSet:
    indicators = tuple(Indicator(**one) for one in row["indicators"])
    return IndicatorSet(row["id"], row["number"], indicators, row["cycle_id"], row["set_by"], row["created_at"])
