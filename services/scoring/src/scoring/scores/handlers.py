"""Merges and un-merges: whose facts belong together has changed, so the scores have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from guanxi import directory
from guanxi.db import Tx
from guanxi.events import Event, ReadModel
from guanxi.events.directory import CustomerState
from scoring.scores import usecases

_KEEP = directory.CONSUMER.handlers[CustomerState]


async def on_customer_state(tx: Tx, events: Sequence[Event[CustomerState]]) -> None:
    """Keep the directory, and have everybody scored who was or is now one with a customer that moved or was erased.

    In the directory's own consumer, not beside it: a second one could run ahead of the table that the scorer reads,
    score the old family, and never hear of it again.
    """
    times = {event.data.id: event.time for event in directory.newest(events)}
    before = await directory.canonical_ids(tx, times)
    await _KEEP(tx, events)
    after = await directory.canonical_ids(tx, times)
    moved = {each: times[one] for one in times if before[one] != after[one] for each in (one, before[one], after[one])}
    erased = [event.data.id for event in directory.newest(events) if event.data.status == "erased"]
    bereft = {after[one]: times[one] for one in erased if after[one] != one}
    await usecases.mark(tx, {**bereft, **moved})


_DIRECTORY = directory.CONSUMER.read_model or ReadModel(tables=())

CONSUMER = replace(
    directory.CONSUMER,
    handlers={**directory.CONSUMER.handlers, CustomerState: on_customer_state},
    read_model=replace(_DIRECTORY, scratch=(*_DIRECTORY.scratch, "dirty"), changed=usecases.mark_now),
)
