"""Merges and un-merges while facts flow, everything twice and in any order: all services end with what a model says."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import pytest

from guanxi.ports import SystemIds
from guanxi_local.testplatform import TestPlatform
from support.client import Caller
from support.databases import READERS, SERVICES, rows
from support.dealer import producing, register_dealer
from support.histories import History
from support.invariants import (
    no_effect_is_there_twice,
    nothing_of_ours_is_buried,
    only_growing,
    outboxes_are_empty,
    recovers,
)
from support.lives import FAMILIES, Family
from support.owners import keeping_owners
from support.rounds import PATIENCE_S, chance, count
from support.shown import differs
from support.waiting import Problem, eventually

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(14_400)]

_ABREAST = 16
_DEALERS = 3
_OWNED = {
    *(("interactions", "contact"), ("complaints", "complaint"), ("scoring", "fact")),
    *(("interactions", "timeline_entry"), ("customer-profile", "overview_item"), ("customer-profile", "alias")),
}


async def test_all_services_end_with_the_members_and_matters_of_the_model(ground: TestPlatform, admin: Caller) -> None:
    """One history alone: HISTORY=<its seed>."""
    dice, alone = chance("merging"), os.environ.get("HISTORY")
    many = count(smoke=5, full=500, soak=5_000)
    seeds = [int(alone)] if alone else [dice.randrange(10**9) for _ in range(many)]
    dealers = [await register_dealer(ground, f"dealer-{secrets.token_hex(3)}") for _ in range(_DEALERS)]
    async with keeping_owners(ground) as owners, only_growing(ground), producing(ground) as producer:
        histories = [History(seed, admin, dealers, producer) for seed in seeds]
        async with _all_told_again(ground):
            await _in_turns((one.live for one in histories), _ABREAST)
        patience = PATIENCE_S + len(histories) / 5
        await _find_out_ids(ground, histories, patience)
        await eventually(lambda: _tables_agree(ground, histories), patience, every=1)
        await _in_turns((partial(_shows, admin, history, patience) for history in histories), _ABREAST)
        await recovers(ground, seconds=patience)
    assert owners.tables >= _OWNED, f"nobody looked at {_OWNED - owners.tables}"
    await no_effect_is_there_twice(ground)
    await nothing_of_ours_is_buried(ground)
    assert not await rows(ground, "customer-profile", _REFUSED, [dealer.source for dealer in dealers])
    assert not admin.missing, admin.missing[:3]
    assert not admin.dishonest, admin.dishonest[:5]


_REFUSED = "SELECT body, errors FROM inbound_report WHERE source = ANY($1) AND status = 'rejected'"


async def _in_turns(tasks: Iterable[Callable[[], Awaitable[None]]], abreast: int) -> None:
    """Do them all, so many at a time; the first that fails ends the others."""
    free = asyncio.Semaphore(abreast)

    async def take(task: Callable[[], Awaitable[None]]) -> None:
        async with free:
            await task()

    async with asyncio.TaskGroup() as group:
        for task in tasks:
            group.create_task(take(task))


@asynccontextmanager
async def _all_told_again(platform: TestPlatform) -> AsyncIterator[None]:
    """While the block lasts let each service publish again what it records, shuffled; after it the oldest last."""
    began = SystemIds().new()
    ending, last = asyncio.Event(), dict.fromkeys(SERVICES, began)

    async def tell() -> None:
        for service in SERVICES:
            told = await rows(platform, service, _AGAIN, last[service])
            last[service] = max((one for (one,) in told), default=last[service])

    async def go_on() -> None:
        while not ending.is_set():
            await tell()
            await asyncio.sleep(1)

    async with asyncio.TaskGroup() as group:
        group.create_task(go_on())
        try:
            yield
        finally:
            ending.set()
    for part in range(1, _PARTS + 1):
        for service in SERVICES:
            await rows(platform, service, _FROM_THE_END, part, _PARTS, began)
        # Else a consumer may read old and new at once, and pick the newest without comparing it to what it has.
        await eventually(lambda: outboxes_are_empty(platform), PATIENCE_S * 4)


_PARTS = 4
_AGAIN = """
INSERT INTO outbox (event_id) SELECT event_id FROM event_log WHERE event_id > $1
ORDER BY random() RETURNING event_id
"""
_FROM_THE_END = """
INSERT INTO outbox (event_id)
SELECT event_id
FROM (SELECT event_id, ntile($2) OVER (ORDER BY event_id DESC) AS part FROM event_log WHERE event_id > $3) e
WHERE part = $1 ORDER BY random()
"""


async def _find_out_ids(platform: TestPlatform, histories: Sequence[History], seconds: float) -> None:
    """Give each reported matter the id that intake has given it."""
    reported = {
        (matter.family, str(matter.report.data["external_ref"])): matter
        for history in histories
        for matter in history.model.matters
        if matter.report is not None
    }

    async def look() -> Problem:
        for family, ref, id_ in await rows(platform, "customer-profile", _THREADS, [ref for _, ref in reported]):
            reported[family, ref].id = str(id_)
        missing = [ref for (_, ref), matter in reported.items() if matter.id is None]
        return f"{len(missing)} of {len(reported)} are not known, such as {missing[:3]}" if missing else None

    await eventually(look, seconds, every=1)


_THREADS = """
SELECT family, external_ref, id FROM report_aggregate WHERE external_ref = ANY($1) AND family <> 'profile'
"""


async def _shows(caller: Caller, history: History, seconds: float) -> None:
    """Each service shows what the model says by any id of each customer."""
    try:
        for customer in history.model.customers:
            await eventually(partial(differs, caller, history.model, customer), seconds, every=1)
    except AssertionError as error:
        message = f"{history}: {error}"
        raise AssertionError(message) from error


async def _tables_agree(platform: TestPlatform, histories: Sequence[History]) -> Problem:
    """Who speaks for whom in each service, and what each keeps under exactly which customer."""
    customers = [one for history in histories for one in history.model.customers]
    speaking = {
        (one, history.model.canonical(one), history.model.names.get(one, ""))
        for history in histories
        for one in history.model.customers
    }
    families = {
        (history.model.canonical(one), *history.model.members(one))
        for history in histories
        for one in history.model.customers
    }
    problem = await _compared(platform, "customer-profile", _SPEAKING, customers, speaking)
    for service in READERS:
        problem = problem or await _compared(platform, service, _COPY, customers, speaking)
    for family, service, sql in _KEPT:
        kept = {
            (matter.id, matter.customer)
            for history in histories
            for matter in history.model.matters
            if matter.family == family and not matter.voided
        }
        filled = sql.format(of="customer_id = ANY($1::uuid[])", family=family)
        problem = problem or await _compared(platform, service, filled, customers, kept)
    if problem:
        return problem
    scored = {(str(one), *map(str, some)) for one, some in await rows(platform, "scoring", _SCORED, customers)}
    if scored - families:
        return f"scored are {list(scored - families)[:3]}"
    with_facts = {
        (history.model.canonical(matter.customer), *history.model.members(matter.customer))
        for history in histories
        for matter in history.model.matters
        if not matter.voided
    }
    return f"not scored are {list(with_facts - scored)[:3]}" if with_facts - scored else None


async def _compared(
    platform: TestPlatform, service: str, sql: str, customers: Sequence[str], wanted: set[tuple[Any, ...]]
) -> Problem:
    found = {tuple(map(str, row)) for row in await rows(platform, service, sql, customers)}
    if found == wanted:
        return None
    missing, strange = wanted - found, found - wanted
    return (
        f"{service}, {sql}: {len(missing)} of {len(wanted)} are missing, {len(strange)} are strange: "
        f"{sorted(missing)[:2]}, {sorted(strange)[:2]}"
    )


_SPEAKING = "SELECT id, canonical_id, coalesce(name, '') FROM customer WHERE id = ANY($1::uuid[])"
_COPY = "SELECT id, canonical_id, coalesce(name, '') FROM directory_customer WHERE id = ANY($1::uuid[])"
_SCORED = """
SELECT customer_id, members FROM score_series
WHERE customer_id = ANY($1::uuid[]) AND ended_at IS NULL AND band IS NOT NULL
"""
_ON_THE_TIMELINE = "SELECT id, customer_id FROM timeline_entry WHERE {of} AND kind = '{family}' AND NOT voided"
_IN_THE_OVERVIEW = """
SELECT item_id, customer_id FROM overview_item WHERE {of} AND section = '{family}s' AND status <> 'voided'
"""
_FACTS = """
SELECT aggregate_id, customer_id FROM fact WHERE {of} AND kind = '{family}' GROUP BY 1, 2 HAVING NOT bool_or(voided)
"""
_KEPT: Sequence[tuple[Family, str, str]] = (
    ("contact", "interactions", "SELECT id, customer_id FROM contact WHERE {of} AND voided_at IS NULL"),
    ("complaint", "complaints", "SELECT id, customer_id FROM complaint WHERE {of} AND voided_at IS NULL"),
    *((family, "interactions", _ON_THE_TIMELINE) for family in FAMILIES),
    *((family, "customer-profile", _IN_THE_OVERVIEW) for family in FAMILIES),
    *((family, "scoring", _FACTS) for family in FAMILIES),
)
