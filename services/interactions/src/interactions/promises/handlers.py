"""What a promise's moment does."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from guanxi.db import Tx
from interactions.promises import usecases


async def on_due(tx: Tx, promise_id: UUID, _at: datetime) -> None:
    """Break the promise, unless somebody has settled it."""
    await usecases.fall_due(tx, promise_id)
