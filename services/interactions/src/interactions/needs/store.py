"""Statements of needs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from guanxi.auth import Principal, visible
from guanxi.db import Reader, Tx, after_key
from interactions import rows
from interactions.needs.rules import Need
from interactions.needs.tables import need

_N = need.c
_SELECT = sa.select(*rows.columns(need, Need))
_ERASE = """
UPDATE need SET what = NULL, answer = NULL, erased_at = $2, version = version + 1
WHERE customer_id = ANY($1::uuid[]) AND erased_at IS NULL
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which needs a reader asks for."""

    customer_ids: Sequence[UUID] | None = None
    status: str | None = None
    assignee_id: UUID | None = None
    open_only: bool = False


async def write(tx: Tx, needs: Sequence[Need]) -> None:
    """Write rows that are new or whose lock is held."""
    await rows.put(tx, need, needs)


async def lock(tx: Tx, need_id: UUID) -> Need | None:
    """One need, locked."""
    row = await tx.one(_SELECT.where(_N.id == need_id).with_for_update())
    return rows.read(Need, row) if row else None


async def lock_of_interview(tx: Tx, interview_id: UUID) -> list[Need]:
    """What was raised in an interview and has not been voided, locked."""
    live = _SELECT.where(_N.interview_id == interview_id, _N.voided_at.is_(None))
    return [rows.read(Need, row) for row in await tx.all(live.order_by(_N.id).with_for_update())]


async def find(reader: Reader, principal: Principal, need_id: UUID) -> Need | None:
    """One need that the reader may see."""
    row = await reader.one(_SELECT.where(_N.id == need_id, visible(principal, _N.unit_id)))
    return rows.read(Need, row) if row else None


async def of_interviews(reader: Reader, interview_ids: Collection[UUID]) -> list[Need]:
    """What was raised in interviews, in its order."""
    select = _SELECT.where(_N.interview_id.in_(list(interview_ids)), _N.voided_at.is_(None)).order_by(_N.id)
    return [rows.read(Need, row) for row in await reader.all(select)]


async def page(
    reader: Reader, principal: Principal, wanted: Filter, after: Sequence[Any] | None, limit: int
) -> list[Need]:
    """Needs, newest first, one more than `limit`."""
    select = _SELECT.where(_N.voided_at.is_(None), visible(principal, _N.unit_id))
    if wanted.customer_ids is not None:
        select = select.where(_N.customer_id.in_(wanted.customer_ids))
    if wanted.status:
        select = select.where(_N.status == wanted.status)
    if wanted.open_only:
        select = select.where(_N.status.in_(("assigned", "reopened")))
    if wanted.assignee_id:
        select = select.where(_N.assignee_id == wanted.assignee_id)
    found = await reader.all(after_key(select, (_N.raised_at, _N.id), after, limit, descending=True))
    return [rows.read(Need, row) for row in found]


async def erase(tx: Tx, customer_ids: Sequence[UUID]) -> int:
    """Blank the words; the rest stays as a figure."""
    return int((await tx.execute(_ERASE, list(customer_ids), tx.now)).split()[-1])
