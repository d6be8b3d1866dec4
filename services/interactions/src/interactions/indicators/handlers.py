"""Learning from scoring which quality indicators hold."""

from __future__ import annotations

from collections.abc import Sequence

from guanxi import directory
from guanxi.db import Tx
from guanxi.events import Consumer, Event, Kept, ReadModel
from guanxi.events.reviews import QualityIndicatorsSet
from interactions.indicators import usecases


async def on_set(tx: Tx, events: Sequence[Event[QualityIndicatorsSet]]) -> None:
    """Keep each version of the quality indicators. Harmless when told twice, in any order."""
    await usecases.keep(tx, directory.newest(events))


CONSUMER = Consumer(
    "indicators",
    {QualityIndicatorsSet: on_set},
    kind="state",
    read_model=ReadModel(
        tables=(Kept("indicator_set", passing=frozenset({"created_at", "recorded_at"}), customer=None),)
    ),
)
