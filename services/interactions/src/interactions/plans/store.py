"""Statements of plan items."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from guanxi.auth import Principal, visible
from guanxi.db import Reader, Tx, after_key
from interactions import rows
from interactions.plans.rules import PlanItem
from interactions.plans.tables import plan_item

_P = plan_item.c
_SELECT = sa.select(*rows.columns(plan_item, PlanItem))
_LOCK_ALL = f"""
SELECT {", ".join(rows.names(PlanItem))} FROM plan_item WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE
"""
_ERASE = """
UPDATE plan_item SET what = NULL, erased_at = $2, version = version + 1
WHERE customer_id = ANY($1::uuid[]) AND erased_at IS NULL
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which plan items a reader asks for."""

    customer_ids: Sequence[UUID] | None = None
    assignee_id: UUID | None = None
    status: str | None = None
    closes_before: datetime | None = None


async def write(tx: Tx, items: Sequence[PlanItem]) -> None:
    """Write rows that are new or whose lock is held."""
    await rows.put(tx, plan_item, items)


async def known(tx: Tx, ids: Collection[UUID]) -> set[UUID]:
    """Those of these ids that are plan items already."""
    return {row["id"] for row in await tx.all(sa.select(_P.id).where(_P.id.in_(list(ids))))}


async def lock(tx: Tx, item_id: UUID) -> PlanItem | None:
    """One plan item, locked."""
    row = await tx.one(_SELECT.where(_P.id == item_id).with_for_update())
    return rows.read(PlanItem, row) if row else None


async def lock_all(tx: Tx, ids: Collection[UUID]) -> list[PlanItem]:
    """Those of these ids that are plan items, locked."""
    return [rows.read(PlanItem, row) for row in await tx.fetch(_LOCK_ALL, list(ids))]


async def find(reader: Reader, principal: Principal, item_id: UUID) -> PlanItem | None:
    """One plan item that the reader may see."""
    row = await reader.one(_SELECT.where(_P.id == item_id, visible(principal, _P.unit_id)))
    return rows.read(PlanItem, row) if row else None


async def page(
    reader: Reader, principal: Principal, wanted: Filter, after: Sequence[Any] | None, limit: int
) -> list[PlanItem]:
    """Plan items by their days, one more than `limit`."""
    select = _SELECT.where(_P.voided_at.is_(None), visible(principal, _P.unit_id))
    if wanted.customer_ids is not None:
        select = select.where(_P.customer_id.in_(wanted.customer_ids))
    if wanted.assignee_id:
        select = select.where(_P.assignee_id == wanted.assignee_id)
    if wanted.status:
        select = select.where(_P.status == wanted.status)
    if wanted.closes_before:
        select = select.where(_P.closes_at < wanted.closes_before)
    found = await reader.all(after_key(select, (_P.closes_at, _P.id), after, limit))
    return [rows.read(PlanItem, row) for row in found]


async def erase(tx: Tx, customer_ids: Sequence[UUID]) -> int:
    """Blank the words; the rest stays as a figure."""
    return int((await tx.execute(_ERASE, list(customer_ids), tx.now)).split()[-1])
