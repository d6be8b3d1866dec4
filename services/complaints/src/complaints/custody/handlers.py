"""Learning who has left: no ticket stays with somebody who is not there."""

from __future__ import annotations

from collections.abc import Sequence

from complaints.custody import usecases
from guanxi import directory
from guanxi.db import Tx
from guanxi.events import Event
from guanxi.events.organisation import EmployeeState


async def on_employee_state(tx: Tx, events: Sequence[Event[EmployeeState]]) -> None:
    """Let the tickets of those who have left fall to their units' leads."""
    leavers = {event.data.id for event in directory.newest(events) if event.data.left_on is not None}
    if leavers:
        await usecases.replace_leavers(tx, leavers)
