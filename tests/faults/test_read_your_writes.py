"""The id of a customer who was registered a moment ago works at every service, however late the news of it travels.

customer-profile runs with its roles apart, and its worker, in which the relay is, is frozen at random. An honest
"not yet" is a 503 with Retry-After and is asked again; "no such customer" would be a lie, and fails at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
import pytest_asyncio

from guanxi_local.testplatform import TestPlatform
from support.client import Caller, caller
from support.invariants import directories_agree, outboxes_are_empty
from support.rounds import PATIENCE_S, chance, count
from support.waiting import Problem, eventually

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(1800), pytest.mark.smoke]

_ABREAST = 8
_PATIENCE_S = 40.0
_OUTAGE_S = 300.0
_PROFILE = "customer-profile"


@dataclass
class Story:
    """What happened to the customers of one test."""

    platform: TestPlatform
    caller: Caller
    uses: Counter[str] = field(default_factory=Counter)
    not_yet: Counter[str] = field(default_factory=Counter)
    """How often each service said that it does not know the customer yet."""

    async def register_and_use(self, name: str, patience: float = _PATIENCE_S) -> None:
        """Register a customer, and use its id at the other four services at once."""
        customer = await self._register(name)
        uses: dict[str, tuple[str, str, object, int]] = {
            "interactions": ("POST", "/v1/interactions", _contact(customer), 201),
            "complaints": ("POST", "/v1/complaints", _complaint(customer), 201),
            "scoring": ("GET", f"/v1/customers/{customer}/scores", None, 200),
            "notifications": ("PUT", f"/v1/customers/{customer}/permissions", _PERMISSION, 200),
        }
        await asyncio.gather(*(self._use(service, customer, *use, patience) for service, use in uses.items()))

    async def _register(self, name: str) -> str:
        found: list[str] = []

        async def look() -> Problem:
            answer = await self.caller.ask("POST", "/v1/customers", {"kind": "person", "name": name}, key=key)
            if answer is None:
                return "the connection broke off"
            assert answer.status_code == 201, answer.text
            found.append(answer.json()["id"])
            return None

        key = str(uuid.uuid4())
        await eventually(look, _PATIENCE_S)
        return found[0]

    async def _use(
        self, service: str, customer: str, method: str, path: str, body: object, wanted: int, patience: float
    ) -> None:
        key = f"{service}-{customer}"

        async def look() -> Problem:
            answer = await self.caller.ask(method, path, body, key=key)
            if answer is None:
                return f"{service}: the connection broke off"
            if answer.status_code == wanted:
                return None
            assert answer.status_code == 503, f"{service}: {answer.status_code} {answer.text}"
            assert answer.headers.get("retry-after"), answer.text
            assert answer.json()["code"] == "customer-not-yet-known", answer.text
            self.not_yet[service] += 1
            return f"{service} does not know {customer} yet"

        await eventually(look, patience, every=0.05)
        self.uses[service] += 1


def _contact(customer: str) -> dict[str, str]:
    return {"customer_id": customer, "channel": "phone", "direction": "in"}


def _complaint(customer: str) -> dict[str, str]:
    return {"customer_id": customer, "channel": "phone", "cause": "neglect"}


_PERMISSION = {"permissions": [{"purpose": "service", "channel": "email", "state": "denied"}]}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def apart(own_platform: TestPlatform) -> AsyncIterator[tuple[TestPlatform, str]]:
    """The platform with customer-profile's API and worker in processes of their own; gives the worker's name too."""
    platform = own_platform
    await asyncio.to_thread(platform.take_down, _PROFILE)
    api = await asyncio.to_thread(lambda: platform.start_apart(_PROFILE, "api", in_place=True))
    worker = await asyncio.to_thread(platform.start_apart, _PROFILE, "worker")
    try:
        await asyncio.to_thread(platform.wait_ready, worker, seconds=60)
        yield platform, worker
    finally:
        try:
            for member in (worker, api):
                await asyncio.to_thread(platform.end_apart, member)
        finally:
            await asyncio.to_thread(platform.bring_back, _PROFILE)


@pytest_asyncio.fixture(loop_scope="session")
async def story(apart: tuple[TestPlatform, str]) -> AsyncIterator[Story]:
    """Nothing has happened yet."""
    async with caller(apart[0], connections=_ABREAST * 5) as opened:
        yield Story(apart[0], opened)


async def test_an_id_works_everywhere_at_once_with_the_relay_late(
    apart: tuple[TestPlatform, str], story: Story
) -> None:
    platform, worker = apart
    dice, customers = chance("late relay"), count(smoke=120, full=300, soak=50_000)
    async with _frozen_now_and_then(platform, worker, dice) as frozen:
        await _in_parallel(story, [f"late {n}" for n in range(customers)])
    assert frozen["times"] > 1, "the relay was never late"
    _check(story, customers)
    assert sum(story.not_yet.values()) > 0, "nobody had to wait: the relay was not late enough to tell anything"
    await _catches_up(platform)


async def test_an_id_is_never_denied_while_the_broker_is_away(apart: tuple[TestPlatform, str], story: Story) -> None:
    platform, _ = apart
    dice, away = chance("broker away"), count(smoke=5, full=60)
    await asyncio.to_thread(platform.stop_kafka)
    began, names = time.monotonic(), [f"away {n}" for n in range(_ABREAST)]
    async with asyncio.TaskGroup() as group:
        try:
            for name in names:
                group.create_task(story.register_and_use(name, _OUTAGE_S))
            # The outage lasts so long, and until each service has said "not yet" at least once.
            await eventually(_everyone_has_waited(story, began + away + dice.uniform(0, 1)), _OUTAGE_S)
        finally:
            await asyncio.to_thread(platform.start_kafka)
        back = time.monotonic()
    assert time.monotonic() - back < _PATIENCE_S, "the services did not learn of them once the broker was back"
    _check(story, len(names))
    await _catches_up(platform)


def _check(story: Story, customers: int) -> None:
    assert dict(story.uses) == dict.fromkeys(("interactions", "complaints", "scoring", "notifications"), customers)
    assert not story.caller.missing, story.caller.missing[:3]
    assert not story.caller.dishonest, story.caller.dishonest[:3]


async def _catches_up(platform: TestPlatform) -> None:
    await eventually(lambda: outboxes_are_empty(platform), PATIENCE_S)
    await eventually(lambda: directories_agree(platform), PATIENCE_S)


def _everyone_has_waited(story: Story, until: float) -> Callable[[], Awaitable[Problem]]:
    async def look() -> Problem:
        if time.monotonic() >= until and len(story.not_yet) == 4:
            return None
        return f"said not yet: {dict(story.not_yet)}"

    return look


async def _in_parallel(story: Story, names: list[str]) -> None:
    waiting = iter(names)

    async def go_on() -> None:
        for name in waiting:
            await story.register_and_use(name)

    async with asyncio.TaskGroup() as group:
        for _ in range(_ABREAST):
            group.create_task(go_on())


@asynccontextmanager
async def _frozen_now_and_then(platform: TestPlatform, worker: str, dice: random.Random) -> AsyncIterator[Counter[str]]:
    """Freeze the relay's process at random while the block lasts, for up to four seconds each time."""
    times: Counter[str] = Counter()

    async def go_on() -> None:
        while True:
            await asyncio.sleep(dice.uniform(0.1, 1.5))
            platform.pause(worker)
            times["times"] += 1
            try:
                await asyncio.sleep(dice.uniform(0.1, 4.0))
            finally:
                platform.resume(worker)

    task = asyncio.create_task(go_on())
    try:
        yield times
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
