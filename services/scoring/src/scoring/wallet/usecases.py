"""Entering estimates of wallets, and reading them as facts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from guanxi import directory
from guanxi.auth import Principal
from guanxi.db import Reader, Tx, as_row
from guanxi.problems import NotFound, Unprocessable
from scoring.facts.rules import FactRow
from scoring.wallet import rules, store
from scoring.wallet.rules import Estimate, Finding


async def enter(tx: Tx, customer_id: UUID, said: Finding, today: date, who: Principal) -> Estimate:
    """Enter an estimate. 404, 410; 422 for a day to come."""
    if said.estimated_on > today:
        raise Unprocessable.field("estimated_on", "in-future", "Nobody has estimated on a day to come.")
    await directory.share_lock(tx, customer_id)
    made = Estimate(
        **as_row(said),
        id=tx.new_id(),
        customer_id=customer_id,
        unit_id=who.unit,
        entered_by=who.subject,
        recorded_at=tx.now,
    )
    await store.add(tx, made)
    return made


async def as_facts(reader: Reader, customer_ids: Iterable[UUID], known_at: datetime | None = None) -> list[FactRow]:
    """The estimates of these records, by what was known at a moment, as facts among others."""
    return [rules.as_fact(one) for one in await store.of_customers(reader, customer_ids, known_at)]


async def find(reader: Reader, estimate_id: UUID) -> Estimate:
    """One estimate. 404."""
    found = await store.find(reader, estimate_id)
    if found is None:
        raise NotFound("estimate")
    return found


async def page(reader: Reader, customer_ids: Sequence[UUID], after: Sequence[Any] | None, limit: int) -> list[Estimate]:
    """The estimates of these records, what was entered last first."""
    return await store.page(reader, customer_ids, after, limit)


async def erase(tx: Tx, customer_ids: Sequence[UUID]) -> int:
    """Delete these customers' estimates."""
    return await store.forget(tx, customer_ids)
