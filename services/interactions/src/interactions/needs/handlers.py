"""What a need's moment does."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from guanxi.db import Tx
from interactions.needs import usecases


async def on_due(tx: Tx, need_id: UUID, _at: datetime) -> None:
    """Tell that nobody has answered, unless somebody has."""
    await usecases.fall_due(tx, need_id)
