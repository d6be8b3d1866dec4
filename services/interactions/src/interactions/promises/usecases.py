"""Making, correcting, settling and breaking promises."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from guanxi.auth import Principal
from guanxi.bus import log
from guanxi.db import Pool, Reader, Tx
from guanxi.events import Event, Fact
from guanxi.events.interactions import Promise as PromiseFact
from guanxi.events.interactions import PromiseMade, PromiseMadeCorrected
from guanxi.problems import NotFound, Stale
from interactions import scope
from interactions.promises import facts, rules, store, timing
from interactions.promises.rules import Made, Outcome, Promise, Revision
from interactions.promises.store import Filter
from interactions.timeline import usecases as timeline


async def make(tx: Tx, made: Made) -> list[Promise]:
    """Enter the promises of a contact that is new."""
    revision = rules.revise(made, (), tx.now)
    await _apply(tx, [(made, revision)])
    return list(revision.changed)


async def restate(tx: Tx, contacts: Sequence[Made]) -> None:
    """Bring the promises of these contacts, whose locks are held, into line with the contacts' newest versions."""
    known: dict[UUID | None, list[Promise]] = defaultdict(list)
    for one in await store.lock_of_contacts(tx, [made.contact_id for made in contacts]):
        known[one.contact_id].append(one)
    await _apply(tx, [(made, rules.revise(made, known[made.contact_id], tx.now)) for made in contacts])


async def redate(tx: Tx, made: Made) -> None:
    """Move the promises of a contact, whose lock is held, to its new moment; 422 when one of them was due by then."""
    known = await store.lock_of_contacts(tx, [made.contact_id])
    await _apply(tx, [(made, rules.redate(made, known, tx.now))])


async def annul(tx: Tx, contact_ids: Sequence[UUID], causes: Mapping[UUID | None, Event[Any]]) -> None:
    """Void whatever was promised in contacts that did not take place; their locks are held."""
    found = [one for one in await store.lock_of_contacts(tx, contact_ids) if one.voided_at is None]
    voided = [rules.void(one, tx.now) for one in found]
    told_of = [_draft(tx, one, facts.voided(one), cause=causes.get(one.contact_id)) for one in voided]
    await _write(tx, voided, told_of)


async def settle(tx: Tx, principal: Principal, promise_id: UUID, outcome: Outcome) -> Promise:
    """Record what became of a promise; 404, 409 when it has an outcome already."""
    found = await find(tx, principal, promise_id)
    if found.customer_id:
        await scope.locked_customer(tx, principal, found.customer_id)
    before = await store.lock(tx, promise_id)
    if before is None:
        raise NotFound("promise")
    return await _settle(tx, before, outcome, [])


async def correct(tx: Tx, principal: Principal, promise_id: UUID, version: int, outcome: Outcome) -> Promise:
    """Replace a wrong outcome by the right one; 404, 409 when there is none to replace, 412 when it has changed."""
    before = await _locked_with_due(tx, principal, promise_id)
    if before.version != version:
        raise Stale(before.version)
    opened = rules.reopened(before)
    return await _settle(tx, opened, outcome, [_draft(tx, opened, facts.outcome_voided(opened, before.status))])


async def reopen(tx: Tx, principal: Principal, promise_id: UUID) -> Promise:
    """Take a wrong outcome back: the promise is open again; 404, 409 when there is none or its moment has passed."""
    before = await _locked_with_due(tx, principal, promise_id)
    after = rules.reopened(before)
    rules.refuse_due(after, tx.now)
    await _write(tx, [after], [_draft(tx, after, facts.outcome_voided(after, before.status))])
    return after


async def fall_due(tx: Tx, promise_id: UUID) -> None:
    """Break a promise whose moment has come, unless it has been settled or moved meanwhile."""
    before = await store.lock(tx, promise_id)
    after = timing.overdue(before, tx.now) if before else None
    if after is not None:
        await _write(tx, [after], [_draft(tx, after, facts.outcome(after), time=after.due_at)])


async def draw_near(tx: Tx, promise_id: UUID) -> None:
    """Tell that a promise's moment draws near, unless it has been settled or moved meanwhile."""
    before = await store.lock(tx, promise_id)
    after = timing.reminded(before, tx.now) if before else None
    if after is not None:
        # Nothing is scheduled anew: what is due of a promise is locked before the promise, never after it.
        await store.write(tx, [after])
        await log.record(tx, _draft(tx, after, facts.due_soon(after)))


async def find(reader: Reader, principal: Principal, promise_id: UUID) -> Promise:
    """One promise; 404 when the reader may not see it."""
    found = await store.find(reader, principal, promise_id)
    if found is None:
        raise NotFound("promise")
    return found


