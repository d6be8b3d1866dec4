"""What is scheduled of many rows, and the order of locks: the due row first, as whoever works it off has it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from guanxi.db import Tx

_LOCK = "SELECT id FROM due WHERE kind = $1 AND id = ANY($2::uuid[]) ORDER BY id FOR UPDATE"
_RELEASE = "DELETE FROM due WHERE kind = $1 AND id = ANY($2::uuid[])"


async def hold(tx: Tx, kind: str, ids: Sequence[UUID]) -> None:
    """Lock whatever is scheduled of these, before their own rows are locked."""
    await tx.fetch(_LOCK, kind, list(ids))


async def release(tx: Tx, kind: str, ids: Sequence[UUID]) -> None:
    """Forget whatever is scheduled of these, which are held."""
    await tx.execute(_RELEASE, kind, list(ids))
