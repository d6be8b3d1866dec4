"""Keeping facts and reading them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from guanxi import directory
from guanxi.auth import Principal
from guanxi.db import Pool, Reader, Tx
from guanxi.events import Event
from guanxi.problems import NotFound
from scoring.facts import paging, reading, store
from scoring.facts.rules import FactRow, blanked

TELLS = store.TELLS
"""Which of the sources' marks tell anything, whatever came first."""


async def take_in(tx: Tx, events: Sequence[Event[Any]]) -> dict[UUID, datetime]:
    """Enter a batch of events; gives the customers touched, each with the time of the newest news about it.

    What was known already touches nobody. Of an erased customer only the skeleton is entered, and touches nobody.
    """
    # Before anything else is locked: an erasure waits for this batch, and who waits for an erasure holds no source.
    people = await directory.share_locked_many(tx, {event.subject for event in events if event.subject})
    erased = {one for one, who in people.items() if who.erased}
    times = {event.id: event.time for event in events}
    await _mark_sources(tx, events)
    touched: dict[UUID, datetime] = {}
    rows = [blanked(row) if row.customer_id in erased else row for row in reading.rows(events)]
    for customer_id, event_id in await store.add(tx, rows):
        if customer_id is not None and customer_id not in erased:
            touched[customer_id] = max(times[event_id], touched.get(customer_id, times[event_id]))
    return touched


async def copy(tx: Tx, events: Sequence[Event[Any]]) -> None:
    """Enter a batch of events and no more: it waits for nobody, and what is to be kept of whom is left to `cleanse`."""
    await _mark_sources(tx, events)
    await store.add(tx, reading.rows(events))


async def cleanse(tx: Tx) -> None:
    """Take out of the facts of everybody who was erased whatever leads back to a conversation."""
    if erased := await store.erased(tx):
        await store.blank(tx, erased)


async def of_customers(
    reader: Reader,
    customer_ids: Sequence[UUID],
    kinds: Sequence[str],
    known_at: datetime | None = None,
    since: datetime | None = None,
) -> list[FactRow]:
    """The newest version, by what was known then, of each fact of these kinds; of those since a moment, if one is told.

    What they rest on is there too: orders of which something was returned since, and whatever was voided.
    """
    if since is not None:
        return await store.of_customers_since(reader, customer_ids, kinds, known_at, since)
    return await store.of_customers(reader, customer_ids, kinds, known_at)


async def referrals(
    reader: Reader, *, by: Iterable[UUID] = (), of: Iterable[UUID] = (), known_at: datetime | None = None
) -> list[FactRow]:
    """Every version, known by then, of the referrals that these records made, and of those that name these."""
    return await store.referrals(reader, by=by, of=of, known_at=known_at)


async def of_cycle(reader: Reader, cycle_id: UUID) -> list[FactRow]:
    """Every version of what belongs to a review cycle: interviews with their needs, improvements with who was told."""
    return await store.of_cycle(reader, cycle_id)


async def reach(reader: Reader, known_at: datetime | None = None) -> dict[str, datetime]:
    """How far each source had told us, by what was known then."""
    return await store.reach(reader, known_at)


async def sizes(reader: Reader, groups: Sequence[Sequence[UUID]], most: int) -> list[int]:
    """How much there is to read of each group of records: versions of facts, from the first up to `most` in all."""
    return await store.sizes(reader, groups, most)


async def page(  # noqa: PLR0913 - one argument for each filter
    pool: Pool,
    principal: Principal,
    customer_id: UUID,
    kinds: Sequence[str],
    after: Sequence[Any] | None,
    limit: int,
    *,
    every_version: bool,
) -> list[FactRow]:
    """A customer's facts: of all members for internal readers, an external unit's own under the id it asks for."""
    customer = await directory.require(pool, customer_id)
    if not principal.internal and customer.unit_id != principal.unit:
        raise NotFound("customer")
    async with pool.read() as reader:
        ids = await directory.members(reader, customer_id) if principal.internal else [customer_id]
        return await paging.page(reader, principal, paging.Wanted(ids, kinds, every_version), after, limit)


async def erase(tx: Tx, customer_ids: Sequence[UUID]) -> int:
    """Blank what leads back to persons; the skeleton (amounts, kinds, times) stays for the firm's own sums."""
    return await store.blank(tx, customer_ids)


async def tally(reader: Reader, source: str, since: datetime) -> dict[str, int]:
    """Count the facts that are new since a moment and come from this publisher, by kind."""
    return await store.tally(reader, source, since)


async def _mark_sources(tx: Tx, events: Sequence[Event[Any]]) -> None:
    if reached := reading.reached(events):
        await store.mark_sources(tx, reached)
