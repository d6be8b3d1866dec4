"""Entering agreements, changing and ending them, and finding them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from customer_profile.agreements import rules, store
from customer_profile.agreements.rules import Agreement
from customer_profile.agreements.schemas import AgreementPatch, NewAgreement
from customer_profile.customers import desk
from guanxi.auth import Principal
from guanxi.bus import log
from guanxi.db import Reader, Tx
from guanxi.problems import Forbidden, NotFound, Stale


async def enter(tx: Tx, customer_id: UUID, new: NewAgreement, principal: Principal) -> Agreement:
    """Enter what was agreed with exactly this record, and tell. 403 `internal-only`, 404, 410, 422."""
    _only_internal(principal)
    customer = await desk.locked(tx, customer_id, principal)
    made = Agreement(
        id=tx.new_id(),
        version=1,
        created_at=tx.now,
        recorded_at=tx.now,
        unit_id=customer.unit_id,
        customer_id=customer_id,
        changed_by=principal.subject,
        **new.own(),
    )
    await store.add(tx, rules.checked(made))
    await _tell(tx, made, principal)
    return made


async def change(tx: Tx, agreement_id: UUID, patch: AgreementPatch, version: int, principal: Principal) -> Agreement:
    """Change an agreement or end it, and tell; what it said before is kept.

    403 `internal-only`, 404, 410, 412, 422.
    """
    _only_internal(principal)
    known = await one(tx, agreement_id, principal)
    # The record first, as merges and the eraser lock it.
    await desk.locked(tx, known.customer_id, principal)
    before = await store.find(tx, agreement_id, lock=True)
    if before is None:
        raise NotFound("agreement")
    if before.version != version:
        raise Stale(before.version)
    after = rules.changed(before, patch.own(), principal.subject, tx.now)
    if after != before:
        await store.save(tx, after)
        await _tell(tx, after, principal)
    return after


async def one(reader: Reader, agreement_id: UUID, principal: Principal) -> Agreement:
    """One agreement as it stands. 404 where there is none for this caller, 410 with an erased customer."""
    found = await store.find(reader, agreement_id)
    if found is None:
        raise NotFound("agreement")
    try:
        await desk.own(reader, found.customer_id, principal)
    except NotFound as hidden:
        raise NotFound("agreement") from hidden
    return found


async def versions(
    reader: Reader, agreement_id: UUID, principal: Principal, before: int | None, limit: int
) -> list[Agreement]:
    """All that an agreement said, the newest version first, and one more when there is a next page. 404, 410."""
    await one(reader, agreement_id, principal)
    return await store.versions(reader, agreement_id, before, limit)


async def page(  # noqa: PLR0913 - the parts of a query
    reader: Reader,
    customer_id: UUID,
    principal: Principal,
    *,
    kind: str | None,
    on: date | None,
    after: Sequence[Any] | None,
    limit: int,
) -> list[Agreement]:
    """Agreements over all records of a customer, for an external unit of its own one, the newest first. 404, 410."""
    view = await desk.exactly(reader, customer_id, principal)
    members = view.members if principal.internal else (customer_id,)
    return await store.page(reader, members, kind=kind, on=on, after=after, limit=limit)


async def of_record(reader: Reader, customer_id: UUID) -> list[Agreement]:
    """The agreements with exactly this record, whoever asks."""
    return await store.of_record(reader, customer_id)


async def erase(tx: Tx, customer_ids: Sequence[UUID]) -> int:
    """Blank what tells whose these agreements were; what was agreed stays."""
    return await store.erase(tx, customer_ids)


def _only_internal(principal: Principal) -> None:
    """403 for external units: what the firm owes is for the firm to write."""
    if not principal.internal:
        raise Forbidden("Agreements are entered and changed by internal units.", "internal-only")


async def _tell(tx: Tx, one: Agreement, principal: Principal) -> None:
    fact = one.fact(principal.employee_id)
    await log.record(tx, log.draft(tx, fact, aggregate=one.id, sequence=one.version, subject=one.customer_id))
