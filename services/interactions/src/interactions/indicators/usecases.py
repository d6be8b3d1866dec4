"""Which quality indicators hold, and how far a guide asks for them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from guanxi.db import Reader, Tx
from guanxi.events import Event
from guanxi.events.reviews import QualityIndicatorsSet
from interactions.indicators import rules, store
from interactions.indicators.rules import Coverage


async def keep(tx: Tx, events: Sequence[Event[QualityIndicatorsSet]]) -> None:
    """Keep these versions; of one there is one event at most."""
    await store.keep(tx, events)


async def coverage(reader: Reader, asked: Collection[str]) -> Coverage:
    """The indicators in force, and where what a guide asks differs from them."""
    return rules.coverage(asked, await store.in_force(reader))
