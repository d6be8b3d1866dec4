"""Rehearsing a changed version, approving, publishing: in pieces, so that no transaction grows with the firm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from guanxi import directory, due
from guanxi.auth import Principal
from guanxi.db import Pool, Reader, Tx
from guanxi.problems import Conflict, NotFound
from scoring.designations import usecases as designations
from scoring.indicators import usecases as indicators
from scoring.rehearsals import draft, reading, rules, store
from scoring.rehearsals.comparing import Compared
from scoring.rehearsals.rules import Mover, Rehearsal, Result, Status
from scoring.scorecards import files
from scoring.scorecards import usecases as scorecards
from scoring.scores import usecases as scores
from scoring.scores.rules import day_of

REHEARSE_DUE, PUBLISH_DUE, STRAGGLERS_DUE = "rehearsal", "rehearsal-publication", "rehearsal-stragglers"
CHUNK = 250
"""Most customers a step of a rehearsal: their facts are read and folded twice."""
MARKS = 5_000
"""Customers a transaction of a publication: each is a row in the queue of the scorer."""
IN_FLIGHT = timedelta(seconds=15)
"""A scoring that began before a publication has been committed by then: the runtime role's transaction_timeout is 10 s.
"""


async def propose(  # noqa: PLR0913 - what makes a rehearsal
    tx: Tx, kind: str, changes: Mapping[str, Any], reason: str, zone: ZoneInfo, principal: Principal
) -> Rehearsal:
    """Draft a change of the version in force and have it rehearsed. 404 for kinds that are not rehearsed, 422."""
    _known(kind)
    versions = await _versions(tx)
    in_force = await scorecards.one(tx, kind, versions[kind])
    earlier = await scorecards.bodies(tx, kind)
    made = Rehearsal(
        id=tx.new_id(),
        version=1,
        created_at=tx.now,
        recorded_at=tx.now,
        unit_id=principal.unit,
        kind=kind,
        base_version=in_force.version,
        value_version=versions[files.VALUE],
        used={name: versions[name] for name in sorted(rules.uses(kind))},
        changes=changes,
        body=draft.drafted(kind, in_force.body, changes, in_force.version + 1, earlier),
        reason=reason,
        status="draft",
        as_of=day_of(tx.now, zone),
        time_zone=zone.key,
        reached=None,
        result=Result(),
        proposed_by=principal.subject,
    )
    await store.save(tx, made)
    return made


async def drafts(pool: Pool) -> list[UUID]:
    """Rehearsals that have not come to their end, the oldest first."""
    async with pool.read() as reader:
        return await store.drafts(reader)


async def rehearse_some(pool: Pool, rehearsal_id: UUID, limit: int) -> bool:
    """Rehearse the next customers of a draft; False at its end, or when somebody else works on it.

    While they are compared, which may take longer than a transaction may be idle, no connection is held.
    """
    async with pool.read() as reader:
        one = await store.find(reader, rehearsal_id)
        if one is None or one.status != "draft":
            return False
        customers = await store.next_customers(reader, files.VALUE, one.reached, limit)
        some = await reading.chunk(reader, one, customers)
    found = await reading.compared(some)
    reached = customers[-1] if customers else one.reached
    status: Status = one.status if len(customers) == limit else "rehearsed"
    async with pool.begin() as tx:
        return await _enter(tx, replace(one, reached=reached, status=status), some, found)


async def _enter(tx: Tx, one: Rehearsal, some: reading.Chunk, found: Sequence[Compared]) -> bool:
    held = await store.find(tx, one.id, lock=True)
    if held is None or held.version != one.version:
        return False
    # Locked against an erasure; who was erased while this was reckoned has the chunk reckoned anew, without it.
    people = await directory.share_locked_many(tx, some.members)
    if any(who.erased for who in people.values()):
        return True
    moving = [each for each in found if each.moves]
    keys = await _designated(tx, {each.customer_id: some.families[each.customer_id] for each in moving})
    await store.add(tx, one.id, [rules.mover(each, key_customer=each.customer_id in keys) for each in moving])
    result = rules.added(one.kind, one.result, found, keys)
    await store.save(tx, replace(one, result=result, version=one.version + 1, recorded_at=tx.now))
    return one.status == "draft"


async def _designated(tx: Tx, families: Mapping[UUID, Sequence[UUID]]) -> set[UUID]:
    # A designation stays with the record that was designated, whoever absorbs that.
    records = await designations.designated(tx, [one for members in families.values() for one in members])
    return {who for who, members in families.items() if not records.isdisjoint(members)}


async def on_rehearsal_due(tx: Tx, rehearsal_id: UUID, at: datetime) -> None:
    """Take out what the release before has scheduled: the draft itself says that there is work."""


async def approve(tx: Tx, kind: str, rehearsal_id: UUID, principal: Principal) -> Rehearsal:
    """Approve what was rehearsed. 404, 409."""
    before = await find(tx, kind, rehearsal_id, lock=True)
    after = rules.approved(before, await _versions(tx), principal.subject, tx.now)
    await store.save(tx, after)
    return after


async def publish(tx: Tx, kind: str, rehearsal_id: UUID) -> Rehearsal:
    """Put what was approved in force, and have everybody scored by it. 404, 409."""
    # One at a time: what one rests on is not to be replaced in the same moment.
    await store.hold_publications(tx)
    before = await find(tx, kind, rehearsal_id, lock=True)
    after = rules.published(before, await _versions(tx), tx.now)
    if not await scorecards.publish(tx, kind, before.base_version + 1, before.body):
        raise Conflict("outdated", "A release has published this version since: rehearse the change of that one.")
    await store.save(tx, after)
    await due.schedule(tx, tx.now, PUBLISH_DUE, after.id)
    return after


async def on_publication_due(tx: Tx, rehearsal_id: UUID, at: datetime) -> None:  # noqa: ARG001 - the due loop's signature
    """Have the next customers scored by what was published; comes back as long as there are any."""
    if (one := await _in_force(tx, rehearsal_id)) is None:
        return
    customers = await store.next_customers(tx, files.VALUE, one.reached, MARKS)
    await scores.mark_later(tx, customers)
    await _go_on(tx, one, customers, PUBLISH_DUE)
    if len(customers) < MARKS:
        await due.schedule(tx, tx.now + IN_FLIGHT, STRAGGLERS_DUE, one.id)


async def on_stragglers_due(tx: Tx, rehearsal_id: UUID, at: datetime) -> None:  # noqa: ARG001 - as above
    """Have those scored anew whose scoring was under way at the publication, by what was in force before."""
    one = await _in_force(tx, rehearsal_id)
    if one is None or one.published_at is None:
        return
    customers = await store.next_customers(tx, files.VALUE, one.reached, MARKS)
    await scores.mark_later(tx, await store.untouched(tx, files.VALUE, customers, one.published_at + IN_FLIGHT))
    await _go_on(tx, one, customers, STRAGGLERS_DUE)


async def _in_force(tx: Tx, rehearsal_id: UUID) -> Rehearsal | None:
    one = await store.find(tx, rehearsal_id, lock=True)
    return one if one and one.status == "published" else None


async def _go_on(tx: Tx, one: Rehearsal, customers: Sequence[UUID], kind: str) -> None:
    more = len(customers) == MARKS
    await store.save(tx, replace(one, reached=customers[-1] if more else None))
    if more:
        await due.schedule(tx, tx.now, kind, one.id)


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
    reader: Reader,
    kind: str,
    rehearsal_id: UUID,
    tier: str | None,
    scope: str | None,
    after: Sequence[Any] | None,
    limit: int,
) -> list[Mover]:
    """Who would move, of one tier now or in one scope if named. 404."""
    await find(reader, kind, rehearsal_id)
    return await store.movers(reader, rehearsal_id, tier, scope, after, limit)


async def erase(tx: Tx, customer_ids: Sequence[UUID]) -> int:
    """Delete these customers from all rehearsals; the sums stay."""
    return await store.forget(tx, customer_ids)


def _known(kind: str) -> None:
    if kind not in files.REHEARSED:
        raise NotFound("scorecard that can be rehearsed")


async def _versions(reader: Reader) -> dict[str, int]:
    """The version in force of everything by which something is reckoned; 0 before the first."""
    facets = await indicators.in_force(reader)
    return await scorecards.versions(reader) | {rules.INDICATORS: facets.number if facets else 0}
