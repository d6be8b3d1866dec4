"""Joining records and parting them. Nothing is overwritten and no fact moves: canonical ids are computed anew."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from customer_profile.customers import rules as records
from customer_profile.customers import usecases as customers
from customer_profile.customers.rules import Customer, FieldChange
from customer_profile.customers.usecases import PLATFORM, Actor, Edit
from customer_profile.identity import rules, store
from customer_profile.identity.rules import Component, Edge, Merge
from guanxi.auth import Principal
from guanxi.bus import log
from guanxi.db import Reader, Tx
from guanxi.events.customers import CustomerMerged, CustomerUnmerged, MergedComponent
from guanxi.problems import Conflict, Forbidden, Gone, NotFound, Unprocessable


@dataclass(frozen=True, slots=True)
class Plan:
    """What a merge would make: the component, and where the two records differ (first the survivor's value)."""

    survivor: Customer
    absorbed: Customer
    component: Component[UUID]
    differences: tuple[FieldChange, ...]


async def plan(reader: Reader, survivor_id: UUID, absorbed_id: UUID, principal: Principal) -> Plan:
    """Work out a merge without making it. 403 for external units, 404, 409 `already-merged`, 410."""
    _only_internal(principal)
    return await _plan(reader, survivor_id, absorbed_id)


async def _plan(reader: Reader, survivor_id: UUID, absorbed_id: UUID) -> Plan:
    if survivor_id == absorbed_id:
        raise Unprocessable.field("absorbed_id", "same", "must be another record than survivor_id")
    found = await customers.load(reader, (survivor_id, absorbed_id))
    survivor, absorbed = _present(found.get(survivor_id)), _present(found.get(absorbed_id))
    if survivor.canonical_id == absorbed.canonical_id:
        raise Conflict("already-merged", "The two records count as one already.")
    members = await customers.members_of(reader, (survivor, absorbed))
    edges = [*await store.edges(reader, members), Edge(survivor_id, absorbed_id)]
    (component,) = rules.components(members, edges)
    differences = tuple(d for d in records.changes(survivor, absorbed) if d.field != "canonical_id")
    return Plan(survivor, absorbed, component, differences)


async def merge(tx: Tx, survivor_id: UUID, absorbed_id: UUID, reason: str, principal: Principal) -> Merge:
    """Let two records count as one; each member's state is told anew. As `plan`."""
    _only_internal(principal)
    return await join(tx, survivor_id, absorbed_id, reason, Actor.of(principal))


async def join(tx: Tx, survivor_id: UUID, absorbed_id: UUID, reason: str, actor: Actor) -> Merge:
    """The same for whoever may: the platform itself, too."""
    await store.one_at_a_time(tx)
    wanted = await _plan(tx, survivor_id, absorbed_id)
    made = Merge(
        id=tx.new_id(),
        version=1,
        created_at=tx.now,
        unit_id=wanted.survivor.unit_id,
        survivor_id=survivor_id,
        absorbed_id=absorbed_id,
        status="active",
        reason=reason,
        merged_by=actor.name,
    )
    before = await customers.lock_all(tx, wanted.component.members)
    for one in (before[survivor_id], before[absorbed_id]):
        _present(one)
    await store.add(
        tx, made, {"survivor": records.image(before[survivor_id]), "absorbed": records.image(before[absorbed_id])}
    )
    await _appoint(tx, before, (wanted.component,), actor)
    fact = CustomerMerged(
        merge_id=made.id,
        survivor_id=survivor_id,
        absorbed_id=absorbed_id,
        component=_told(wanted.component),
        reason=reason,
        by=actor.employee_id,
    )
    await log.record(tx, log.draft(tx, fact, aggregate=made.id, sequence=made.version, subject=survivor_id))
    return made


async def undo(tx: Tx, merge_id: UUID, reason: str | None, principal: Principal) -> Merge:
    """Take a merge back, in any order: what stands is what the remaining merges make. 404, 409 `already-undone`."""
    _only_internal(principal)
    return await part(tx, merge_id, reason, Actor.of(principal))


async def part(tx: Tx, merge_id: UUID, reason: str | None, actor: Actor) -> Merge:
    """The same for whoever may: the platform itself, too."""
    await store.one_at_a_time(tx)
    stood = await store.find(tx, merge_id, lock=True)
    if stood is None:
        raise NotFound("merge")
    if stood.status != "active":
        raise Conflict("already-undone", "This merge has been undone.")
    found = await customers.load(tx, (stood.survivor_id, stood.absorbed_id))
    members = await customers.members_of(tx, found.values())
    undone = replace(
        stood,
        status="undone",
        version=stood.version + 1,
        undone_at=tx.now,
        undone_by=actor.name,
        undone_reason=reason,
    )
    await store.undo(tx, undone)
    parts = rules.components({*members, stood.survivor_id, stood.absorbed_id}, await store.edges(tx, members))
    await _appoint(tx, await customers.lock_all(tx, rules.canonical_ids(parts)), parts, actor)
    fact = CustomerUnmerged(
        merge_id=merge_id,
        survivor_id=stood.survivor_id,
        absorbed_id=stood.absorbed_id,
        components=tuple(_told(part) for part in parts),
        reason=reason,
        by=actor.employee_id,
    )
    await log.record(tx, log.draft(tx, fact, aggregate=merge_id, sequence=undone.version, subject=stood.survivor_id))
    return undone


async def find(reader: Reader, merge_id: UUID, principal: Principal) -> Merge:
    """One merge. 403 for external units, 404."""
    _only_internal(principal)
    found = await store.find(reader, merge_id)
    if found is None:
        raise NotFound("merge")
    return found


async def listed(
    reader: Reader, customer_id: UUID | None, after: Sequence[Any] | None, limit: int, principal: Principal
) -> list[Merge]:
    """Merges, standing and undone, the newest first, and one more than `limit`."""
    _only_internal(principal)
    return await store.listed(reader, customer_id, after[0] if after else None, limit)


async def alone(tx: Tx) -> None:
    """Let no other transaction change merges until this one ends; comes before every lock of a customer."""
    await store.one_at_a_time(tx)


async def standing(reader: Reader, customer_ids: Iterable[UUID]) -> list[Merge]:
    """The merges that stand between one of these records and another."""
    return await store.of_records(reader, customer_ids, "active")


async def undone(reader: Reader, customer_ids: Iterable[UUID]) -> list[Merge]:
    """Those that were undone."""
    return await store.of_records(reader, customer_ids, "undone")


async def hold(tx: Tx, customer_ids: Sequence[UUID]) -> None:
    """Lock these records and all that count as one with them against everybody, in the order that merges lock in."""
    await store.one_at_a_time(tx)
    members = await customers.members_of(tx, (await customers.load(tx, customer_ids)).values())
    await customers.lock_all(tx, {*customer_ids, *members}, whole=True)


async def reappoint(tx: Tx, erased_ids: Sequence[UUID]) -> None:
    """Let the oldest living record speak where the one that spoke was erased. They are held already."""
    orphans = await customers.members_of(tx, (await customers.load(tx, erased_ids)).values())
    if set(orphans) <= set(erased_ids):
        return
    before = await customers.lock_all(tx, orphans)
    parts = rules.components(orphans, await store.edges(tx, orphans))
    speakers = rules.speaking(parts, {one.id for one in before.values() if one.erased_at is None})
    moved = [one for one in before.values() if speakers.get(one.id, one.canonical_id) != one.canonical_id]
    await customers.save_all(tx, [Edit(one, replace(one, canonical_id=speakers[one.id]), PLATFORM) for one in moved])


async def _appoint(tx: Tx, before: dict[UUID, Customer], parts: Sequence[Component[UUID]], actor: Actor) -> None:
    living = {one.id: one for one in before.values() if one.erased_at is None}
    speakers = rules.speaking(parts, living)
    edits = [Edit(one, replace(one, canonical_id=speakers[one.id]), actor, always=True) for one in living.values()]
    await customers.save_all(tx, edits)


def _told(component: Component[UUID]) -> MergedComponent:
    return MergedComponent(canonical_id=component.canonical, members=component.members)


def _present(customer: Customer | None) -> Customer:
    if customer is None:
        raise NotFound("customer")
    if customer.erased_at is not None:
        raise Gone("An erased customer cannot be merged.", "customer-erased")
    return customer


def _only_internal(principal: Principal) -> None:
    if not principal.internal:
        raise Forbidden("Records are merged by internal units.", "internal-only")
