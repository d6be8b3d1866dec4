"""Learning from scoring who stands in which tier."""

from __future__ import annotations

from collections.abc import Sequence

from complaints.levels import usecases
from guanxi import directory
from guanxi.db import Tx
from guanxi.events import Event
from guanxi.events.scores import SegmentChanged


async def on_segment_changed(tx: Tx, events: Sequence[Event[SegmentChanged]]) -> None:
    """Keep the newest tier of each customer in each segment."""
    await usecases.keep(tx, directory.newest(events))
