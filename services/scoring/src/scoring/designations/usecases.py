"""Proposing key customers, deciding, ending."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any
from uuid import UUID

from guanxi import directory
from guanxi.auth import Principal
from guanxi.bus import log
from guanxi.db import Reader, Tx
from guanxi.events import Event
from guanxi.events.scores import KeyCustomerDesignated
from guanxi.problems import Conflict, NotFound
from scoring.designations import rules, store
from scoring.designations.rules import PLATFORM, Decision, Designation


@dataclass(frozen=True, slots=True)
class Entered:
    """A customer who has entered the segment of key customers: in which tier, and all its records."""

    tier: str
    members: Sequence[UUID]


async def on_segment(tx: Tx, best: str, entered: Mapping[UUID, Entered], left: Mapping[UUID, str]) -> None:
    """Propose who has entered the segment of key customers; take back what nobody has decided of who has left.

    `left` gives the tier of each; `best` is the first of the tiers. Of customers of whom one record is proposed or
    designated nothing is proposed again. A designation that was approved stays until a person ends it.
    """
    if left:
        waiting = await store.proposed(tx, list(left), PLATFORM)
        reasons = {one.id: rules.leaving(one, left[one.customer_id], best) for one in waiting}
        await store.save(tx, [rules.ended(one, reasons[one.id], PLATFORM, tx.now) for one in waiting])
    # After those who left: who was absorbed by a customer that enters the segment leaves it, and is proposed with it.
    if entered:
        known = await store.open_of(tx, chain.from_iterable(one.members for one in entered.values()))
        fresh = {who: one.tier for who, one in entered.items() if not known.intersection(one.members)}
        made = [_proposed(tx, who, rules.entering(tier, best), PLATFORM) for who, tier in fresh.items()]
        await store.propose(tx, made)


async def propose(tx: Tx, customer_id: UUID, reason: str, principal: Principal) -> Designation:
    """Propose a customer by hand. 404, 410; 409 `already-proposed`, whichever of its records that was."""
    await directory.share_lock(tx, customer_id)
    known = await store.open_of(tx, await directory.members(tx, customer_id))
    made = [] if known else await store.propose(tx, [_proposed(tx, customer_id, reason, principal.subject)])
    if not made:
        raise Conflict("already-proposed", "This customer is proposed, or is a key customer, already.")
    return made[0]


async def decide(
    tx: Tx, designation_id: UUID, decision: Decision, reason: str | None, principal: Principal
) -> Designation:
    """Approve or refuse a proposal. 404; 409 `already-decided`, `own-proposal`."""
    before = await find(tx, designation_id, lock=True)
    after = rules.decided(before, decision, reason, principal.subject, tx.now)
    await store.save(tx, [after])
    if decision == "approved":
        await log.record(tx, _told(tx, after))
    return after


async def end(tx: Tx, designation_id: UUID, reason: str, principal: Principal) -> Designation:
    """End a designation, or withdraw a proposal. 404; 409 `already-ended`."""
    before = await find(tx, designation_id, lock=True)
    after = rules.ended(before, reason, principal.subject, tx.now)
    await store.save(tx, [after])
    if before.status == "approved":
        await log.record(tx, _told(tx, after))
    return after


async def find(reader: Reader, designation_id: UUID, *, lock: bool = False) -> Designation:
    """One designation. 404."""
    found = await store.find(reader, designation_id, lock=lock)
    if found is None:
        raise NotFound("designation")
    return found


async def approved(reader: Reader) -> int:
    """How many customers are designated now."""
    return await store.approved(reader)


async def designated(reader: Reader, customer_ids: Sequence[UUID]) -> set[UUID]:
    """Those of these customers that are designated now."""
    return await store.designated(reader, customer_ids)


async def page(
    reader: Reader, status: str | None, customer_id: UUID | None, after: Sequence[Any] | None, limit: int
) -> list[Designation]:
    """Designations, the newest first; of a customer those of all its records."""
    members = None
    if customer_id is not None:
        members = await directory.members(reader, customer_id)
    return await store.page(reader, status, members, after, limit)


async def erase(tx: Tx, customer_ids: Sequence[UUID]) -> int:
    """Delete these customers' designations."""
    return await store.forget(tx, customer_ids)


def _proposed(tx: Tx, customer_id: UUID, reason: str, by: str) -> Designation:
    return Designation(
        id=tx.new_id(),
        version=1,
        created_at=tx.now,
        recorded_at=tx.now,
        customer_id=customer_id,
        status="proposed",
        reason=reason,
        proposed_by=by,
    )


def _told(tx: Tx, one: Designation) -> Event[KeyCustomerDesignated]:
    since = one.since or tx.now
    fact = KeyCustomerDesignated(
        designation_id=one.id, status=one.status, reason=one.reason, since=since, until=one.until
    )
    return log.draft(tx, fact, aggregate=one.id, sequence=one.version, subject=one.customer_id)
