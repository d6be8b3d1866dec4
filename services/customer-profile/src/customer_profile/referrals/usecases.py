"""Entering referrals, listing them, taking them back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from customer_profile.customers import desk
from customer_profile.customers import usecases as customers
from customer_profile.customers.rules import Customer
from customer_profile.referrals import rules, store
from customer_profile.referrals.rules import Referral
from customer_profile.referrals.schemas import NewReferral
from guanxi.auth import Principal
from guanxi.bus import log
from guanxi.db import Reader, Tx
from guanxi.directory import DEFAULT_ZONE
from guanxi.events.customers import CustomerReferred, CustomerReferredVoided
from guanxi.problems import Conflict, NotFound, Unprocessable


async def refer(tx: Tx, referrer_id: UUID, new: NewReferral, principal: Principal) -> Referral:
    """Note that a customer brought us another one, under exactly the ids given, and tell.

    404, 410 for the referrer; 422 for nobody, oneself and a day ahead; 409 for one whom somebody has brought already.
    """
    # Both at once and sorted, as merges lock them: neither is joined to the other meanwhile.
    found = await customers.lock_all(tx, {referrer_id, new.referred_id})
    referrer = desk.visible_record(found.get(referrer_id), principal)
    referred = _referred(found.get(new.referred_id), referrer, principal)
    on = _day(tx, new.referred_on)
    members = await customers.members_of(tx, [referred])
    if rules.brought_before(members, await store.standing(tx, members)):
        raise Conflict("already-referred", "Somebody has brought this customer already.")
    made = Referral(
        id=tx.new_id(),
        version=1,
        created_at=tx.now,
        unit_id=referred.unit_id,
        referrer_id=referrer_id,
        referred_id=referred.id,
        referred_on=on,
        entered_by=principal.subject,
    )
    await store.add(tx, made)
    fact = CustomerReferred(
        referral_id=made.id,
        referrer_id=made.referrer_id,
        referred_id=made.referred_id,
        unit=made.unit_id,
        referred_on=on,
        by=principal.employee_id,
    )
    at = rules.moment_of(on, tx.now)
    await log.record(tx, log.draft(tx, fact, aggregate=made.id, sequence=1, subject=referrer_id, time=at))
    return made


async def void(tx: Tx, customer_id: UUID, referral_id: UUID, principal: Principal) -> Referral:
    """Take a referral back for good. 404, 409 when it was taken back before."""
    found = await one(tx, customer_id, referral_id, principal)
    voided = await store.void(tx, found.id, principal.subject)
    if voided is None:
        raise Conflict("already-voided", "This referral was taken back.")
    fact = CustomerReferredVoided(referral_id=voided.id, referrer_id=voided.referrer_id, referred_id=voided.referred_id)
    drafted = log.draft(tx, fact, aggregate=voided.id, sequence=voided.version, subject=voided.referrer_id)
    await log.record(tx, drafted)
    return voided


async def one(reader: Reader, customer_id: UUID, referral_id: UUID, principal: Principal) -> Referral:
    """One referral by or of this record. 404, 410."""
    await desk.own(reader, customer_id, principal)
    found = await store.one(reader, referral_id)
    if found is None or customer_id not in (found.referrer_id, found.referred_id):
        raise NotFound("referral")
    # Of what was entered beside them an external unit learns nothing of another unit's record.
    for other in (found.referrer_id, found.referred_id):
        if not principal.internal:
            await desk.own(reader, other, principal)
    return found


async def page(  # noqa: PLR0913 - the parts of a query
    reader: Reader,
    customer_id: UUID,
    principal: Principal,
    *,
    referred: bool,
    after: Sequence[Any] | None,
    limit: int,
) -> list[Referral]:
    """Whom a customer brought, or with `referred` who brought it, over all its records; the newest first. 404, 410."""
    view = await desk.exactly(reader, customer_id, principal)
    members = view.members if principal.internal else (customer_id,)
    unit = None if principal.internal else principal.unit
    return await store.page(reader, members, referred=referred, unit=unit, after=after, limit=limit)


async def of_record(reader: Reader, customer_id: UUID) -> list[Referral]:
    """The referrals that stand by or of exactly this record, whoever asks."""
    return await store.of_record(reader, customer_id)


def _referred(found: Customer | None, referrer: Customer, principal: Principal) -> Customer:
    if found is None or found.erased_at is not None or not (principal.internal or found.unit_id == principal.unit):
        raise Unprocessable.field("referred_id", "unknown-customer", "must be a customer")
    if found.canonical_id == referrer.canonical_id:
        raise Unprocessable.field("referred_id", "same-customer", "nobody brings themselves")
    return found


def _day(tx: Tx, given: date | None) -> date:
    today = tx.now.astimezone(DEFAULT_ZONE).date()
    if given is not None and given > today:
        raise Unprocessable.field("referred_on", "future", "must not lie in the future")
    return given or today
