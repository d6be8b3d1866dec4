"""The inbox: each additive consumer lets each event in once, in the transaction of its effect."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from guanxi.crash import reached
from guanxi.db import Tx

_TAKE = """
INSERT INTO inbox (event_id, consumer) SELECT id, $1 FROM unnest($2::uuid[]) AS e(id) ORDER BY id
ON CONFLICT DO NOTHING RETURNING event_id
"""


async def take_in(tx: Tx, consumer: str, event_ids: Sequence[UUID]) -> set[UUID]:
    """Enter the events; gives those that were not in yet. Sorted, so that two members never wait in a circle."""
    rows = await tx.fetch(_TAKE, consumer, sorted(set(event_ids)))
    reached("consumer.taken_in")
    return {row["event_id"] for row in rows}
