"""Keeping the timeline and reading it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from guanxi.auth import Principal
from guanxi.db import Pool, Tx
from interactions.timeline import store
from interactions.timeline.rules import Entry


async def write(tx: Tx, entries: Sequence[Entry]) -> None:
    """Enter what happened, or what a newer version of it says."""
    if entries:
        await store.write(tx, entries)


def summary_of(entry: Entry) -> dict[str, Any]:
    """A summary as it is stored, for a statement that writes the entry itself."""
    return store.summary_of(entry)


async def void(tx: Tx, ids: Sequence[UUID]) -> None:
    """Take off the timeline what did not happen."""
    if ids:
        await store.void(tx, ids)


async def bury(tx: Tx, entries: Sequence[Entry]) -> None:
    """The same for another service's record, whose own news may come later than this."""
    if entries:
        await store.bury(tx, entries)


async def set_statuses(tx: Tx, statuses: Mapping[UUID, str]) -> None:
    """Show a new status where nothing else changed."""
    if statuses:
        await store.set_statuses(tx, statuses)


async def page(  # noqa: PLR0913 - one argument for each filter
    pool: Pool,
    principal: Principal,
    customer_ids: Sequence[UUID],
    kinds: Sequence[str],
    after: Sequence[Any] | None,
    limit: int,
) -> list[Entry]:
    """What happened under these ids, newest first, as far as the reader may see it."""
    async with pool.read() as reader:
        return await store.page(reader, principal, customer_ids, kinds, after, limit)
