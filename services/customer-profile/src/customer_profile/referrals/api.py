"""Routes of referrals."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from customer_profile.referrals import usecases
from customer_profile.referrals.schemas import NewReferral, ReferralRead
from guanxi.http import Page, Paging, Read, Write, read, write

router = APIRouter(tags=["referrals"])

Reading = Annotated[Read, Depends(read("customers:read"))]
Writing = Annotated[Write, Depends(write("customers:write"))]
Side = Annotated[
    Literal["referrer", "referred"], Query(description="`referrer`: whom it brought; `referred`: who brought it.")
]


@router.post("/customers/{customer_id}/referrals", status_code=201)
async def refer_customer(customer_id: UUID, new: NewReferral, call: Writing) -> ReferralRead:
    """Say that this customer brought us another one. Of one customer only one other is the referrer."""
    async with call.once() as once:
        if once.replay:
            found = await usecases.one(once.tx, customer_id, once.replay, call.principal)
            return ReferralRead.model_validate(found)
        made = await usecases.refer(once.tx, customer_id, new, call.principal)
        location = f"/v1/customers/{customer_id}/referrals/{made.id}"
        once.created(made.id, location, made.version, customer_id=customer_id)
    return ReferralRead.model_validate(made)


@router.get("/customers/{customer_id}/referrals", response_model=Page[ReferralRead])
async def list_referrals(customer_id: UUID, call: Reading, paging: Paging, side: Side = "referrer") -> Page[Any]:
    """List whom a customer brought, or who brought it, the newest first; taken back ones too.

    Internal readers see those of all records that count as one with it.
    """
    async with call.pool.read() as reader:
        rows = await usecases.page(
            reader,
            customer_id,
            call.principal,
            referred=side == "referred",
            after=paging.after,
            limit=paging.limit,
        )
    return paging.cut([ReferralRead.model_validate(row) for row in rows], lambda row: (row.id,))


@router.get("/customers/{customer_id}/referrals/{referral_id}")
async def read_referral(customer_id: UUID, referral_id: UUID, call: Reading) -> ReferralRead:
    """Read one referral by or of this record."""
    async with call.pool.read() as reader:
        found = await usecases.one(reader, customer_id, referral_id, call.principal)
    return ReferralRead.model_validate(found)


@router.post("/customers/{customer_id}/referrals/{referral_id}/voiding", status_code=201)
async def void_referral(customer_id: UUID, referral_id: UUID, call: Writing) -> ReferralRead:
    """Take a referral back for good: there was none. Another one may be entered then."""
    async with call.once() as once:
        if once.replay:
            found = await usecases.one(once.tx, customer_id, once.replay, call.principal)
            return ReferralRead.model_validate(found)
        voided = await usecases.void(once.tx, customer_id, referral_id, call.principal)
        location = f"/v1/customers/{customer_id}/referrals/{voided.id}"
        once.created(voided.id, location, voided.version, customer_id=customer_id)
    return ReferralRead.model_validate(voided)
