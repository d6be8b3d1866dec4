"""Orders over HTTP, and entering what follows them."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from guanxi.events.fields import UtcTime
from guanxi.http import Page, Paging, Read, Write, if_match, read, set_etag, write
from interactions import scope
from interactions.commerce import usecases
from interactions.commerce.answers import DeliveryRead, OrderRead, OrderRow, PaymentRead, ReturnRead
from interactions.commerce.rules import Delivery, GoodsReturn, Order, OrderStatus, Payment
from interactions.commerce.schemas import NewDelivery, NewOrder, NewPayment, NewReturn, OrderCorrection
from interactions.commerce.usecases import Whole
from interactions.voiding import NewVoiding

router = APIRouter(tags=["commerce"])
CanRead = Annotated[Read, Depends(read("interactions:read"))]
CanWrite = Annotated[Write, Depends(write("interactions:write"))]
CanChange = Annotated[Write, Depends(write("interactions:write", idempotent=False))]


@router.post("/orders", status_code=201)
async def place_order(body: NewOrder, call: CanWrite) -> OrderRead:
    """Enter what a customer has bought. All money is in minor units of the order's currency.

    A total that is not the sum of its parts is refused, with the sum named.
    """
    await scope.customer_for(call.pool, call.principal, body.customer_id)
    async with call.once() as once:
        if once.replay:
            return _shown(await usecases.whole(once.tx, call.principal, once.replay))
        whole = await usecases.place(once.tx, call.principal, body)
        order = whole.order
        once.created(order.id, f"/v1/orders/{order.id}", order.version, customer_id=order.customer_id)
    return _shown(whole)


@router.get("/orders", response_model=Page[OrderRow])
async def list_orders(  # noqa: PLR0913 - one parameter for each filter
    call: CanRead,
    paging: Paging,
    customer_id: UUID | None = None,
    status: OrderStatus | None = None,
    since: UtcTime | None = None,
    until: UtcTime | None = None,
) -> object:
    """Orders, newest first; cancelled ones only when asked for by `status`."""
    found = await usecases.page(
        *(call.pool, call.principal, Order, paging.after, paging.limit),
        customer_id=customer_id,
        status=status,
        since=since,
        until=until,
    )
    return paging.cut(found, lambda one: (one.placed_at, one.id))


@router.get("/orders/{order_id}")
async def read_order(order_id: UUID, call: CanRead) -> OrderRead:
    """One order with its deliveries, returns and payments."""
    async with call.pool.read() as reader:
        whole = await usecases.whole(reader, call.principal, order_id)
    set_etag(call.response, whole.order.version)
    return _shown(whole)


@router.patch("/orders/{order_id}")
async def correct_order(
    order_id: UUID, body: OrderCorrection, call: CanChange, version: Annotated[int, Depends(if_match)]
) -> OrderRead:
    """Correct what was entered wrongly. Fields that are not sent stay; null empties an optional one.

    `lines` replace all lines. What the order comes to is added up anew when any of its parts is sent.
    """
    async with call.change() as change:
        whole = await usecases.correct_order(change.tx, call.principal, order_id, version, body)
        order = whole.order
        fields = sorted(body.model_fields_set)
        change.done(order.id, order.version, customer_id=order.customer_id, fields=fields)
    return _shown(whole)


@router.post("/orders/{order_id}/voiding", status_code=201)
async def cancel_order(order_id: UUID, body: NewVoiding, call: CanWrite) -> OrderRead:
    """Take an order back: it is cancelled, and nothing follows it any more. Final."""
    async with call.once() as once:
        if once.replay:
            return _shown(await usecases.whole(once.tx, call.principal, once.replay))
        order = await usecases.void(once.tx, call.principal, Order, order_id)
        path = f"/v1/orders/{order.id}"
        once.created(order.id, path, order.version, customer_id=order.customer_id, reason=body.reason)
        return _shown(await usecases.whole(once.tx, call.principal, order.id))


@router.post("/orders/{order_id}/deliveries", response_model=DeliveryRead, status_code=201)
async def enter_delivery(order_id: UUID, body: NewDelivery, call: CanWrite) -> object:
    """Enter goods of an order that reached the customer; without lines, all of them."""
    async with call.once() as once:
        if once.replay:
            return await usecases.find(once.tx, call.principal, Delivery, once.replay)
        found = await usecases.deliver(once.tx, call.principal, order_id, body)
        once.created(found.id, f"/v1/deliveries/{found.id}", found.version, customer_id=found.customer_id)
    return found


@router.post("/orders/{order_id}/returns", response_model=ReturnRead, status_code=201)
async def enter_return(order_id: UUID, body: NewReturn, call: CanWrite) -> object:
    """Enter goods of an order that the customer gave back, and what they get for them."""
    async with call.once() as once:
        if once.replay:
            return await usecases.find(once.tx, call.principal, GoodsReturn, once.replay)
        found = await usecases.give_back(once.tx, call.principal, order_id, body)
        once.created(found.id, f"/v1/returns/{found.id}", found.version, customer_id=found.customer_id)
    return found


@router.post("/orders/{order_id}/payments", response_model=PaymentRead, status_code=201)
async def enter_payment(order_id: UUID, body: NewPayment, call: CanWrite) -> object:
    """Enter what is due for an order, or was paid.

    What is due and not paid when its day is over, in the unit's time zone, is overdue and told as such.
    """
    async with call.once() as once:
        if once.replay:
            return await usecases.find(once.tx, call.principal, Payment, once.replay)
        found = await usecases.pay(once.tx, call.principal, order_id, body)
        once.created(found.id, f"/v1/payments/{found.id}", found.version, customer_id=found.customer_id)
    return found


def _shown(whole: Whole) -> OrderRead:
    row = OrderRow.model_validate(whole.order)
    return OrderRead.model_construct(
        **dict(row),
        deliveries=[DeliveryRead.model_validate(one) for one in whole.followed.deliveries],
        returns=[ReturnRead.model_validate(one) for one in whole.followed.returns],
        payments=[PaymentRead.model_validate(one) for one in whole.followed.payments],
    )
