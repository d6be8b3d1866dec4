"""The directory as the matcher reads it: whoever was registered or changed is looked at once."""

from __future__ import annotations

from collections.abc import Sequence

from customer_profile.matching import usecases
from guanxi.db import Tx
from guanxi.events import Consumer, Event
from guanxi.events.directory import CustomerState


async def on_states(tx: Tx, events: Sequence[Event[CustomerState]]) -> None:
    """Look at the customers that were told of, as they stand by now. Harmless when told twice, in any order."""
    await usecases.look_at(tx, {event.data.id for event in events if event.data.status != "erased"})


CONSUMER = Consumer("matching", {CustomerState: on_states}, kind="state")
