"""Logging contacts, correcting and voiding them, and taking them in from reports."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from guanxi import directory
from guanxi.auth import Principal
from guanxi.bus import log
from guanxi.db import Pool, Reader, Stamp, Tx
from guanxi.directory import Employee
from guanxi.events import Event
from guanxi.events.interactions import CustomerContacted, CustomerContactedCorrected
from guanxi.events.reports import ContactReported
from guanxi.problems import NotFound, Stale, Unprocessable
from interactions import scope
from interactions.contacts import rules, store
from interactions.contacts.rules import Contact, StaffByName
from interactions.contacts.schemas import NewInteraction, NewPromise
from interactions.contacts.store import Filter
from interactions.moments import not_future
from interactions.promises import usecases as promises
from interactions.promises.rules import Promise, Terms
from interactions.reports import usecases as reports
from interactions.timeline import usecases as timeline


@dataclass(frozen=True, slots=True)
class Told:
    """A contact with what was promised in it."""

    contact: Contact
    promises: Sequence[Promise]


async def record(tx: Tx, principal: Principal, body: NewInteraction) -> Told:
    """Log a contact with its promises."""
    await scope.locked_customer(tx, principal, body.customer_id)
    staff = await _named_staff(tx, principal, body)
    contact = make(body, principal, tx.new_id(), tx.now)
    terms = [_terms(one, contact, staff, principal, n) for n, one in enumerate(body.promises)]
    await _check_units(tx, principal, body)
    await store.write(tx, [contact])
    await timeline.write(tx, [rules.entry(contact)])
    await log.record(tx, announcement(tx, contact))
    made = await promises.make(tx, rules.promised(contact, terms)) if terms else []
    return Told(contact, made)


def make(body: NewInteraction, principal: Principal, contact_id: UUID, now: datetime) -> Contact:
    """The contact that a request tells of; 422 when it lies in the future."""
    return Contact(
        id=contact_id,
        customer_id=body.customer_id,
        unit_id=principal.unit,
        recorded_at=now,
        channel=body.channel,
        direction=body.direction,
        kind=body.kind or rules.kind_of(body.channel),
        employee_id=body.employee or principal.employee_id,
        employee_name=None,
        contact_person=body.contact_person,
        subject=body.subject,
        content=body.content,
        outcome=body.outcome,
        need_on=body.need_on,
        occurred_at=not_future(body.occurred_at, now, "occurred_at"),
        duration_s=body.duration_s,
        cues=body.cues,
        rival_named=body.rival_named,
        promise_count=len(body.promises),
    )


def announcement(
    tx: Stamp, contact: Contact, kind: type[CustomerContacted] = CustomerContacted, cause: Event[Any] | None = None
) -> Event[Any]:
    """The event that tells of a contact."""
    return log.draft(
        tx,
        rules.fact(contact, kind),
        aggregate=contact.id,
        sequence=contact.version,
        subject=contact.customer_id,
        time=contact.occurred_at,
        cause=cause,
    )


async def correct(tx: Tx, principal: Principal, contact_id: UUID, version: int, changes: Mapping[str, Any]) -> Told:
    """Put right what was entered wrongly; 404, 409 once voided, 412 when it has changed since.

    What was promised in it moves with it; 422 for a moment by which some of that was due.
    """
    found = await find(tx, principal, contact_id)
    if found.customer_id:
        await scope.locked_customer(tx, principal, found.customer_id)
    before = await _locked(tx, principal, contact_id)
    rules.refuse_voided(before)
    if before.version != version:
        raise Stale(before.version)
    if changes.get("occurred_at"):
        not_future(changes["occurred_at"], tx.now, "occurred_at")
    (after,) = await store.write(tx, [rules.corrected(before, changes)])
    await timeline.write(tx, [rules.entry(after)])
    await log.record(tx, announcement(tx, after, CustomerContactedCorrected))
    if after.occurred_at != before.occurred_at:
        await promises.redate(tx, rules.promised(after, ()))
    return Told(after, await promises.of_contact(tx, contact_id))


async def void(tx: Tx, principal: Principal, contact_id: UUID) -> Contact:
    """Say that a contact did not take place, and nothing was promised in it; final."""
    found = await find(tx, principal, contact_id)
    if found.source:
        # The report's row comes before the contact's, as in the handlers; it keeps a later revision from reviving it.
        await reports.void_here(tx, contact_id)
    rules.refuse_voided(await _locked(tx, principal, contact_id))
    (after,) = await _void(tx, {contact_id: None})
    return after


async def take_in(tx: Tx, events: Sequence[Event[ContactReported]]) -> None:
    """Enter reported contacts, new or corrected, with their promises."""
    admitted = await reports.admit(tx, events)
    staff = StaffByName(await store.staff_named(tx, rules.names_in(admitted)))
    contacts = await store.write(tx, [rules.from_report(one, staff, tx.now) for one in admitted])
    live = [(one, report) for one, report in zip(contacts, admitted, strict=True) if one.voided_at is None]
    await timeline.write(tx, [rules.entry(contact) for contact, _ in live])
    facts = [announcement(tx, one, _kind(one), report.event) for one, report in live]
    await log.record(tx, *facts)
    # A corrected contact may have lost the promises it had.
    telling = [(one, report) for one, report in live if report.event.data.promises or one.version > 1]
    await promises.restate(tx, [rules.promises_in(report, one, staff) for one, report in telling])


async def take_back(tx: Tx, events: Sequence[Event[Any]]) -> None:
    """Void reported contacts that did not take place."""
    await _void(tx, dict(await reports.void(tx, events)))


async def find(reader: Reader, principal: Principal, contact_id: UUID) -> Contact:
    """One contact; 404 when the reader may not see it."""
    found = await store.find(reader, principal, contact_id)
    if found is None:
        raise NotFound("interaction")
    return found


async def tell(reader: Reader, principal: Principal, contact_id: UUID) -> Told:
    """One contact with its promises."""
    return Told(await find(reader, principal, contact_id), await promises.of_contact(reader, contact_id))


async def with_customer(
    reader: Reader, principal: Principal, contact_id: UUID, customer_id: UUID, field: str = "contact_id"
) -> Contact:
    """The exchange that a body names; 422 for one that the caller may not see, or that was with somebody else."""
    unknown = Unprocessable.field(field, "unknown-contact", "There is no such exchange with this customer.")
    try:
        found = await find(reader, principal, contact_id)
    except NotFound:
        raise unknown from None
    if found.customer_id not in await directory.members(reader, customer_id):
        raise unknown
    return found


async def of_ids(reader: Reader, ids: Collection[UUID]) -> dict[UUID, Contact]:
    """Contacts that belong to what the caller has been shown, by their ids."""
    return {one.id: one for one in await store.of_ids(reader, ids)} if ids else {}


async def newest(reader: Reader, principal: Principal, customer_ids: Sequence[UUID]) -> Contact | None:
    """The last time that somebody of ours and this customer spoke."""
    found = await store.page(reader, principal, Filter(customer_ids=customer_ids), None, 1)
    return found[0] if found else None


async def page(  # noqa: PLR0913 - one argument for each filter
    pool: Pool,
    principal: Principal,
    after: Sequence[Any] | None,
    limit: int,
    *,
    customer_id: UUID | None = None,
    channel: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[Contact]:
    """Contacts, newest first."""
    ids = await scope.ids_for(pool, principal, customer_id) if customer_id else None
    async with pool.read() as reader:
        wanted = Filter(customer_ids=ids, channel=channel, since=since, until=until)
        return await store.page(reader, principal, wanted, after, limit)


async def erase(tx: Tx, customer_ids: Sequence[UUID]) -> int:
    """Blank who was there and what was said; how many contacts."""
    return await store.erase(tx, customer_ids)


async def _void(tx: Tx, causes: Mapping[UUID, Event[Any] | None]) -> list[Contact]:
    voided = await store.void(tx, list(causes), tx.now)
    await timeline.void(tx, [one.id for one in voided])
    facts = [
        log.draft(
            tx,
            rules.voided_fact(one),
            aggregate=one.id,
            sequence=one.version,
            subject=one.customer_id,
            time=one.occurred_at,
            cause=causes[one.id],
        )
        for one in voided
    ]
    await log.record(tx, *facts)
    if voided:
        await promises.annul(tx, [one.id for one in voided], {key: event for key, event in causes.items() if event})
    return voided


async def _locked(tx: Tx, principal: Principal, contact_id: UUID) -> Contact:
    found = await store.lock(tx, contact_id)
    if found is None or not (principal.internal or found.unit_id == principal.unit):
        raise NotFound("interaction")
    return found


def _kind(contact: Contact) -> type[CustomerContacted]:
    return CustomerContacted if contact.version == 1 else CustomerContactedCorrected


async def _named_staff(reader: Reader, principal: Principal, body: NewInteraction) -> dict[UUID, Employee]:
    """The employees that a request names; 422 for one that the caller's unit does not have."""
    named = {"employee": body.employee} | {
        f"promises[{n}].promiser": one.promiser for n, one in enumerate(body.promises)
    }
    wanted = {key for key in named.values() if key}
    if body.promises and principal.employee_id:
        wanted.add(principal.employee_id)
    found = await directory.employees(reader, sorted(wanted)) if wanted else {}
    for field, key in named.items():
        if key and (key not in found or not (principal.internal or found[key].unit_id == principal.unit)):
            raise Unprocessable.field(field, "unknown-employee", "There is no such employee.")
    return found


async def _check_units(reader: Reader, principal: Principal, body: NewInteraction) -> None:
    """422 for a fulfilling unit that does not exist; an external unit promises for itself only."""
    for n, one in enumerate(body.promises):
        code = one.fulfilling_unit
        if code is None or code == principal.unit:
            continue
        if not principal.internal or await directory.unit(reader, code) is None:
            raise Unprocessable.field(f"promises[{n}].fulfilling_unit", "unknown-unit", "There is no such unit.")


def _terms(one: NewPromise, contact: Contact, staff: Mapping[UUID, Employee], principal: Principal, n: int) -> Terms:
    if one.due_at <= contact.occurred_at:
        raise Unprocessable.field(f"promises[{n}].due_at", "not-after", "It must come after the contact itself.")
    promiser_id = one.promiser or contact.employee_id
    promiser = staff.get(promiser_id) if promiser_id else None
    return Terms(
        what=one.what,
        what_code=one.what_code,
        due_at=one.due_at,
        promiser_id=promiser_id,
        promiser_name=None,
        fulfilling_unit=one.fulfilling_unit or (promiser.unit_id if promiser else principal.unit),
    )
