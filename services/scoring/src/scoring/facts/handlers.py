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


async def on_copied(tx: Tx, events: Sequence[Event[Any]]) -> None:
    """Enter them in an empty copy: nobody is scored by it, and who was erased is taken out of it at its end."""
    await usecases.copy(tx, events)


_KINDS: tuple[type[EventFact], ...] = (*reading.SAYS, *reading.VOIDS)
READ_MODEL = ReadModel(
    tables=(Kept("fact"), Kept("source_watermark", counts=usecases.TELLS, customer=None)),
    instead=dict.fromkeys(_KINDS, on_copied),
    listed="fact",
    cleanse=usecases.cleanse,
    changed=scores.mark_now,
)
HANDLERS: dict[type[EventFact], Handler] = dict.fromkeys(_KINDS, on_events)
