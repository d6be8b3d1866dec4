"""The outbox's sequence gap: a transaction that took its number first and commits last is not passed over."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import UUID

import pytest

from guanxi.bus import log
from guanxi.db import Pool, Tx, open_database
from guanxi.events.interactions import CustomerContacted
from guanxi_local.testplatform import TestPlatform
from support.client import Caller
from support.invariants import recovers
from support.rounds import PATIENCE_S, chance, count
from support.waiting import Problem, eventually

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.smoke, pytest.mark.timeout(600)]

_AT_ONCE = 4
# 0 is without end: the limit of a transaction that has begun can be taken away, and not moved.
_LONG = "SELECT set_config(name, '0', true) FROM unnest($1::text[]) AS name"
_LIMITS = ["idle_in_transaction_session_timeout", "transaction_timeout"]
_NUMBER = "SELECT seq FROM outbox WHERE event_id = $1"
_PUBLISHED = "SELECT count(DISTINCT e) FROM relay_batch, unnest(event_ids) AS e WHERE e = ANY($1::uuid[])"


async def test_no_event_is_skipped_when_commits_overtake_each_other(ground: TestPlatform, admin: Caller) -> None:
    dice, pairs = chance("sequence gap"), count(smoke=50, full=1_000, soak=50_000)
    answer = await admin.ask("POST", "/v1/customers", {"kind": "person", "name": "of the gap"})
    assert answer is not None
    customer, slow = UUID(answer.json()["id"]), list[UUID]()
    database = await open_database(ground.postgres_url("interactions", owner=False), application="gap")
    try:
        while len(slow) < pairs:
            await asyncio.sleep(dice.uniform(0, 0.02))
            slow += await asyncio.gather(*(_pair(database.api, database.relay, customer) for _ in range(_AT_ONCE)))
        await eventually(lambda: _published(database.relay, slow), PATIENCE_S)
    finally:
        await database.close()
    await recovers(ground)


async def _pair(writing: Pool, looking: Pool, customer: UUID) -> UUID:
    """A takes a number; B takes the next one, commits and is published; only then A commits. Gives A's event."""
    async with writing.begin() as a:
        await a.fetch(_LONG, _LIMITS)
        slow, first = await _record(a, customer)
        async with writing.begin() as b:
            fast, second = await _record(b, customer)
        assert first < second
        await eventually(lambda: _published(looking, [fast]), PATIENCE_S, every=0.02)
        assert await a.fetchval(_NUMBER, slow) == first
    return slow


async def _record(tx: Tx, customer: UUID) -> tuple[UUID, int]:
    contact = tx.new_id()
    fact = CustomerContacted(
        unit="head-office", contact_id=contact, channel="phone", direction="in", kind="call", occurred_at=tx.now
    )
    event = log.draft(tx, fact, aggregate=contact, sequence=1, subject=customer)
    await log.record(tx, event)
    return event.id, await tx.fetchval(_NUMBER, event.id)


async def _published(pool: Pool, events: Sequence[UUID]) -> Problem:
    """Whether the broker has acknowledged these."""
    async with pool.read() as reader:
        found = await reader.fetchval(_PUBLISHED, list(events))
    return None if found == len(events) else f"{len(events) - found} of {len(events)} are not published"
