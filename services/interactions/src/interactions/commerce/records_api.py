"""Deliveries, returns, payments and service records over HTTP, each by itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from guanxi.events.fields import UtcTime
from guanxi.http import Page, Paging, Read, Write, if_match, read, set_etag, write
from interactions import scope
from interactions.commerce import usecases
from interactions.commerce.answers import DeliveryRead, PaymentRead, ReturnRead, ServiceRecordRead
from interactions.commerce.rules import Delivery, Following, GoodsReturn, Payment, ServiceRecord, happened_at
from interactions.commerce.schemas import NewServiceRecord, PaymentCorrection
from interactions.record import Record
from interactions.voiding import NewVoiding

F = TypeVar("F", bound=Following)
R = TypeVar("R", bound=Record)

router = APIRouter(tags=["commerce"])
CanRead = Annotated[Read, Depends(read("interactions:read"))]
CanWrite = Annotated[Write, Depends(write("interactions:write"))]
CanChange = Annotated[Write, Depends(write("interactions:write", idempotent=False))]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which of what follows orders a reader asks for."""

    customer_id: UUID | None
    unmatched: bool | None
    since: datetime | None
    until: datetime | None


async def filters(
    customer_id: UUID | None = None,
    unmatched: Annotated[
        bool | None, Query(description="`true`: only what belongs to no order that we know; `false`: only the rest.")
    ] = None,
    since: Annotated[UtcTime | None, Query(description="Only those at or after this moment.")] = None,
    until: Annotated[UtcTime | None, Query(description="Only those before this moment.")] = None,
) -> Wanted:
    """What the reader wants."""
    return Wanted(customer_id, unmatched, since, until)


CanAsk = Annotated[Wanted, Depends(filters)]


@router.get("/deliveries", response_model=Page[DeliveryRead])
async def list_deliveries(call: CanRead, paging: Paging, wanted: CanAsk) -> object:
    """Goods that reached customers, newest first; those of an order that we do not know are `unmatched`."""
    return await _page(call, paging, Delivery, wanted)


@router.get("/deliveries/{delivery_id}", response_model=DeliveryRead)
async def read_delivery(delivery_id: UUID, call: CanRead) -> object:
    """One delivery."""
    return await _find(call, Delivery, delivery_id)


@router.post("/deliveries/{delivery_id}/voiding", response_model=DeliveryRead, status_code=201)
async def void_delivery(delivery_id: UUID, body: NewVoiding, call: CanWrite) -> object:
    """Take a delivery back: nothing was delivered. Final; enter what was delivered instead anew."""
    return await _void(call, Delivery, delivery_id, body, f"/v1/deliveries/{delivery_id}")


@router.get("/returns", response_model=Page[ReturnRead])
async def list_returns(call: CanRead, paging: Paging, wanted: CanAsk) -> object:
    """Goods that came back, newest first; those of an order that we do not know are `unmatched`."""
    return await _page(call, paging, GoodsReturn, wanted)


@router.get("/returns/{return_id}", response_model=ReturnRead)
async def read_return(return_id: UUID, call: CanRead) -> object:
    """One return."""
    return await _find(call, GoodsReturn, return_id)


@router.post("/returns/{return_id}/voiding", response_model=ReturnRead, status_code=201)
async def void_return(return_id: UUID, body: NewVoiding, call: CanWrite) -> object:
    """Take a return back: nothing came back. Final; enter what came back instead anew."""
    return await _void(call, GoodsReturn, return_id, body, f"/v1/returns/{return_id}")


@router.get("/payments", response_model=Page[PaymentRead])
async def list_payments(call: CanRead, paging: Paging, wanted: CanAsk) -> object:
    """What is due or was paid, newest first; a payment of an order that we do not know is `unmatched`."""
    return await _page(call, paging, Payment, wanted)


@router.get("/payments/{payment_id}", response_model=PaymentRead)
async def read_payment(payment_id: UUID, call: CanRead) -> object:
    """One payment, due or paid."""
    return await _find(call, Payment, payment_id)


@router.patch("/payments/{payment_id}", response_model=PaymentRead)
async def correct_payment(
    payment_id: UUID, body: PaymentCorrection, call: CanChange, version: Annotated[int, Depends(if_match)]
) -> object:
    """Say that what was due has been paid, or correct what was entered wrongly; null empties a day."""
    async with call.change() as change:
        changes = body.model_dump(exclude_unset=True)
        found = await usecases.correct_payment(change.tx, call.principal, payment_id, version, changes)
        change.done(found.id, found.version, customer_id=found.customer_id, fields=sorted(changes))
    return found


@router.post("/payments/{payment_id}/voiding", response_model=PaymentRead, status_code=201)
async def void_payment(payment_id: UUID, body: NewVoiding, call: CanWrite) -> object:
    """Take a payment back: nothing was paid and nothing is due. Final."""
    return await _void(call, Payment, payment_id, body, f"/v1/payments/{payment_id}")


@router.post("/service-records", response_model=ServiceRecordRead, status_code=201)
async def enter_service(body: NewServiceRecord, call: CanWrite) -> object:
    """Enter what was done for a customer on a product: exchange, care, use, explanation or repair."""
    await scope.customer_for(call.pool, call.principal, body.customer_id)
    async with call.once() as once:
        if once.replay:
            return await usecases.find(once.tx, call.principal, ServiceRecord, once.replay)
        found = await usecases.perform(once.tx, call.principal, body)
        once.created(found.id, f"/v1/service-records/{found.id}", found.version, customer_id=found.customer_id)
    return found


@router.get("/service-records", response_model=Page[ServiceRecordRead])
async def list_services(
    call: CanRead,
    paging: Paging,
    customer_id: UUID | None = None,
    since: UtcTime | None = None,
    until: UtcTime | None = None,
) -> object:
    """What was done on products, newest first."""
    found = await usecases.page(
        *(call.pool, call.principal, ServiceRecord, paging.after, paging.limit),
        customer_id=customer_id,
        since=since,
        until=until,
    )
    return paging.cut(found, lambda one: (happened_at(one), one.id))


@router.get("/service-records/{service_id}", response_model=ServiceRecordRead)
async def read_service(service_id: UUID, call: CanRead) -> object:
    """One service on a product."""
    return await _find(call, ServiceRecord, service_id)


@router.post("/service-records/{service_id}/voiding", response_model=ServiceRecordRead, status_code=201)
async def void_service(service_id: UUID, body: NewVoiding, call: CanWrite) -> object:
    """Take a service back: it was not performed. Final; enter what was done instead anew."""
    return await _void(call, ServiceRecord, service_id, body, f"/v1/service-records/{service_id}")


async def _page(call: Read, paging: Paging, kind: type[F], wanted: Wanted) -> object:
    found = await usecases.page(
        *(call.pool, call.principal, kind, paging.after, paging.limit),
        customer_id=wanted.customer_id,
        unmatched=wanted.unmatched,
        since=wanted.since,
        until=wanted.until,
    )
    return paging.cut(found, lambda one: (happened_at(one), one.id))


async def _find(call: Read, kind: type[R], record_id: UUID) -> R:
    async with call.pool.read() as reader:
        found = await usecases.find(reader, call.principal, kind, record_id)
    set_etag(call.response, found.version)
    return found


async def _void(call: Write, kind: type[R], record_id: UUID, body: NewVoiding, path: str) -> R:
    async with call.once() as once:
        if once.replay:
            return await usecases.find(once.tx, call.principal, kind, once.replay)
        found = await usecases.void(once.tx, call.principal, kind, record_id)
        once.created(found.id, path, found.version, customer_id=found.customer_id, reason=body.reason)
    return found
