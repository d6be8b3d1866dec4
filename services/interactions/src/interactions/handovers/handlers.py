"""Learning who leaves, before they do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from guanxi import directory
from guanxi.db import Tx
from guanxi.events import Event
from guanxi.events.organisation import EmployeeState
from interactions.handovers import usecases


async def on_employee_state(tx: Tx, events: Sequence[Event[EmployeeState]]) -> None:
    """Plan the hand-overs of those who leave; of each employee the newest state counts."""
    for event in sorted(directory.newest(events), key=lambda one: one.aggregateid):
        if event.data.left_on is not None:
            await usecases.see_off(tx, event)


async def on_due(tx: Tx, employee_id: UUID, _at: datetime) -> None:
    """Look again, each day until they have left."""
    await usecases.look_again(tx, employee_id)
