"""What a promise's moment does, and the one before it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from guanxi.db import Tx
from interactions.promises import usecases


async def on_due(tx: Tx, promise_id: UUID, _at: datetime) -> None:
    """Break the promise, unless somebody has settled it."""
    await usecases.fall_due(tx, promise_id)


async def on_reminder(tx: Tx, promise_id: UUID, _at: datetime) -> None:
    """Tell that the promise's moment draws near, unless somebody has settled it."""
    await usecases.draw_near(tx, promise_id)
