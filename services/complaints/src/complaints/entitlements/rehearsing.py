"""A rehearsal: what publishing a draft would change for everybody who ever bought, by the very rules that answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from complaints.entitlements import comparison, policy_store, reading, rules, store
from complaints.entitlements.comparison import Mover
from complaints.entitlements.evaluation import File
from complaints.entitlements.life import find, in_force
from complaints.entitlements.reading import Clock
from complaints.entitlements.rules import Policy, Version
from complaints.entitlements.tally import Tally
from guanxi import directory
from guanxi.db import Reader, Tx

_CHUNK = 100
_NOBODY = UUID(int=0)
_ALWAYS = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


async def result(reader: Reader, policy_id: UUID, now: datetime) -> Mapping[str, Any]:
    """What a draft would change against the policy that holds on its first day. 404; 409 for what is no draft.

    Read without a transaction, which may not take as long as this may: what is recorded meanwhile may be in it or not.
    """
    draft = await find(reader, policy_id)
    rules.rehearsed(draft, {}, now)
    time = await reading.clock(reader)
    on = max(draft.effective_from, time.day(now))
    return await _result(reader, await in_force(reader, on), draft, on, time)


async def keep(tx: Tx, policy_id: UUID, found: Mapping[str, Any] | None) -> Version:
    """Keep what a rehearsal found (None: find it now) with its draft. 404, 409."""
    found = await result(tx, policy_id, tx.now) if found is None else found
    after = rules.rehearsed(await find(tx, policy_id, lock=True), found, tx.now)
    await policy_store.save(tx, after)
    return after


async def _result(reader: Reader, present: Version, draft: Version, on: date, time: Clock) -> Mapping[str, Any]:
    old, new = comparison.narrowed(present.policy, draft.policy)
    costs = comparison.costs_of(
        await store.service_costs(reader, str(time.firm)), await store.sold(reader, *_ALWAYS), new
    )
    tally = Tally(costs)
    async for files in _everybody(reader, time):
        movers = await asyncio.to_thread(_movers, old, new, files, on)
        tally.add(len(files), movers)
    return {"on": on.isoformat(), "against": present.number, "currency": new.rates.currency, **tally.result()}


def _movers(old: Policy, new: Policy, files: Mapping[UUID, File], on: date) -> list[Mover]:
    found = (comparison.compare(old, new, customer, file, on) for customer, file in files.items())
    return [one for one in found if one is not None]


async def _everybody(reader: Reader, time: Clock) -> AsyncIterator[dict[UUID, File]]:
    """All who ever bought, with all their records, some hundred at a time; a merged customer comes once."""
    after = _NOBODY
    while ids := await store.buyers(reader, after, _CHUNK):
        after = ids[-1]
        families = await directory.families(reader, ids)
        yield await reading.files(reader, await _new(reader, families, ids), time)


async def _new(
    reader: Reader, families: Mapping[UUID, Sequence[UUID]], ids: Sequence[UUID]
) -> dict[UUID, Sequence[UUID]]:
    # A family whose first buyer came in an earlier chunk has been looked at with it.
    others = [one for members in families.values() for one in members if one < ids[0]]
    seen = set(await store.bought(reader, others)) if others else set()
    return {key: members for key, members in families.items() if not seen.intersection(members)}
