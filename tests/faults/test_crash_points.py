"""A process dies between two steps, at each point that has a name: what was promised holds, and nothing comes twice."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import asyncpg
import pytest

from guanxi.crash import POINTS
from guanxi.db import schema_differences
from guanxi.events.reports import ContactReported
from guanxi.testing.builders import an_event
from guanxi_local.testplatform import TestPlatform
from scoring.app import SERVICE
from support.client import Caller
from support.databases import rows
from support.dealer import Dealer, producing, publishing
from support.invariants import all_is_well, only_growing, recovers
from support.ledger import Ledger
from support.rounds import chance, count
from support.writers import Writers, writing

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(900)]

_MIGRATION = "migration.before_commit"
_SMOKE = {"relay.after_produce"}
_HOMES = {
    "consumer.before_burial": "interactions",
    "due.before_commit": "interactions",
    "consumer.taken_in": "interactions",
}
"""Who comes by there under this load; of the other points each of those below does."""
_EACH = ("customer-profile", "interactions", "complaints")


@pytest.mark.parametrize(
    "point",
    [
        pytest.param(point, marks=[pytest.mark.smoke] if point in _SMOKE else [])
        for point in POINTS
        if point != _MIGRATION
    ],
)
async def test_nothing_is_lost_or_doubled_by_a_death_between_two_steps(
    point: str, ground: TestPlatform, admin: Caller, dealer: Dealer, ledger: Ledger
) -> None:
    dice = chance(f"crash at {point}")
    writers = Writers(admin, ledger, dice)
    async with only_growing(ground), writing(writers), publishing(dealer, dice), _causes(point, ground, admin, dealer):
        deaths, who = count(smoke=1, full=3, soak=25), [_HOMES[point]] if point in _HOMES else list(_EACH)
        while deaths > 0:
            some = dice.sample(who, min(deaths, len(who)))
            await asyncio.gather(*(_die(ground, one, point, dice.randint(1, 5)) for one in some))
            deaths -= len(some)
    await recovers(ground, [dealer])
    await all_is_well(ground, admin, ledger)


async def _die(ground: TestPlatform, service: str, point: str, visit: int) -> None:
    """Let a service die when it comes to a point for the given time (1: the first), and bring it back."""
    said = await asyncio.to_thread(ground.die_at, service, f"{point}:{visit}")
    await asyncio.to_thread(ground.bring_back, service)
    assert f"crash point {point} reached" in said, said[-2000:]


class _causes:  # noqa: N801 - reads as a block
    """What leads to a point that ordinary load does not come to: poison, and promises whose moment comes."""

    def __init__(self, point: str, ground: TestPlatform, admin: Caller, dealer: Dealer) -> None:
        works: dict[str, Callable[[], Awaitable[None]]] = {
            "consumer.before_burial": lambda: _poison(ground, dealer),
            "due.before_commit": lambda: _promise(admin),
        }
        self._work = works.get(point)
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> None:
        if self._work is not None:
            self._task = asyncio.create_task(self._again_and_again(self._work))

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _again_and_again(self, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            await work()
            await asyncio.sleep(0.3)


async def _poison(ground: TestPlatform, dealer: Dealer) -> None:
    """An event that can be read and not be applied: a contact with nobody, as intake would never pass it on."""
    data = {**dealer.contact("C-0001").data, "source": dealer.source, "unit": dealer.unit}
    event = an_event(ContactReported.model_validate(data))
    async with producing(ground) as producer:
        topic = f"{ground.topic_prefix}guanxi.{ContactReported.TOPIC}"
        headers = (("ce_type", ContactReported.TYPE.encode()),)
        await (await producer.send(topic, event.to_json(), b"poison", headers))


async def _promise(admin: Caller) -> None:
    made = await admin.ask("POST", "/v1/customers", {"kind": "person", "name": uuid.uuid4().hex})
    if made is None or not made.is_success:
        return
    due = (datetime.now(UTC) + timedelta(seconds=1)).isoformat()
    said = {"customer_id": made.json()["id"], "channel": "visit", "direction": "out"}
    await admin.ask("POST", "/v1/interactions", {**said, "promises": [{"what": "a call", "due_at": due}]})


@pytest.mark.smoke
async def test_a_migration_that_dies_before_its_commit_is_done_again(ground: TestPlatform) -> None:
    name = f"died_{uuid.uuid4().hex[:12]}"
    owner = ground.postgres_url("scoring")
    await _superuser(ground, f"CREATE DATABASE {name} OWNER {urlsplit(owner).username}")
    try:
        environment = {
            **os.environ,
            "GUANXI_PROFILE": "development",
            "GUANXI_DATABASE_URL": f"{owner.rpartition('/')[0]}/{name}",
            "GUANXI_KAFKA": ground.kafka,
            "GUANXI_JWKS": str(ground.state.jwks),
        }
        died = await asyncio.to_thread(_migrate, {**environment, "GUANXI_CRASH_AT": f"{_MIGRATION}:1"})
        assert died.returncode == -9, died.stderr
        assert f"crash point {_MIGRATION} reached" in died.stderr
        done = await asyncio.to_thread(_migrate, environment)
        assert done.returncode == 0, done.stderr
        assert await schema_differences(environment["GUANXI_DATABASE_URL"], SERVICE.metadata) == []
        again = await asyncio.to_thread(_migrate, environment)
        assert again.returncode == 0, again.stderr
        assert await schema_differences(environment["GUANXI_DATABASE_URL"], SERVICE.metadata) == []
    finally:
        await _superuser(ground, f"DROP DATABASE {name} WITH (FORCE)")
    assert await rows(ground, "scoring", "SELECT true") == [(True,)]


def _migrate(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "scoring", "migrate"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)


async def _superuser(ground: TestPlatform, statement: str) -> None:
    connection = await asyncpg.connect(ground.postgres_url())
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
