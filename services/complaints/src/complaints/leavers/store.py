"""SQL on what the directory knows of employees, and on the days on which they leave."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from guanxi.db import Reader, Tx

_SEQUENCES = "SELECT id, sequence FROM directory_employee WHERE id = ANY($1::uuid[])"
_FORGET = "DELETE FROM due WHERE kind = $1 AND id = ANY($2::uuid[])"


async def sequences(reader: Reader, employee_ids: Collection[UUID]) -> dict[UUID, int]:
    """The sequence of the state that the directory holds of each of these employees."""
    return {row["id"]: row["sequence"] for row in await reader.fetch(_SEQUENCES, list(employee_ids))}


async def forget(tx: Tx, kind: str, employee_ids: Collection[UUID]) -> None:
    """Have nothing happen on a day on which these employees were to leave."""
    await tx.execute(_FORGET, kind, list(employee_ids))