async def of_contact(reader: Reader, contact_id: UUID) -> list[Promise]:
    """What was promised in a contact that the caller has been shown."""
    return await store.of_contact(reader, contact_id)


async def open_of(reader: Reader, principal: Principal, customer_ids: Sequence[UUID], limit: int) -> list[Promise]:
    """What these customers have been promised and still wait for, the earliest due first."""
    wanted = Filter(customer_ids=customer_ids, status="open")
    return (await store.page(reader, principal, wanted, None, limit))[:limit]


async def page(  # noqa: PLR0913 - one argument for each filter
    pool: Pool,
    principal: Principal,
    after: Sequence[Any] | None,
    limit: int,
    *,
    customer_id: UUID | None = None,
    promiser_id: UUID | None = None,
    status: str | None = None,
    due_before: datetime | None = None,
) -> list[Promise]:
    """Promises by the moment they are due."""
    ids = await scope.ids_for(pool, principal, customer_id) if customer_id else None
    wanted = Filter(customer_ids=ids, promiser_id=promiser_id, status=status, due_before=due_before)
    async with pool.read() as reader:
        return await store.page(reader, principal, wanted, after, limit)


async def erase(tx: Tx, customer_ids: Sequence[UUID]) -> int:
    """Blank what was said; how many promises."""
    return await store.erase(tx, customer_ids)


async def _locked_with_due(tx: Tx, principal: Principal, promise_id: UUID) -> Promise:
    found = await find(tx, principal, promise_id)
    if found.customer_id:
        await scope.locked_customer(tx, principal, found.customer_id)
    await store.lock_due(tx, [promise_id])
    locked = await store.lock(tx, promise_id)
    if locked is None:
        raise NotFound("promise")
    return locked


async def _settle(tx: Tx, before: Promise, outcome: Outcome, told_of: list[Event[Any]]) -> Promise:
    new_id = tx.new_id() if outcome.ending == "renegotiated" else None
    after = rules.settle(before, outcome, new_id)
    replacement = rules.renegotiated(before, outcome, new_id, tx.now) if new_id else None
    told_of = [*told_of, _draft(tx, after, facts.outcome(after, replacement), time=outcome.at)]
    if replacement:
        told_of.append(_draft(tx, replacement, facts.made(replacement), time=outcome.at))
    await _write(tx, [after, replacement] if replacement else [after], told_of)
    return after


async def _apply(tx: Tx, revisions: Sequence[tuple[Made, Revision]]) -> None:
    changed = [one for _, revision in revisions for one in revision.changed]
    told_of = [fact for made, revision in revisions for fact in _facts(tx, made, revision)]
    await _write(tx, changed, told_of)


async def _write(tx: Tx, promises: Sequence[Promise], told_of: Sequence[Event[Any]]) -> None:
    live = [one for one in promises if one.voided_at is None]
    await store.schedule(tx, [moment for one in live for moment in timing.moments(one, tx.now)])
    await store.write(tx, promises)
    await timeline.write(tx, [facts.entry(one) for one in live])
    await timeline.void(tx, [one.id for one in promises if one.voided_at is not None])
    await log.record(tx, *told_of)


def _facts(tx: Tx, made: Made, revision: Revision) -> list[Event[Any]]:
    by_id = {one.id: one for one in revision.changed}

    def told(key: UUID, fact: PromiseFact) -> Event[Any]:
        return _draft(tx, by_id[key], fact, time=made.made_at, cause=made.cause)

    return [
        *(told(key, facts.made(by_id[key], PromiseMade)) for key in revision.made),
        *(_reopened(tx, by_id[key], made) for key in revision.reopened),
        *(told(key, facts.made(by_id[key], PromiseMadeCorrected)) for key in (*revision.corrected, *revision.reopened)),
        *(_draft(tx, by_id[key], facts.voided(by_id[key]), cause=made.cause) for key in revision.voided),
    ]


def _reopened(tx: Tx, one: Promise, made: Made) -> Event[Any]:
    # Two versions up, for two facts: that it was not broken, then what it is.
    return _draft(tx, one, facts.outcome_voided(one, "broken"), cause=made.cause, sequence=one.version - 1)


def _draft(  # noqa: PLR0913 - the parts of an envelope
    tx: Tx,
    promise: Promise,
    fact: Fact,
    *,
    time: datetime | None = None,
    cause: Event[Any] | None = None,
    sequence: int | None = None,
) -> Event[Any]:
    return log.draft(
        tx,
        fact,
        aggregate=promise.id,
        sequence=sequence or promise.version,
        subject=promise.customer_id,
        time=time or (cause.time if cause else None),
        cause=cause,
    )
