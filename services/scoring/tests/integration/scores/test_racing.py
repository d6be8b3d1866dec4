"""Scoring beside other work on the same customers: merges, erasures, locks that last, one who cannot be scored."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from guanxi.events.scores import ScoreChanged
from guanxi.testing import Harness, a_customer
from scoring.scores import scorer, usecases
from scoring.scores.store import series_id

from ..conftest import ZONE, MakeCustomer, an_order, settle

pytestmark = pytest.mark.asyncio
_WAITING = """
SELECT count(*), pg_sleep(0.01) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


@asynccontextmanager
async def _held(service: Harness, statement: str, *args: object) -> AsyncIterator[None]:
    """Hold rows while the block runs."""
    async with service.database.api.begin() as tx:
        assert await tx.fetch(f"{statement} FOR UPDATE", *args)
        yield


async def _until_somebody_waits(service: Harness) -> None:
    async with service.database.api.read() as reader, asyncio.timeout(10):
        while not await reader.fetchval(_WAITING):
            pass


def _series_of(one: UUID) -> tuple[str, UUID]:
    return "SELECT id FROM score_series WHERE id = $1", series_id(one, "value.existing")


async def test_a_customer_merged_between_two_steps_of_its_scoring_is_scored_as_merged(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    survivor, absorbed = await customer(), await customer()
    await service.apply(an_order(survivor, 1_000_000), an_order(absorbed, 1_000_000))
    await settle(service)
    before = len(await service.published(ScoreChanged))
    await service.apply(an_order(absorbed, 42_000_000))
    async with _held(service, *_series_of(absorbed)):
        scoring = asyncio.create_task(scorer.score_some(service.database.consumers, ZONE, 100))
        await _until_somebody_waits(service)
        await service.apply(a_customer(absorbed, sequence=2, canonical_id=survivor, status="merged"))
    assert await scoring == (2, 100)
    told = (await service.published(ScoreChanged))[before:]
    assert [(one.subject, one.data.members) for one in told] == [(survivor, tuple(sorted([survivor, absorbed])))]
    ranked = (await staff.get("/v1/rankings")).json()["items"]
    assert [one["customer_id"] for one in ranked] == [str(survivor)]


async def test_a_record_merged_before_it_was_ever_scored_is_never_scored_alone(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    survivor, absorbed = await customer(), await customer()
    await service.apply(an_order(survivor, 1_000_000), an_order(absorbed, 42_000_000))
    await service.apply(a_customer(absorbed, sequence=2, canonical_id=survivor, status="merged"))
    await settle(service)
    assert {one.subject for one in await service.published(ScoreChanged)} == {survivor}
    async with service.database.api.read() as reader:
        ended = await reader.fetch("SELECT ended_at FROM score_series WHERE customer_id = $1", absorbed)
    assert [row["ended_at"] is not None for row in ended] == [True, True]


async def test_nothing_is_written_behind_an_erasure(service: Harness, customer: MakeCustomer) -> None:
    one = await customer()
    await service.apply(an_order(one, 1_000_000))
    await settle(service)
    await service.apply(an_order(one, 42_000_000))
    scored = len(await service.published(ScoreChanged))
    async with service.database.api.begin() as tx:
        await tx.fetch("SELECT 1 FROM directory_customer WHERE id = $1 FOR UPDATE", one)
        scoring = asyncio.create_task(scorer.score_some(service.database.consumers, ZONE, 100))
        await _until_somebody_waits(service)
        await tx.execute("UPDATE directory_customer SET status = 'erased' WHERE id = $1", one)
        await usecases.erase(tx, [one])
    await scoring
    await settle(service)
    async with service.database.api.read() as reader:
        for table in ("score_series", "score", "dirty"):
            assert await reader.fetchval(f"SELECT count(*) FROM {table} WHERE customer_id = $1", one) == 0
    assert len(await service.published(ScoreChanged)) == scored


async def test_who_is_held_by_somebody_else_is_not_set_aside_as_one_who_cannot_be_scored(
    service: Harness, customer: MakeCustomer
) -> None:
    one = await customer()
    await service.apply(an_order(one, 1_000_000))
    await settle(service)
    await service.apply(an_order(one, 42_000_000))
    before = len(await service.published(ScoreChanged))
    async with _held(service, *_series_of(one)):
        assert await scorer.score_some(service.database.consumers, ZONE, 1) == (0, 1)
    service.clock.move(scorer.BUSY.total_seconds())
    assert await scorer.score_some(service.database.consumers, ZONE, 1) == (1, 2)
    assert len(await service.published(ScoreChanged)) == before + 1


async def test_the_one_who_failed_is_set_aside_not_the_one_who_is_first(
    service: Harness, customer: MakeCustomer
) -> None:
    first, spoilt = await customer(), await customer()
    await service.apply(an_order(first, 42_000_000))
    await service.apply(an_order(spoilt, 42_000_000))
    async with service.database.consumers.begin() as tx:
        spoil = """UPDATE fact SET attrs = '{"unmargined_minor": "spoilt"}' WHERE customer_id = $1"""
        await tx.execute(spoil, spoilt)
    async with _held(service, "SELECT seq FROM dirty WHERE customer_id = $1", first):
        assert await scorer.score_some(service.database.consumers, ZONE, 1) == (0, 1)
    async with service.database.api.read() as reader:
        late = "SELECT customer_id FROM dirty WHERE due_at > $1"
        waiting = await reader.fetch(late, service.clock.now() + scorer.SET_ASIDE - timedelta(minutes=1))
    assert [row["customer_id"] for row in waiting] == [spoilt]
    assert await settle(service) == 1
    assert {event.subject for event in await service.published(ScoreChanged)} == {first}


async def test_an_erased_member_counts_no_more_for_the_customer(
    service: Harness, customer: MakeCustomer, staff: httpx.AsyncClient
) -> None:
    stays, goes = await customer(), await customer()
    await service.apply(an_order(stays, 1_000_000), an_order(goes, 42_000_000))
    await service.apply(a_customer(goes, sequence=2, canonical_id=stays, status="merged"))
    await settle(service)
    await service.apply(a_customer(goes, sequence=3, canonical_id=stays, status="erased", name=None))
    await service.erase(goes)
    await settle(service)
    body = (await staff.get(f"/v1/customers/{stays}/scores")).json()
    assert (body["members"], body["items"][0]["inputs"]["profit_minor"]) == ([str(stays)], 300_000)
