"""Facts of the other services, as they come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from customer_profile.customers import usecases as customers
from customer_profile.overview import usecases
from customer_profile.overview.rules import KINDS
from guanxi.db import Tx
from guanxi.events import Consumer, Event, Kept, ReadModel
from guanxi.events.interactions import OrderPlaced


async def on_fact(tx: Tx, events: Sequence[Event[Any]]) -> None:
    """Keep what a fact says of its customer."""
    await usecases.take_in(tx, events)


async def on_order(tx: Tx, events: Sequence[Event[OrderPlaced]]) -> None:
    """Keep the order; whoever has ordered is no prospect any more."""
    await usecases.take_in(tx, events)
    # Whether the order still stands does not matter, else the answer would depend on what arrives first.
    await customers.note_orders(tx, {event.subject for event in events if event.subject is not None})


CONSUMER = Consumer(
    "overview",
    {**dict.fromkeys(KINDS, on_fact), OrderPlaced: on_order},
    kind="state",
    read_model=ReadModel(tables=(Kept("overview_item"),), instead={OrderPlaced: on_fact}, cleanse=usecases.cleanse),
)
