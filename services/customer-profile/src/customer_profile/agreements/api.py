"""Routes of agreements."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from customer_profile.agreements import usecases
from customer_profile.agreements.schemas import AgreementPatch, AgreementRead, Kind, NewAgreement
from guanxi.events.fields import IsoDate
from guanxi.http import Page, Paging, Read, Write, if_match, read, set_etag, write

router = APIRouter(tags=["agreements"])

Reading = Annotated[Read, Depends(read("customers:read"))]
Writing = Annotated[Write, Depends(write("customers:write"))]
Changing = Annotated[Write, Depends(write("customers:write", idempotent=False))]


@router.post("/customers/{customer_id}/agreements", status_code=201)
async def enter_agreement(customer_id: UUID, new: NewAgreement, call: Writing) -> AgreementRead:
    """Enter what was agreed with this customer: a sale, a service or a strategic agreement, with its own clauses.

    For internal units. While it is in force its clauses answer `GET /v1/entitlements` before the policy's. It stays
    this record's, also when the record is merged.
    """
    async with call.once() as once:
        if once.replay:
            return AgreementRead.model_validate(await usecases.one(once.tx, once.replay, call.principal))
        made = await usecases.enter(once.tx, customer_id, new, call.principal)
        once.created(made.id, f"/v1/agreements/{made.id}", made.version, customer_id=customer_id)
    return AgreementRead.model_validate(made)


@router.get("/customers/{customer_id}/agreements", response_model=Page[AgreementRead])
async def list_agreements(
    customer_id: UUID,
    call: Reading,
    paging: Paging,
    kind: Kind | None = None,
    on: Annotated[IsoDate | None, Query(description="Only those in force on this day.")] = None,
) -> Page[Any]:
    """List what was agreed with a customer, the newest first.

    Internal readers see the agreements of all records that count as one with it, external ones those
    of their own record.
    """
    async with call.pool.read() as reader:
        rows = await usecases.page(
            reader, customer_id, call.principal, kind=kind, on=on, after=paging.after, limit=paging.limit
        )
    return paging.cut([AgreementRead.model_validate(row) for row in rows], lambda row: (row.id,))


@router.get("/agreements/{agreement_id}")
async def read_agreement(agreement_id: UUID, call: Reading) -> AgreementRead:
    """Read one agreement as it stands."""
    async with call.pool.read() as reader:
        found = await usecases.one(reader, agreement_id, call.principal)
    set_etag(call.response, found.version)
    return AgreementRead.model_validate(found)


@router.patch("/agreements/{agreement_id}")
async def change_agreement(
    agreement_id: UUID, patch: AgreementPatch, call: Changing, version: Annotated[int, Depends(if_match)]
) -> AgreementRead:
    """Change an agreement, or end it early by its last day; what it said before is kept. For internal units.

    Benefits that it had promised and gives no longer stand until somebody decides (`GET /v1/agreement-flags`).
    """
    async with call.change() as change:
        found = await usecases.change(change.tx, agreement_id, patch, version, call.principal)
        change.done(found.id, found.version, customer_id=found.customer_id)
    return AgreementRead.model_validate(found)


@router.get("/agreements/{agreement_id}/versions", response_model=Page[AgreementRead])
async def list_versions(agreement_id: UUID, call: Reading, paging: Paging) -> Page[Any]:
    """List every version of an agreement, the newest first: what it said, who wrote it, when."""
    before = int(str(paging.after[0])) if paging.after else None
    async with call.pool.read() as reader:
        rows = await usecases.versions(reader, agreement_id, call.principal, before, paging.limit)
    return paging.cut([AgreementRead.model_validate(row) for row in rows], lambda row: (row.version,))
