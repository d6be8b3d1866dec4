"""Suspecting problems by count, recognising them, deciding one solution for all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from complaints import authority
from complaints.entitlements import reading
from complaints.problems import rules, store
from complaints.problems.rules import Heap, Problem, Solution
from guanxi import directory
from guanxi.auth import Principal
from guanxi.bus import log
from guanxi.db import Reader, Tx
from guanxi.events.improvements import ProblemRecognised
from guanxi.problems import NotFound

_OFFICE = "head-office"


async def suspect(tx: Tx, days: int, least: int) -> None:
    """Suspect each cause (and article) of which so many have complained in the last days.

    Merged customers are one complainant; each complaint without a name is one.
    """
    heaps = await store.heaps(tx, tx.now - timedelta(days=days), least)
    canonical = await directory.canonical_ids(tx, {one for heap in heaps for one in heap.customers})
    clock = await reading.clock(tx)
    counted = [(heap, len({canonical[one] for one in heap.customers}) + heap.anonymous) for heap in heaps]
    found = [(_suspected(tx, heap, count, clock), heap.first) for heap, count in counted if count >= least]
    if found:
        await store.suspect(tx, found)


async def recognise(tx: Tx, problem_id: UUID, principal: Principal) -> Problem:
    """A person says that many complaints have one cause. 404; 409 `already-recognised`."""
    before = await find(tx, problem_id, lock=True)
    after = rules.recognised(before, principal.subject, tx.now)
    await store.save(tx, after)
    fact = ProblemRecognised(
        problem_id=after.id,
        cause=after.cause,
        sku=after.sku,
        complaints=after.complaints,
        since=after.since,
        recognised_by=principal.employee_id,
        recognised_at=tx.now,
    )
    await log.record(tx, log.draft(tx, fact, aggregate=after.id, sequence=after.version, subject=None))
    return after


async def solve(tx: Tx, problem_id: UUID, text: str, remedy: str | None, principal: Principal) -> Problem:
    """Decide how everybody who complains of it is answered, as a lead or director. 403, 404, 409."""
    before = await find(tx, problem_id, lock=True)
    await authority.check(tx, principal, authority.LEAD)
    after = rules.solved(before, text, remedy, principal.subject, tx.now)
    await store.save(tx, after)
    return after


async def solution(reader: Reader, cause: str, sku: str | None) -> Solution | None:
    """How complaints of a cause and article are answered; None where nothing was decided."""
    return await store.solution(reader, cause, sku)


async def improve(tx: Tx, problem_id: UUID, since: datetime) -> None:
    """What caused it was changed, from a moment on: complaints from before make no new problem."""
    before = await find(tx, problem_id, lock=True)
    await store.save(tx, rules.improved(before, since, tx.now))


async def find(reader: Reader, problem_id: UUID, *, lock: bool = False) -> Problem:
    """One problem. 404."""
    found = await store.find(reader, problem_id, lock=lock)
    if found is None:
        raise NotFound("problem")
    return found


async def page(  # noqa: PLR0913 - one argument for each filter
    reader: Reader, status: str | None, cause: str | None, sku: str | None, after: Sequence[Any] | None, limit: int
) -> list[Problem]:
    """Problems, the newest first."""
    return await store.page(reader, status, cause, sku, after, limit)


def _suspected(tx: Tx, heap: Heap, complainants: int, clock: reading.Clock) -> Problem:
    return Problem(
        id=tx.new_id(),
        created_at=tx.now,
        recorded_at=tx.now,
        unit_id=_OFFICE,
        cause=heap.cause,
        sku=heap.sku,
        since=clock.day(heap.first),
        complaints=heap.complaints,
        complainants=complainants,
    )
