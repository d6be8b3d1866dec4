"""Writing records: a change locks and bumps the row, keeps its history and publishes the whole state."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextvars import Context
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from customer_profile.customers import history_store, rules, store
from customer_profile.customers.rules import Customer, FieldChange
from guanxi.auth import Principal
from guanxi.bus import log
from guanxi.db import Tx
from guanxi.events import Event, Fact
from guanxi.events.customers import CustomerRegistered, CustomerUpdated


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
    context: Context | None = None
    """The caller's, where the caller is one of many in this transaction."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A locked record before and after a change.

    `time` is when it happened; `always` bumps the version even when nothing differs.
    """

    before: Customer
    after: Customer
    actor: Actor
    time: datetime | None = None
    always: bool = False


async def register_all(tx: Tx, registrations: Sequence[Registration]) -> None:
    """Open records: rows, CustomerRegistered and CustomerState of each."""
    if not registrations:
        return
    await store.insert(tx, [r.customer for r in registrations])
    events: list[Event[Any]] = []
    for r in registrations:
        events += r.context.run(_opened, tx, r) if r.context else _opened(tx, r)
    await log.record(tx, *events)


def _opened(tx: Tx, r: Registration) -> list[Event[Any]]:
    return [
        draft(tx, r.customer, fact, r.customer.created_at) for fact in (_registered(r), rules.published(r.customer))
    ]


async def lock_all(tx: Tx, ids: Iterable[UUID], *, whole: bool = False) -> dict[UUID, Customer]:
    """Lock these records in sorted order and read them; `whole` as the eraser does."""
    wanted = set(ids)
    await store.lock(tx, wanted, whole=whole)
    return await store.load(tx, wanted)


async def save_all(tx: Tx, edits: Sequence[Edit]) -> dict[UUID, Customer]:
    """Write edits of locked records: one version, one revision and one CustomerState for each that changed."""
    done: list[tuple[Edit, tuple[FieldChange, ...], Customer]] = []
    for edit in edits:
        diff = rules.changes(edit.before, edit.after)
        if diff or edit.always:
            after = edit.after.next(tx.now, own=any(change.field != rules.MERGED for change in diff))
            done.append((edit, diff, after))
    if done:
        await store.update(tx, [(edit.before, after) for edit, _, after in done])
        await _keep_history(tx, done)
        await log.record(tx, *(event for item in done for event in _told(tx, *item)))
    return {edit.before.id: edit.before for edit in edits} | {after.id: after for _, _, after in done}


async def _keep_history(tx: Tx, done: Sequence[tuple[Edit, tuple[FieldChange, ...], Customer]]) -> None:
    by_actor: dict[Actor, list[tuple[Customer, Sequence[FieldChange]]]] = {}
    for edit, diff, after in done:
        by_actor.setdefault(edit.actor, []).append((after, diff))
    for actor, rows in by_actor.items():
        await history_store.add_revisions(
            tx, rows, actor=actor.name, employee_id=actor.employee_id, source=actor.source
        )


def _told(tx: Tx, edit: Edit, diff: Sequence[FieldChange], after: Customer) -> list[Event[Any]]:
    changed = tuple(change.field for change in diff if change.field != "canonical_id")
    events = [draft(tx, after, rules.published(after), edit.time)]
    if changed:
        fact = CustomerUpdated(
            customer_id=after.id,
            unit=after.unit_id,
            changed=changed,
            source=edit.actor.source,
            by=edit.actor.employee_id,
        )
        events.insert(0, draft(tx, after, fact, edit.time))
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


def draft(tx: Tx, customer: Customer, fact: Fact, time: datetime | None = None) -> Event[Any]:
    """A fact of a customer at its present version."""
    return log.draft(tx, fact, aggregate=customer.id, sequence=customer.version, subject=customer.id, time=time)
