"""Learning from scoring who stands in which tier."""

from __future__ import annotations

from collections.abc import Sequence

from complaints.levels import store
from guanxi import directory
from guanxi.db import Tx
from guanxi.events import Event
from guanxi.events.scores import SegmentChanged


async def on_segment_changed(tx: Tx, events: Sequence[Event[SegmentChanged]]) -> None:
    """Keep the newest tier of each customer in each segment."""
    states = [
        {
            "id": event.aggregateid,
            "sequence": event.sequence,
            "customer_id": event.subject,
            "segment": event.data.segment,
            "tier": event.data.tier,
            "as_of": event.data.as_of,
        }
        for event in directory.newest(events)
        if event.subject is not None
    ]
    await store.keep(tx, states)
