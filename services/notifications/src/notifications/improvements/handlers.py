"""What complaints have changed, for those who made them."""

from __future__ import annotations

from collections.abc import Sequence

from guanxi.db import Tx
from guanxi.events import Event
from guanxi.events.improvements import ComplaintImproved, ImprovementPublished
from notifications.improvements import usecases


async def on_published(tx: Tx, events: Sequence[Event[ImprovementPublished]]) -> None:
    """Keep what was changed."""
    await usecases.publish(tx, events)


async def on_improved(tx: Tx, events: Sequence[Event[ComplaintImproved]]) -> None:
    """Tell those who complained of it."""
    await usecases.tell(tx, events)
