"""What the last day of an invitation does."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from guanxi.db import Tx
from interactions.cards import usecases


async def on_due(tx: Tx, invitation_id: UUID, _at: datetime) -> None:
    """Tell that it was not answered, unless it was."""
    await usecases.lapse(tx, invitation_id)
