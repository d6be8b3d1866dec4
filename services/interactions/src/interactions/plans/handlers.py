"""Care that scoring asks for, and the end of a planned day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from guanxi.db import Tx
from guanxi.events import Event
from guanxi.events.relationships import CareTaskOpened
from interactions.plans import usecases


async def on_care_task(tx: Tx, events: Sequence[Event[CareTaskOpened]]) -> None:
    """Plan the care."""
    await usecases.take_in_care(tx, events)


async def on_due(tx: Tx, item_id: UUID, _at: datetime) -> None:
    """Tell that the day went by, unless it was done."""
    await usecases.miss(tx, item_id)
