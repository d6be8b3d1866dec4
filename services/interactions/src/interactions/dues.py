"""The order of locks between a row and what is scheduled of it: the due row first, as whoever works it off has it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from guanxi.db import Tx

_LOCK = "SELECT id FROM due WHERE kind = $1 AND id = ANY($2::uuid[]) ORDER BY id FOR UPDATE"


async def hold(tx: Tx, kind: str, ids: Sequence[UUID]) -> None:
    """Lock whatever is scheduled of these, before their own rows are locked."""
    await tx.fetch(_LOCK, kind, list(ids))
