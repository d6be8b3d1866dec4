"""What the platform does to customers: what sources report, first orders, erasure. What people do is in `desk`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from customer_profile.customers import history_store, profiles, rules, store
from customer_profile.customers.profiles import Said, Step
from customer_profile.customers.rules import Customer, Revision
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
from guanxi.events.inbound.profiles import ProfileReported, ProfileReportedVoided

__all__ = [
    "PLATFORM",
    "Actor",
    "Edit",
    "Registration",
    "ReportedProfile",
    "apply_profiles",
    "changes_since",
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
    """What one report of a source says about one customer: a profile, its correction, or that it does not exist.

    `at` is when the source knew it, `thread` the profile that it is a report of and `sequence` intake's revision of it.
    Within a thread the higher sequence wins, between two threads of one source the later `at`. `opened` says that the
    source's report opened the record.
    """

    customer_id: UUID
    source: str
    unit_id: str
    at: datetime
    sequence: int
    profile: ProfileReported | ProfileReportedVoided
    thread: UUID
    opened: bool = False

    @property
    def said(self) -> Said:
        """What is kept of it for the next one."""
        return Said(self.at, self.sequence, self.thread)

    def newer_than(self, said: Said | None) -> bool:
        """Whether it may be applied after what this source said last."""
        if said is None:
            return True
        if said.thread in (None, self.thread):
            return self.sequence > said.sequence
        return (self.at, self.thread) > (said.at, said.thread)


async def apply_profiles(tx: Tx, profiles: Sequence[ReportedProfile]) -> None:
    """Write what sources report of their customers into the file; erased ones and late reports change nothing."""
    waiting = _in_order(profiles)
    if waiting:
        await store.lock(tx, {p.customer_id for p in waiting})
    # One source of each customer at a time: a revision tells whose words it keeps.
    while waiting:
        first: dict[UUID, str] = {}
        now = [p for p in waiting if first.setdefault(p.customer_id, p.source) == p.source]
        waiting = [p for p in waiting if first[p.customer_id] != p.source]
        await _apply(tx, now)


def _in_order(profiles: Sequence[ReportedProfile]) -> list[ReportedProfile]:
    """By time, but within a thread by sequence."""
    latest: dict[UUID, datetime] = {}
    keyed: list[tuple[datetime, int, ReportedProfile]] = []
    for p in sorted(profiles, key=lambda one: one.sequence):
        latest[p.thread] = max(p.at, latest.get(p.thread, p.at))
        keyed.append((latest[p.thread], p.sequence, p))
    return [p for _, _, p in sorted(keyed, key=lambda item: item[:2])]


async def _apply(tx: Tx, profiles: Sequence[ReportedProfile]) -> None:
    before = await store.load(tx, [p.customer_id for p in profiles])
    said = await history_store.last_said(tx, before)
    regions = await organisation.regions(tx, {p.unit_id for p in profiles})
    histories = await history_store.histories(tx, [p.customer_id for p in profiles if p.profile.twin() != "original"])
    after, fresh = dict(before), dict[UUID, ReportedProfile]()
    for p in profiles:
        one, key = before.get(p.customer_id), (p.customer_id, p.source)
        if one is None or one.erased_at is not None or not p.newer_than(said.get(key)):
            continue
        said[key], fresh[one.id] = p.said, p
        steps = [Step(p.source, rules.changes(one, after[one.id]))]
        steps += [Step(revision.source, revision.diff) for revision in histories.get(one.id, ())]
        region = regions.get(p.unit_id, organisation.DEFAULT_REGION)
        after[one.id] = _described(after[one.id], p, steps, region, tx.new_id)
    await save_all(tx, [Edit(before[id_], after[id_], Actor.of_source(p.source), p.at) for id_, p in fresh.items()])
    if fresh:
        await history_store.say(tx, {(p.customer_id, p.source): p.said for p in fresh.values()})


def _described(
    customer: Customer, said: ReportedProfile, steps: Sequence[Step], region: str, new_id: Callable[[], UUID]
) -> Customer:
    profile = said.profile
    if isinstance(profile, ProfileReportedVoided):
        return profiles.withdrawn(customer, steps, said.source, opened=said.opened)
    if profile.twin() == "corrected":
        customer = profiles.unsaid(customer, steps, said.source, opened=said.opened)
    return profiles.reported(customer, profile, said.source, region, new_id)


async def load(reader: Reader, ids: Iterable[UUID]) -> dict[UUID, Customer]:
    """Those of these records that exist, each with its own values."""
    return await store.load(reader, ids)


async def places(reader: Reader, ids: Iterable[UUID]) -> dict[UUID, store.Place]:
    """Unit and speaker of those of these records that exist: far less to read than all that is known of them."""
    return await store.places(reader, ids)


async def changes_since(reader: Reader, customer_id: UUID, moment: datetime) -> list[Revision]:
    """Changes of one record after a moment, newest first."""
    return await history_store.revisions_after(reader, customer_id, moment)


async def members_of(reader: Reader, some: Iterable[Customer]) -> list[UUID]:
    """All records that count as one with any of these, oldest first."""
    return await store.members(reader, [customer.canonical_id for customer in some])


async def erased(reader: Reader) -> list[UUID]:
    """All customers that were erased."""
    return await store.erased(reader)


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
    gone = [rules.erased(c, tx.now).next(tx.now, own=True) for c in fresh]
    if gone:
        await store.update(tx, list(zip(fresh, gone, strict=True)))
        await history_store.blank_revisions(tx, [c.id for c in gone])
        for customer in gone:
            facts = (CustomerErased(customer_id=customer.id, erased_at=tx.now), rules.published(customer))
            await log.record(tx, *(draft(tx, customer, fact) for fact in facts))
    return len(gone)


async def tally(reader: Reader, _source: str, _since: datetime) -> dict[str, int]:
    """Count the records, merged ones too: each copy of the directory holds so many once it has heard of all."""
    return {"customers": await store.count(reader)}
