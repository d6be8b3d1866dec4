"""What people do at a customer's file: register, read, change, add ways to reach it, make sure of it, look back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from customer_profile.customers import history_store, rules, store, values
from customer_profile.customers.rules import ContactPoint, Customer, Revision, new_customer
from customer_profile.customers.saving import Actor, Edit, Registration, lock_all, register_all, save_all
from customer_profile.customers.schemas import ContactPointBody, CustomerPatch, NewRecord
from customer_profile.organisation import usecases as organisation
from guanxi.auth import Principal
from guanxi.db import Pool, Reader, Tx
from guanxi.problems import Conflict, FieldError, Forbidden, Gone, NotFound, Stale, Unprocessable


@dataclass(frozen=True, slots=True)
class View:
    """A record as one caller sees it; `asked` is the id that was asked for."""

    asked: UUID
    customer: Customer
    members: tuple[UUID, ...]

    @property
    def elsewhere(self) -> bool:
        """Whether another record speaks for the one that was asked for."""
        return self.asked != self.customer.id


async def view(reader: Reader, customer_id: UUID, principal: Principal) -> View:
    """The record that speaks for this id; an external unit gets exactly its own. 404, 410."""
    return await _view(partial(store.load_one, reader), customer_id, principal)


async def view_shared(pool: Pool, customer_id: UUID, principal: Principal) -> View:
    """The same in a statement shared with whoever reads a customer at this moment."""
    return await _view(partial(store.load_shared, pool), customer_id, principal)


async def _view(
    load: Callable[[UUID], Awaitable[store.Loaded | None]], customer_id: UUID, principal: Principal
) -> View:
    found = await load(customer_id)
    if found and principal.internal and found[0].canonical_id != customer_id:
        visible_record(found[0], principal)
        found = await load(found[0].canonical_id)
    customer, members = found or (None, [])
    return View(customer_id, visible_record(customer, principal), tuple(members))


async def own(reader: Reader, customer_id: UUID, principal: Principal) -> Customer:
    """Exactly the record with this id. 404, 410."""
    found = await store.load_one(reader, customer_id)
    return visible_record(found[0] if found else None, principal)


async def exactly(reader: Reader, customer_id: UUID, principal: Principal) -> View:
    """Exactly the record with this id, with all that count as one with it. 404, 410."""
    customer, members = await store.load_one(reader, customer_id) or (None, [])
    return View(customer_id, visible_record(customer, principal), tuple(members))


async def locked(tx: Tx, customer_id: UUID, principal: Principal) -> Customer:
    """Exactly the record with this id, locked. 404, 410."""
    return visible_record((await lock_all(tx, [customer_id])).get(customer_id), principal)


def visible_record(customer: Customer | None, principal: Principal) -> Customer:
    """The record, if it is there for this caller: 404 for what another unit has, 410 for an erased one."""
    if customer is None or not (principal.internal or customer.unit_id == principal.unit):
        raise NotFound("customer")
    if customer.erased_at is not None:
        raise Gone("This customer has been erased.", "customer-erased")
    return customer


async def register(tx: Tx, new: NewRecord, principal: Principal) -> Customer:
    """Open a record by hand; the owner, when given, is assigned by the caller of this."""
    unit = await _unit_of(tx, new.unit, principal)
    region = await phone_region(tx, unit)
    made = opened(tx, new, unit, region)
    await register_all(tx, [Registration(made, Actor.of(principal))])
    return made


def opened(tx: Tx, new: NewRecord, unit: str, region: str) -> Customer:
    """The record that a caller wants to have opened; 422 when a contact point is repeated."""
    made = new_customer(tx.new_id(), unit, tx.now, **new.own())
    return replace(made, contact_points=_points(tx, (), new.contact_points, region))


async def change(tx: Tx, customer_id: UUID, patch: CustomerPatch, version: int, principal: Principal) -> Customer:
    """Change a record; 409 `merged-into` for one that another speaks for, 412 when it is not at `version` any more."""
    before = await locked(tx, customer_id, principal)
    if principal.internal and before.canonical_id != before.id:
        raise merged_into(before.canonical_id)
    _check_version(before, version, principal)
    after = replace(before, **patch.own())
    if "name" in patch.model_fields_set and patch.name is None:
        raise Unprocessable.field("name", "required", "a customer has a name; it cannot be taken away")
    if "contact_points" in patch.model_fields_set:
        region = await phone_region(tx, before.unit_id)
        after = replace(after, contact_points=_points(tx, before.contact_points, patch.contact_points, region))
    return await _saved(tx, before, after, principal)


async def add_point(
    tx: Tx, customer_id: UUID, body: ContactPointBody, principal: Principal
) -> tuple[Customer, ContactPoint]:
    """Add a way to reach the customer; 409 when it is there already."""
    before = await locked(tx, customer_id, principal)
    region = await phone_region(tx, before.unit_id)
    point = _point(tx, body, region)
    if _hashes([point]) & _hashes(before.contact_points):
        raise Conflict("already-there", "The customer has this contact point already.")
    kept = tuple(
        replace(p, preferred=p.preferred and not (point.preferred and p.kind == point.kind))
        for p in before.contact_points
    )
    return await _saved(tx, before, replace(before, contact_points=(*kept, point)), principal), point


async def drop_point(tx: Tx, customer_id: UUID, point_id: UUID, version: int, principal: Principal) -> Customer:
    """Take a contact point away. 404, 412."""
    before = await locked(tx, customer_id, principal)
    _check_version(before, version, principal)
    kept = tuple(p for p in before.contact_points if p.id != point_id)
    if len(kept) == len(before.contact_points):
        raise NotFound("contact point")
    return await _saved(tx, before, replace(before, contact_points=kept), principal)


async def verify(tx: Tx, customer_id: UUID, at: datetime | None, principal: Principal) -> Customer:
    """Note that somebody has made sure of the record; an earlier time than the one known changes nothing."""
    before = await locked(tx, customer_id, principal)
    if at is not None and at > tx.now:
        raise Unprocessable.field("verified_at", "future", "must not lie in the future")
    moment = at or tx.now
    if moment <= before.verified_at:
        return before
    return await _saved(tx, before, replace(before, verified_at=moment, verified_by=principal.employee_id), principal)


async def history(  # noqa: PLR0913 - the parts of a query
    reader: Reader,
    customer: Customer,
    as_of: datetime | None,
    before: int | None,
    limit: int,
    principal: Principal,
) -> tuple[list[Revision], dict[str, Any] | None]:
    """Changes of a record, newest first, and with `as_of` its fields as they were then.

    An external unit learns nothing of merges.
    """
    hidden = () if principal.internal else (rules.MERGED,)
    found = await history_store.revisions(reader, customer.id, as_of, before, limit, merges=principal.internal)
    rows = [replace(row, diff=tuple(change for change in row.diff if change.field not in hidden)) for row in found]
    if as_of is None or before is not None or not rules.known_at(customer, as_of):
        return rows, None
    later = await history_store.revisions_after(reader, customer.id, as_of)
    state = rules.state_before(rules.snapshot(customer), [revision.diff for revision in later])
    return rows, {field: value for field, value in state.items() if field not in hidden}


def merged_into(canonical_id: UUID) -> Conflict:
    """The refusal of a change to a record that another speaks for."""
    found = Conflict("merged-into", f"This record was merged; change {canonical_id} instead.")
    found.headers["Content-Location"] = f"/v1/customers/{canonical_id}"
    return found


async def phone_region(reader: Reader, unit: str) -> str:
    """Where a unit reads telephone numbers that come without a country."""
    return (await organisation.regions(reader, [unit])).get(unit, organisation.DEFAULT_REGION)


async def _unit_of(tx: Tx, wanted: str | None, principal: Principal) -> str:
    if wanted is None or wanted == principal.unit:
        return principal.unit
    if not principal.internal:
        raise Forbidden("An external unit registers customers of its own.", "own-unit-only")
    if not await organisation.regions(tx, [wanted]):
        raise Unprocessable.field("unit", "unknown-unit", "must be the code of a unit")
    return wanted


async def _saved(tx: Tx, before: Customer, after: Customer, principal: Principal) -> Customer:
    return (await save_all(tx, [Edit(before, after, Actor.of(principal))]))[before.id]


def _check_version(customer: Customer, version: int, principal: Principal) -> None:
    known = customer.version_for(internal=principal.internal)
    if known != version:
        raise Stale(known)


def _points(
    tx: Tx, before: Sequence[ContactPoint], bodies: Sequence[ContactPointBody], region: str
) -> tuple[ContactPoint, ...]:
    known = {(p.kind, values.value_hash(p.value)): p for p in before}
    found: list[ContactPoint] = []
    for n, body in enumerate(bodies):
        point = _point(tx, body, region)
        if _hashes([point]) & _hashes(found):
            error = FieldError(f"contact_points[{n}].value", "repeated", "is there twice")
            raise Unprocessable("A contact point is repeated.", (error,))
        old = known.get((point.kind, values.value_hash(point.value)))
        found.append(replace(point, id=old.id, source=old.source) if old else point)
    return tuple(found)


def _point(tx: Tx, body: ContactPointBody, region: str) -> ContactPoint:
    value = values.normal_value(body.kind, body.value, region)
    return ContactPoint(tx.new_id(), body.kind, value, preferred=body.preferred, hours=body.hours)


def _hashes(points: Iterable[ContactPoint]) -> set[tuple[str, bytes]]:
    return {(p.kind, values.value_hash(p.value)) for p in points}
