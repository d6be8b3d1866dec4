"""Every fact that can be subscribed to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from guanxi.db import Tx
from guanxi.events import Event
from notifications.feeds import usecases


async def on_fact(tx: Tx, events: Sequence[Event[Any]]) -> None:
    """Queue these facts for their subscribers."""
    await usecases.feed(tx, events)
