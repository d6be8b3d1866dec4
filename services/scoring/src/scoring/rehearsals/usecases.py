"""Rehearsing a changed scorecard, approving, publishing: in pieces, so that no transaction grows with the firm."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from guanxi import directory, due
from guanxi.auth import Principal
from guanxi.db import Reader, Tx
from guanxi.problems import NotFound
from scoring.designations import usecases as designations
from scoring.facts import usecases as facts
from scoring.rehearsals import draft, rules, store
from scoring.rehearsals.rules import Compared, Mover, Rehearsal, Result
from scoring.scorecards import files
from scoring.scorecards import usecases as scorecards
from scoring.scorecards.rules import ValueCard
from scoring.scores import usecases as scores
from scoring.scores.rules import Moment, day_of

REHEARSE_DUE, PUBLISH_DUE = "rehearsal", "rehearsal-publication"
CHUNK = 250
"""Customers a transaction of a rehearsal: their facts are read and folded twice."""
MARKS = 5_000
"""Customers a transaction of a publication: each is a row in the queue of the scorer."""


async def propose(  # noqa: PLR0913 - what makes a rehearsal
    tx: Tx, kind: str, changes: Mapping[str, Any], reason: str, zone: ZoneInfo, principal: Principal
) -> Rehearsal:
    """Draft a change of the scorecard in force and have it rehearsed. 404 for kinds without tiers, 422."""
    _known(kind)
    card = await scorecards.value_card(tx)
    in_force = await scorecards.one(tx, kind, card.version)
    made = Rehearsal(
        id=tx.new_id(),
        version=1,
        created_at=tx.now,
        recorded_at=tx.now,
        unit_id=principal.unit,
        kind=kind,
        base_version=card.version,
        changes=changes,
        body=draft.drafted(in_force.body, changes, card.version + 1),
        reason=reason,
        status="draft",
        as_of=day_of(tx.now, zone),
        time_zone=zone.key,
        reached=None,
        result=Result(),
        proposed_by=principal.subject,
    )
    await store.save(tx, made)
    await due.schedule(tx, tx.now, REHEARSE_DUE, made.id)
    return made


async def on_rehearsal_due(tx: Tx, rehearsal_id: UUID, at: datetime) -> None:  # noqa: ARG001 - the due loop's signature
    """Rehearse the next customers; comes back as long as there are any."""
    one = await store.find(tx, rehearsal_id, lock=True)
    if one is None or one.status != "draft":
        return
    customers = await store.next_customers(tx, one.kind, one.reached, CHUNK)
    now = await _base(tx, one)
    found = await _compared(tx, one, customers, now)
    movers = await _movers(tx, found)
    await store.add(tx, one.id, movers)
    result = rules.added(one.result, found, movers, now)
    more = len(customers) == CHUNK
    reached = customers[-1] if customers else one.reached
    status = one.status if more else "rehearsed"
    await store.save(
        tx,
        replace(one, result=result, reached=reached, status=status, version=one.version + 1, recorded_at=tx.now),
    )
    if more:
        await due.schedule(tx, tx.now, REHEARSE_DUE, one.id)


async def approve(tx: Tx, kind: str, rehearsal_id: UUID, principal: Principal) -> Rehearsal:
    """Approve what was rehearsed. 404, 409."""
    after = rules.approved(await find(tx, kind, rehearsal_id, lock=True), principal.subject, tx.now)
    await store.save(tx, after)
    return after


async def publish(tx: Tx, kind: str, rehearsal_id: UUID) -> Rehearsal:
    """Put what was approved in force, and have everybody scored by it. 404, 409."""
    before = await find(tx, kind, rehearsal_id, lock=True)
    after = rules.published(before, (await scorecards.value_card(tx)).version, tx.now)
    if not await scorecards.publish(tx, kind, before.base_version + 1, before.body):
        # Another was published in the same moment, and has waited for nobody.
        rules.published(before, before.base_version + 1, tx.now)
    await store.save(tx, after)
    await due.schedule(tx, tx.now, PUBLISH_DUE, after.id)
    return after


async def on_publication_due(tx: Tx, rehearsal_id: UUID, at: datetime) -> None:  # noqa: ARG001 - as above
    """Have the next customers scored by what was published; comes back as long as there are any."""
    one = await store.find(tx, rehearsal_id, lock=True)
    if one is None or one.status != "published":
        return
    customers = await store.next_customers(tx, one.kind, one.reached, MARKS)
    if customers:
        await scores.mark_later(tx, customers)
        await store.save(tx, replace(one, reached=customers[-1]))
    if len(customers) == MARKS:
        await due.schedule(tx, tx.now, PUBLISH_DUE, one.id)


async def find(reader: Reader, kind: str, rehearsal_id: UUID, *, lock: bool = False) -> Rehearsal:
    """One rehearsal of a kind. 404."""
    found = await store.find(reader, rehearsal_id, lock=lock)
    if found is None or found.kind != kind:
        raise NotFound("rehearsal")
    return found


async def page(reader: Reader, kind: str, after: Sequence[Any] | None, limit: int) -> list[Rehearsal]:
    """Rehearsals of a kind, the newest first. 404."""
    _known(kind)
    return await store.page(reader, kind, after, limit)


async def movers(  # noqa: PLR0913 - one argument for each filter
    reader: Reader, kind: str, rehearsal_id: UUID, tier: str | None, after: Sequence[Any] | None, limit: int
) -> list[Mover]:
    """Who would move, of one tier now if named. 404."""
    await find(reader, kind, rehearsal_id)
    return await store.movers(reader, rehearsal_id, tier, after, limit)


async def erase(tx: Tx, customer_ids: Sequence[UUID]) -> int:
    """Delete these customers from all rehearsals; the sums stay."""
    return await store.forget(tx, customer_ids)


def _known(kind: str) -> None:
    if kind != files.VALUE:
        raise NotFound("scorecard that can be rehearsed")


async def _base(tx: Tx, one: Rehearsal) -> ValueCard:
    # That on which the change was drafted, whatever was published meanwhile.
    return files.value_card_of((await scorecards.one(tx, one.kind, one.base_version)).body)


async def _compared(tx: Tx, one: Rehearsal, customers: Sequence[UUID], now: ValueCard) -> list[Compared]:
    # Who was merged in between comes, if at all, with whoever it is part of now: nobody is rehearsed twice.
    found, asked = await directory.families(tx, customers) if customers else {}, set(customers)
    families = {one: members for one, members in found.items() if one in asked}
    own = [each for members in families.values() for each in members]
    told = Moment(one.as_of, ZoneInfo(one.time_zone), reach=await facts.reach(tx))
    rows = await facts.of_customers(tx, own, now.fact_kinds)
    then = files.value_card_of(one.body)
    by_record: dict[UUID | None, list[Any]] = {}
    for row in rows:
        by_record.setdefault(row.customer_id, []).append(row)

    def reckon() -> list[Compared]:
        return [
            rules.compared(who, [row for each in members for row in by_record.get(each, ())], now, then, told)
            for who, members in families.items()
        ]

    return await asyncio.to_thread(reckon)


async def _movers(tx: Tx, found: Sequence[Compared]) -> list[Mover]:
    moving = [one for one in found if one.tier != one.tier_after]
    designated = await designations.designated(tx, [one.customer_id for one in moving]) if moving else set()
    treatments = files.treatments()
    return [rules.mover(one, treatments, key_customer=one.customer_id in designated) for one in moving]
