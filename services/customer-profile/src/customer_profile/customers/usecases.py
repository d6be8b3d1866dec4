"""What the platform does to customers: what sources report, first orders, erasure. What people do is in `desk`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from customer_profile.customers import rules, store
from customer_profile.customers.rules import Customer
from customer_profile.customers.saving import (
    PLATFORM,
    Actor,
    Edit,
    Registration,
    draft,
    lock_all,
    register_all,
    save_all,
)
from customer_profile.organisation import usecases as organisation
from guanxi.bus import log
from guanxi.db import Reader, Tx
from guanxi.events.customers import CustomerErased
from guanxi.events.inbound.profiles import ProfileReported

__all__ = [
    "PLATFORM",
    "Actor",
    "Edit",
    "Registration",
    "ReportedProfile",
    "apply_profiles",
    "erase",
    "hold",
    "load",
    "lock_all",
    "members_of",
    "note_orders",
    "register_all",
    "save_all",
]


@dataclass(frozen=True, slots=True)
class ReportedProfile:
    """What one report of a source says about one customer.

    `at` is when the source knew it, `sequence` intake's revision of this profile. Later `at` wins, then the higher
    sequence; a correction needs only the higher sequence.
    """

    customer_id: UUID
    source: str
    unit_id: str
    at: datetime
    sequence: int
    profile: ProfileReported
    corrected: bool = False

    def newer_than(self, said: tuple[datetime, int] | None) -> bool:
        """Whether it may be applied after what this source said last."""
        if said is None or (self.at, self.sequence) > said:
            return True
        return self.corrected and self.sequence > said[1]


async def apply_profiles(tx: Tx, profiles: Sequence[ReportedProfile]) -> None:
    """Write what sources report of their customers into the file; erased ones and late reports change nothing."""
    if not profiles:
        return
    before = await lock_all(tx, [p.customer_id for p in profiles])
    said = await store.last_said(tx, before)
    regions = await organisation.regions(tx, {p.unit_id for p in profiles})
    after, fresh = dict(before), []
    for p in sorted(profiles, key=lambda one: (one.at, one.sequence)):
        key = (p.customer_id, p.source)
        if p.customer_id in before and before[p.customer_id].erased_at is None and p.newer_than(said.get(key)):
            said[key] = (p.at, p.sequence)
            fresh.append(p)
            region = regions.get(p.unit_id, organisation.DEFAULT_REGION)
            after[p.customer_id] = rules.reported(after[p.customer_id], p.profile, p.source, region, tx.new_id)
    last = {p.customer_id: p for p in fresh}
    await save_all(tx, [Edit(before[id_], after[id_], Actor.of_source(p.source), p.at) for id_, p in last.items()])
    if fresh:
        await store.say(tx, {(p.customer_id, p.source): said[p.customer_id, p.source] for p in fresh})


async def load(reader: Reader, ids: Iterable[UUID]) -> dict[UUID, Customer]:
    """Those of these records that exist, each with its own values."""
    return await store.load(reader, ids)


async def members_of(reader: Reader, some: Iterable[Customer]) -> list[UUID]:
    """All records that count as one with any of these, oldest first."""
    return await store.members(reader, [customer.canonical_id for customer in some])


async def hold(tx: Tx, customer_ids: Iterable[UUID]) -> set[UUID]:
    """Keep these customers from being erased until the transaction ends; gives those that were erased before."""
    return await store.hold(tx, customer_ids)


async def note_orders(tx: Tx, customer_ids: Iterable[UUID]) -> None:
    """A customer who has ordered is no prospect any more. Harmless when told twice."""
    waiting = await store.prospects(tx, customer_ids)
    if waiting:
        locked = await lock_all(tx, waiting)
        still = [c for c in locked.values() if c.lifecycle == "prospect" and c.erased_at is None]
        await save_all(tx, [Edit(c, replace(c, lifecycle="active"), PLATFORM) for c in still])


async def erase(tx: Tx, customer_ids: Sequence[UUID]) -> int:
    """Blank what the file holds of these customers, its history included, and publish their last state."""
    locked = await lock_all(tx, customer_ids, whole=True)
    fresh = [c for c in locked.values() if c.erased_at is None]
    gone = [replace(rules.erased(c, tx.now), version=c.version + 1, recorded_at=tx.now) for c in fresh]
    if gone:
        await store.update(tx, list(zip(fresh, gone, strict=True)))
        await store.blank_revisions(tx, [c.id for c in gone])
        for customer in gone:
            facts = (CustomerErased(customer_id=customer.id, erased_at=tx.now), rules.published(customer))
            await log.record(tx, *(draft(tx, customer, fact) for fact in facts))
    return len(gone)


async def tally(reader: Reader, _source: str, _since: datetime) -> dict[str, int]:
    """Count the records, merged ones too: each copy of the directory holds so many once it has heard of all."""
    return {"customers": await store.count(reader)}
