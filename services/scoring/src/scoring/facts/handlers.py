"""Every fact of interactions and complaints, as it comes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from guanxi.db import Tx
from guanxi.events import Event, Handler, Kept, ReadModel
from guanxi.events import Fact as EventFact
from scoring.facts import reading, usecases
from scoring.scores import usecases as scores


async def on_events(tx: Tx, events: Sequence[Event[Any]]) -> None:
    """Enter them, and have the customers scored whom they tell something new about."""
    await scores.mark(tx, await usecases.take_in(tx, events))


READ_MODEL = ReadModel(
    tables=(Kept("fact"), Kept("source_watermark", counts=usecases.TELLS, customer=None)),
    scratch=("dirty",),
    listed="fact",
    cleanse=usecases.cleanse,
    changed=scores.mark_now,
)
HANDLERS: dict[type[EventFact], Handler] = dict.fromkeys((*reading.SAYS, *reading.VOIDS), on_events)
