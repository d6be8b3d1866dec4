"""Learning who has left: no ticket stays with somebody who is not there."""

from __future__ import annotations

from collections.abc import Sequence

from complaints.leavers import usecases
from guanxi import directory
from guanxi.db import Tx
from guanxi.events import Event
from guanxi.events.organisation import EmployeeState


async def on_employee_state(tx: Tx, events: Sequence[Event[EmployeeState]]) -> None:
    """Let the tickets of those who leave fall to their units' leads, on the day they do; older news does nothing."""
    newest = {event.data.id: event for event in directory.newest(events)}
    fresh = await usecases.news(tx, {id_: event.sequence for id_, event in newest.items()})
    await usecases.see_off(tx, [newest[id_].data for id_ in sorted(fresh)])
