"""Relay, consumer and inbox over many seeds of trouble: with everything simulated, and over the real database.

A seed that found a bug stays in the list for ever.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextvars import ContextVar
from uuid import UUID

import pytest
import pytest_asyncio

from guanxi import crash
from guanxi.bus import log
from guanxi.bus.applier import FactApplier
from guanxi.bus.consumer import ConsumerRunner
from guanxi.bus.lease import lease
from guanxi.bus.outbox import outbox_depth
from guanxi.bus.relay import Means, Relay
from guanxi.bus.store import DatabaseStore
from guanxi.db import Database, Tx, open_database
from guanxi.events import Consumer, Event
from guanxi.events.scores import ScoreChanged
from guanxi.ports import SystemClock
from guanxi.testing.simulation import SimBroker, SimContents, SimProducer, SimReader, simulate
from support.rounds import chance, count
from support.waiting import Problem, eventually

_FOUND_BUGS = {
    127: "a poll whose placing failed in the middle was dropped: its records were never read again",
}


@pytest.mark.smoke
@pytest.mark.timeout(7200)
def test_nothing_is_lost_or_doubled_with_everything_simulated() -> None:
    """Safety and liveness over seeds; each fault is met."""
    first = chance("simulation").randrange(1_000_000)
    seeds = [*_FOUND_BUGS, *range(first, first + count(smoke=40, full=500, soak=10_000))]
    met: Counter[str] = Counter()
    for seed in seeds:
        outcome = simulate(seed)
        assert not outcome.wrong, (outcome.wrong, outcome.plan, *outcome.steps)
        met.update(outcome.reached)
    assert met.keys() >= {"outage", "power cut", "database away", "kill", "lock lost"}, met


class _Died(BaseException):
    """The process is gone at a named step: no code of its own runs after it."""


_OURS = ContextVar("ours", default=False)
"""Whether it is the test itself that does something."""


def _died(error: BaseException | None) -> bool:
    """Whether it was death alone that ended a task."""
    if isinstance(error, BaseExceptionGroup):
        return all(map(_died, error.exceptions))
    return isinstance(error, _Died)


class _Half:
    """One process's half of a run over the real database: it dies at crash points and is started again."""

    def __init__(self, dice: random.Random) -> None:
        self.dice, self.deaths = dice, Counter[str]()
        self.ended: list[str] = []
        """Whoever ended without having died."""
        self.calm = False

    def reached(self, point: str) -> None:
        """Die here now and then; the test's own transactions are nobody's process."""
        if not self.calm and not _OURS.get() and self.dice.random() < 0.03:
            self.deaths[point] += 1
            raise _Died(point)

    async def live(self, make: Callable[[], Awaitable[None]]) -> None:
        """Be started again whenever it has died; nothing else may end it."""
        while True:
            task = asyncio.ensure_future(make())
            try:
                await asyncio.wait({task})
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
            if task.cancelled() or not _died(task.exception()):
                self.ended.append(repr(task))
            await asyncio.sleep(self.dice.uniform(0, 0.1))


@pytest_asyncio.fixture(loop_scope="session")
async def database(service_database: Callable[[str], Awaitable[object]]) -> AsyncIterator[Database]:
    """A service's database."""
    made = await service_database("scoring")
    opened = await open_database(made.runtime_url, application="simulation")  # type: ignore[attr-defined]
    yield opened
    await opened.close()


_MUST_DIE_AT = frozenset({"relay.after_produce", "consumer.before_commit", "consumer.after_commit"})


@pytest.mark.smoke
@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.timeout(7200)
async def test_nothing_is_lost_or_doubled_over_the_real_database(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    dice, deaths = chance("simulation over PostgreSQL"), Counter[str]()
    runs, wanted = count(smoke=2, full=50, soak=2_000), _MUST_DIE_AT if count(smoke=0, full=1) else frozenset[str]()
    for n in range(runs * 3 + 20):
        # Where they die is up to the dice: they are thrown until each of these points was among them.
        if n >= runs and deaths and deaths.keys() >= wanted:
            break
        deaths.update(await _one_run(database, random.Random(dice.random()), n, monkeypatch))
    assert deaths, "nobody died"
    assert deaths.keys() >= wanted, deaths


async def _one_run(
    database: Database, dice: random.Random, number: int, monkeypatch: pytest.MonkeyPatch
) -> Counter[str]:
    seen: Counter[UUID] = Counter()
    name = f"simulated-{number}-{dice.randrange(10**9)}"

    async def effect(tx: Tx, events: Sequence[Event[ScoreChanged]]) -> None:
        ids = [event.id for event in events]
        tx.after_commit(lambda: seen.update(ids))

    async with database.api.begin() as tx:
        await tx.execute("DELETE FROM relay_batch")  # each run has a broker of its own
    half, broker = _Half(dice), SimBroker(dice)
    monkeypatch.setattr(crash, "_act", half.reached)
    consumer = Consumer(name, {ScoreChanged: effect})
    store = DatabaseStore(database.consumers, consumer.group, FactApplier(consumer))
    means = Means(lambda: lease(database.url), lambda: SimProducer(broker), SimContents(broker), SystemClock())

    runners: list[ConsumerRunner] = []

    async def relay() -> None:
        await Relay(means).run()

    async def read() -> None:
        readers: list[SimReader] = []

        def make() -> SimReader:
            readers.append(SimReader(broker, name, ["guanxi.scores"]))
            return readers[-1]

        runners.append(ConsumerRunner(consumer.group, store, make, dice=dice))
        try:
            await runners[-1].run()
        finally:
            for reader in readers:
                await reader.stop()

    _OURS.set(False)  # what is started now is the processes'; they keep it
    living = [asyncio.ensure_future(half.live(one)) for one in (relay, relay, read, read)]
    _OURS.set(True)
    made = [event for _ in range(20) for event in await _some_events(database, dice, name)]
    for _ in range(dice.randint(0, 2)):
        await asyncio.sleep(dice.uniform(0.1, 0.5))
        broker.away = True
        broker.power_cut(3)
        await asyncio.sleep(dice.uniform(0, 0.3))
        broker.away = False
        for runner in runners:
            runner.check_places()  # as the watchdog does when the broker was away
    half.calm = True
    ids = {event.id for event in made}

    async def all_done() -> Problem:
        left = (await outbox_depth(database.api))[0]
        taken = await _taken_in(database, consumer.group)
        missing = ids - taken
        return f"{left} in the outbox, {len(missing)} of {len(ids)} not taken in" if left or missing else None

    try:
        await eventually(all_done, 60)
    finally:
        for task in living:
            task.cancel()
        await asyncio.gather(*living, return_exceptions=True)
    assert not half.ended, half.ended[:3]
    twice = [str(one) for one, times in seen.items() if times > 1]
    assert not twice, twice[:3]
    return half.deaths


async def _some_events(database: Database, dice: random.Random, run: str) -> list[Event[ScoreChanged]]:
    async with database.api.begin() as tx:
        made = [_event(tx, n, run) for n in range(dice.randint(1, 5))]
        await log.record(tx, *made)
    return made


def _event(tx: Tx, number: int, run: str) -> Event[ScoreChanged]:
    fact = ScoreChanged(kind=run[:60], as_of=tx.now.date(), value=number, band="any", version="1")
    return log.draft(tx, fact, aggregate=tx.new_id(), sequence=1, subject=None)


async def _taken_in(database: Database, group: str) -> set[UUID]:
    async with database.api.read() as reader:
        return {row["event_id"] for row in await reader.fetch("SELECT event_id FROM inbox WHERE consumer = $1", group)}
