"""R21: a read model is written anew from the logs while all write and read: no gap, no message, no row astray."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from guanxi.events import make_event
from guanxi.events.interactions import CustomerContacted
from guanxi.ports import SystemIds
from guanxi_local.testplatform import TestPlatform
from support.client import Caller
from support.databases import value
from support.invariants import all_is_well, recovers
from support.ledger import Ledger
from support.operator import guanxi
from support.rounds import PATIENCE_S, chance, count
from support.waiting import Problem, eventually
from support.writers import Writers, writing

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(1800)]

_STEP = 50_000
_COLUMNS = ("event_id", "topic", "type", "subject", "aggregate_id", "sequence", "recorded_at", "body")


async def test_a_read_model_of_many_events_is_written_anew_while_all_goes_on(
    ground: TestPlatform, admin: Caller, ledger: Ledger
) -> None:
    many, dice = count(smoke=2_000, full=200_000, soak=2_000_000), chance("rebuild under load")
    known, contact = await _customers(ground, admin)
    before = await value(ground, "scoring", "SELECT count(*) FROM fact")
    began = datetime.now(UTC)
    # In the log of interactions alone: its facts are missing in scoring until they are rebuilt.
    planted = await _plant(ground, known, many)
    async with writing(Writers(admin, ledger, dice)), _looking(admin, known[0], contact) as looks:
        added = await _rebuild(ground)
        assert await value(ground, "scoring", "SELECT count(*) FROM fact") >= before + many
        await _uproot(ground, planted)
        removed = await _rebuild(ground)
    assert f" {many:,} missing, 0 wrong, 0 too many" in added
    assert f" 0 missing, 0 wrong, {many:,} too many" in removed
    assert looks, "nobody looked: this would tell nothing"
    assert set(looks) == {True}, f"{looks.count(False)} of {len(looks)} looks found less than before"

    await recovers(ground, seconds=120)
    await all_is_well(ground, admin, ledger)
    of_old = "SELECT count(*) FROM message WHERE id >= uuidv7_floor($1) AND cause_event_id < uuidv7_floor($1)"
    assert await value(ground, "notifications", of_old, began) == 0
    assert " 0 missing, 0 wrong, 0 too many" in await _rebuild(ground, "--check")


async def _rebuild(platform: TestPlatform, *words: str) -> str:
    done = await asyncio.to_thread(guanxi, platform, "rebuild", "scoring", "facts", *words)
    assert done.returncode == 0, done.stderr
    return done.stdout


async def _customers(platform: TestPlatform, admin: Caller, many: int = 20) -> tuple[list[UUID], str]:
    """Customers whom scoring knows, and a contact of the first that it knows of."""
    made = [await admin.ask("POST", "/v1/customers", {"kind": "person", "name": f"Seen {n}"}) for n in range(many)]
    known = [UUID(one.json()["id"]) for one in made if one is not None and one.is_success]
    assert len(known) == many
    body = {"customer_id": str(known[0]), "channel": "phone", "direction": "in", "subject": "before the rebuild"}
    told = await admin.ask("POST", "/v1/interactions", body)
    assert told is not None
    assert told.status_code == httpx.codes.CREATED, told.text

    contact: str = told.json()["id"]

    async def arrived() -> Problem:
        found = await value(platform, "scoring", "SELECT count(*) FROM fact WHERE aggregate_id = $1", UUID(contact))
        return None if found else "scoring has not heard of the contact"

    await eventually(arrived, PATIENCE_S)
    return known, contact


async def _plant(platform: TestPlatform, customers: Sequence[UUID], many: int) -> list[UUID]:
    """Contacts of the last months; gives their events."""
    planted: list[UUID] = []
    async with _log(platform) as connection:
        for start in range(0, many, _STEP):
            rows = _contacts(customers, range(start, min(start + _STEP, many)))
            await connection.copy_records_to_table("event_log", records=rows, columns=_COLUMNS)
            planted += [row[0] for row in rows]
    return planted


def _contacts(customers: Sequence[UUID], numbers: range) -> list[tuple[Any, ...]]:
    ids, now = SystemIds(), datetime.now(UTC)
    rows: list[tuple[Any, ...]] = []
    for n in numbers:
        at = now - timedelta(minutes=n)
        said = {"unit": "head-office", "contact_id": ids.new(), "channel": "phone", "direction": "in"}
        fact = CustomerContacted.model_validate({**said, "kind": "contact", "occurred_at": at})
        subject = customers[n % len(customers)]
        event = make_event(
            fact, id=ids.new(), recorded=at, aggregate=fact.contact_id, sequence=1, subject=subject, time=at
        )
        head = (event.id, event.topic, event.type, event.subject, event.aggregateid, 1, at)
        rows.append((*head, event.to_json().decode()))
    return rows


async def _uproot(platform: TestPlatform, planted: Sequence[UUID]) -> None:
    async with _log(platform) as connection:
        for start in range(0, len(planted), _STEP):
            some = planted[start : start + _STEP]
            await connection.execute("DELETE FROM event_log WHERE event_id = ANY($1::uuid[])", some)


@asynccontextmanager
async def _log(platform: TestPlatform) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(platform.postgres_url("interactions"), timeout=5, command_timeout=300)
    try:
        yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def _looking(admin: Caller, customer: UUID, contact: str) -> AsyncIterator[list[bool]]:
    """Read this customer's facts all the while; whether each look found this contact among them."""
    looks: list[bool] = []

    async def look() -> None:
        while True:
            answer = await admin.ask("GET", f"/v1/customers/{customer}/facts")
            found = answer.json()["items"] if answer is not None and answer.is_success else []
            looks.append(contact in {one["id"] for one in found})
            await asyncio.sleep(0.05)

    task = asyncio.create_task(look())
    try:
        yield looks
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
