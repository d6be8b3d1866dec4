"""Contacts that sources reported."""

from __future__ import annotations

from collections.abc import Sequence

from guanxi.db import Tx
from guanxi.events import Event
from guanxi.events.reports import ContactReported, ContactReportedVoided
from interactions.contacts import usecases


async def on_reported(tx: Tx, events: Sequence[Event[ContactReported]]) -> None:
    """Enter them, new ones and corrected ones alike."""
    await usecases.take_in(tx, events)


async def on_voided(tx: Tx, events: Sequence[Event[ContactReportedVoided]]) -> None:
    """They did not take place."""
    await usecases.take_back(tx, events)
