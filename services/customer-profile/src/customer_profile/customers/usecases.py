"""What can be done to customers. Every change of a published part locks and bumps the row and publishes its whole state."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from guanxi.auth import Principal
from guanxi.bus import log
from guanxi.db import Reader, Tx
from guanxi.events import Event, Fact
from guanxi.events.customers import CustomerErased, CustomerRegistered, CustomerUpdated
from guanxi.events.inbound.profiles import ProfileReported

from customer_profile.customers import rules, store
from customer_profile.customers.rules import Customer, FieldChange
from customer_profile.organisation import usecases as organisation


@dataclass(frozen=True, slots=True)
class Actor:
    """Who makes a change: a caller, a source or the platform itself."""

    name: str
    employee_id: UUID | None = None
    source: str | None = None

    @classmethod
    def of(cls, principal: Principal) -> Actor:
        """The caller."""
        return cls(principal.subject, principal.employee_id)

    @classmethod
    def of_source(cls, source: str) -> Actor:
        """A publisher."""
        return cls(f"source:{source}", source=source)


PLATFORM = Actor("guanxi")


@dataclass(frozen=True, slots=True)
class Registration:
    """A new record, with the name under which a source knows it when one opened it."""

    customer: Customer
    actor: Actor
    external_customer: str | None = None


@dataclass(frozen=True, slots=True)
class Edit:
    """A locked record before and after a change; `time` is when it happened, `always` bumps it even when nothing differs."""

    before: Customer
    after: Customer
    actor: Actor
    time: datetime | None = None
    always: bool = False


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


async def register_all(tx: Tx, registrations: Sequence[Registration]) -> None:
    """Open records: rows, CustomerRegistered and CustomerState of each."""
    if not registrations:
        return
    await store.insert(tx, [r.customer for r in registrations])
    events: list[Event[Any]] = []
    for r in registrations:
        events += [_draft(tx, r.customer, fact, r.customer.created_at) for fact in (_registered(r), rules.published(r.customer))]
    await log.record(tx, *events)


async def lock_all(tx: Tx, ids: Iterable[UUID]) -> dict[UUID, Customer]:
    """Lock these records in sorted order and read them."""
    wanted = set(ids)
    await store.lock(tx, wanted)
    return await store.load(tx, wanted)


async def save_all(tx: Tx, edits: Sequence[Edit]) -> dict[UUID, Customer]:
    """Write edits of locked records: one version, one revision and one CustomerState for each that changed."""
    done: list[tuple[Edit, tuple[FieldChange, ...], Customer]] = []
    for edit in edits:
        diff = rules.changes(edit.before, edit.after)
        if diff or edit.always:
            after = replace(edit.after, version=edit.before.version + 1, recorded_at=tx.now)
            done.append((edit, diff, after))
    if done:
        await store.update(tx, [(edit.before, after) for edit, _, after in done])
        await _keep_history(tx, done)
        await log.record(tx, *(event for item in done for event in _told(tx, *item)))
    return {edit.before.id: edit.before for edit in edits} | {after.id: after for _, _, after in done}


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


async def members(reader: Reader, customer: Customer) -> list[UUID]:
    """All records that count as one with this one, oldest first."""
    return await store.members(reader, [customer.canonical_id])


async def note_orders(tx: Tx, customer_ids: Iterable[UUID]) -> None:
    """A customer who has ordered is no prospect any more. Harmless when told twice."""
    waiting = await store.prospects(tx, customer_ids)
    if waiting:
        locked = await lock_all(tx, waiting)
        still = [c for c in locked.values() if c.lifecycle == "prospect" and c.erased_at is None]
        await save_all(tx, [Edit(c, replace(c, lifecycle="active"), PLATFORM) for c in still])


async def erase(tx: Tx, customer_ids: Sequence[UUID]) -> int:
    """Blank what the file holds of these customers, its history included, and publish their last state."""
    locked = await lock_all(tx, customer_ids)
    fresh = [c for c in locked.values() if c.erased_at is None]
    gone = [replace(rules.erased(c, tx.now), version=c.version + 1, recorded_at=tx.now) for c in fresh]
    if gone:
        await store.update(tx, list(zip(fresh, gone, strict=True)))
        await store.blank_revisions(tx, [c.id for c in gone])
        for customer in gone:
            facts = (CustomerErased(customer_id=customer.id, erased_at=tx.now), rules.published(customer))
            await log.record(tx, *(_draft(tx, customer, fact, None) for fact in facts))
    return len(gone)


async def _keep_history(tx: Tx, done: Sequence[tuple[Edit, tuple[FieldChange, ...], Customer]]) -> None:
    by_actor: dict[Actor, list[tuple[Customer, Sequence[FieldChange]]]] = {}
    for edit, diff, after in done:
        by_actor.setdefault(edit.actor, []).append((after, diff))
    for actor, rows in by_actor.items():
        await store.add_revisions(tx, rows, actor=actor.name, employee_id=actor.employee_id, source=actor.source)


def _told(tx: Tx, edit: Edit, diff: Sequence[FieldChange], after: Customer) -> list[Event[Any]]:
    changed = tuple(change.field for change in diff if change.field != "canonical_id")
    events = [_draft(tx, after, rules.published(after), edit.time)]
    if changed:
        fact = CustomerUpdated(
            customer_id=after.id, unit=after.unit_id, changed=changed, source=edit.actor.source, by=edit.actor.employee_id
        )
        events.insert(0, _draft(tx, after, fact, edit.time))
    return events


def _registered(registration: Registration) -> CustomerRegistered:
    customer, actor = registration.customer, registration.actor
    return CustomerRegistered(
        customer_id=customer.id,
        kind=customer.kind,
        role=customer.role,
        lifecycle=customer.lifecycle,
        unit=customer.unit_id,
        source=actor.source,
        external_customer=registration.external_customer,
        owner_id=customer.owner_id,
        by=actor.employee_id,
    )


def _draft(tx: Tx, customer: Customer, fact: Fact, time: datetime | None) -> Event[Any]:
    return log.draft(tx, fact, aggregate=customer.id, sequence=customer.version, subject=customer.id, time=time)
