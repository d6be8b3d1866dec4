"""Learning what customers bought, what was agreed with them, how they stand and where they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from complaints.entitlements import usecases
from guanxi.db import Tx
from guanxi.events import Consumer, Event, Fact, Handler, Kept, ReadModel
from guanxi.events.customers import AgreementChanged
from guanxi.events.directory import CustomerState
from guanxi.events.interactions import (
    OrderDelivered,
    OrderDeliveredCorrected,
    OrderDeliveredVoided,
    OrderPlaced,
    OrderPlacedCorrected,
    OrderPlacedVoided,
    OrderReturned,
    OrderReturnedCorrected,
    OrderReturnedVoided,
    ServicePerformed,
    ServicePerformedCorrected,
    ServicePerformedVoided,
)
from guanxi.events.scores import KeyCustomerDesignated, SegmentChanged

_PURCHASES = (
    *(OrderPlaced, OrderPlacedCorrected, OrderPlacedVoided),
    *(OrderDelivered, OrderDeliveredCorrected, OrderDeliveredVoided),
    *(OrderReturned, OrderReturnedCorrected, OrderReturnedVoided),
    *(ServicePerformed, ServicePerformedCorrected, ServicePerformedVoided),
)


async def on_purchase(tx: Tx, events: Sequence[Event[Any]]) -> None:
    """Keep what was bought, delivered, given back and served."""
    await usecases.keep_purchases(tx, events)


async def on_segment_changed(tx: Tx, events: Sequence[Event[SegmentChanged]]) -> None:
    """Keep how customers stood, from which day on."""
    await usecases.keep_tiers(tx, events)


async def on_key_customer_designated(tx: Tx, events: Sequence[Event[KeyCustomerDesignated]]) -> None:
    """Keep who is a key customer, from when to when."""
    await usecases.keep_designations(tx, events)


async def on_customer_state(tx: Tx, events: Sequence[Event[CustomerState]]) -> None:
    """Keep where customers are: the directory's copy has no region."""
    await usecases.keep_regions(tx, events)


async def on_agreement_changed(tx: Tx, events: Sequence[Event[AgreementChanged]]) -> None:
    """Keep what was agreed with customers, as it stands and as it stood."""
    await usecases.keep_agreements(tx, events)


_HANDLERS: dict[type[Fact], Handler] = dict.fromkeys(_PURCHASES, on_purchase)
# A version is entered once under the name of its event, whatever comes twice or late: no inbox is needed.
PURCHASES = Consumer("purchases", _HANDLERS, kind="state", read_model=ReadModel(tables=(Kept("purchase"),)))
AGREEMENTS = Consumer(
    "agreements",
    {AgreementChanged: on_agreement_changed},
    kind="state",
    read_model=ReadModel(tables=(Kept("agreement_copy"),)),
)
# Which state of a customer came first depends on how they were batched.
_FIRST_HEARD = frozenset({"created_at"})
STANDING = Consumer(
    "standing",
    {
        SegmentChanged: on_segment_changed,
        KeyCustomerDesignated: on_key_customer_designated,
        CustomerState: on_customer_state,
    },
    kind="state",
    read_model=ReadModel(
        tables=(
            Kept("tier_change"),
            Kept("key_customer", passing=_FIRST_HEARD),
            Kept("customer_region", customer="id", passing=_FIRST_HEARD),
        ),
    ),
)
