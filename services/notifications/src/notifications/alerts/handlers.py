"""Facts that staff are told of, and facts that settle what they were told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from guanxi.db import Tx
from guanxi.events import Event
from guanxi.events.interactions import PromiseBroken
from notifications.alerts import usecases


async def on_cause(tx: Tx, events: Sequence[Event[Any]]) -> None:
    """Raise what the rules for these facts ask for."""
    await usecases.raise_for(tx, events)


async def on_settled(tx: Tx, events: Sequence[Event[Any]]) -> None:
    """The complaint is over, or the promise was not broken: alerts about it are done."""
    newest = sorted(events, key=lambda event: event.sequence)
    await usecases.settle(tx, {event.aggregateid: event.sequence for event in newest})


async def on_broken(tx: Tx, events: Sequence[Event[PromiseBroken]]) -> None:
    """Nobody needs to be reminded any more; who can act is told instead."""
    newest = sorted(events, key=lambda event: event.sequence)
    await usecases.settle(tx, {event.aggregateid: event.sequence - 1 for event in newest})
    await usecases.raise_for(tx, events)
