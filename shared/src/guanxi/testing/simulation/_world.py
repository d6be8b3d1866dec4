"""One run: events are committed, two relays publish them, members come and go, everything fails for a while.

Then the faults stop, and what must be true is counted: safety (no effect twice, nothing lost) and liveness (it all gets
done by itself).
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from guanxi.bus.consumer import ConsumerRunner
from guanxi.bus.relay import Means, Relay
from guanxi.ports import SystemClock
from guanxi.testing.simulation._broker import SimBroker, SimContents, SimProducer, SimReader
from guanxi.testing.simulation._loop import run_in_virtual_time
from guanxi.testing.simulation._memory import MemoryLog, MemoryStore, Moods

_TOPIC, _WORD = "guanxi.scores", "scores"
_FAULTS_SECONDS = 120.0
_PATIENCE_SECONDS = 300.0
_LOOKED_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that a seed decides, so that a failure can be read."""

    seed: int
    events: int
    keys: int
    poison: int
    endless: int
    members: int
    broken_before: float
    broken_after: float
    locked: float
    outages: int
    power_cuts: int
    kills: int
    lost_locks: int

    @classmethod
    def of(cls, seed: int) -> Plan:
        """The plan of a seed."""
        dice = random.Random(seed)  # noqa: S311 - a simulation
        return cls(
            seed=seed,
            events=dice.randint(20, 200),
            keys=dice.randint(1, 12),
            poison=dice.choice((0, 0, 1, 3)),
            endless=dice.choice((0, 0, 0, 1)),
            members=dice.randint(1, 3),
            broken_before=dice.choice((0, 0.02, 0.1)),
            broken_after=dice.choice((0, 0.02, 0.1)),
            locked=dice.choice((0, 0.05, 0.3)),
            outages=dice.randint(0, 3),
            power_cuts=dice.choice((0, 0, 1, 2)),
            kills=dice.randint(0, 5),
            lost_locks=dice.randint(0, 3),
        )


@dataclass
class Outcome:
    """What a run came to; empty lists are what is wanted."""

    plan: Plan
    steps: list[str] = field(default_factory=list)
    not_published: list[str] = field(default_factory=list)
    not_applied: list[str] = field(default_factory=list)
    applied_twice: list[str] = field(default_factory=list)
    not_buried: list[str] = field(default_factory=list)
    buried_though_good: list[str] = field(default_factory=list)
    left_in_outbox: int = 0
    reached: frozenset[str] = frozenset()
    """The faults that really took place."""

    @property
    def wrong(self) -> list[str]:
        """What is wrong, in words."""
        found = {
            "not published": self.not_published,
            "not applied": self.not_applied,
            "applied twice": self.applied_twice,
            "not buried": self.not_buried,
            "buried though good": self.buried_though_good,
        }
        told = [f"{name}: {ids[:3]}" for name, ids in found.items() if ids]
        return told + ([f"left in the outbox: {self.left_in_outbox}"] if self.left_in_outbox else [])


class _World:
    def __init__(self, plan: Plan) -> None:
        self.plan, self.dice = plan, random.Random(plan.seed + 1)  # noqa: S311 - a simulation
        self.moods = Moods(self.dice, False, plan.broken_before, plan.broken_after, plan.locked)
        self.broker = SimBroker(self.dice)
        self.log = MemoryLog(self.moods, _WORD)
        self.ids = [UUID(int=self.dice.getrandbits(128), version=4) for _ in range(plan.events)]
        bad = self.dice.sample(self.ids, plan.poison + plan.endless)
        self.poison = frozenset(map(str, bad[: plan.poison]))
        self.endless = frozenset(map(str, bad[plan.poison :]))
        self.store = MemoryStore(self.moods, self.poison, self.endless)
        self.steps: list[str] = []
        self.reached: set[str] = set()
        self._members: dict[str, asyncio.Task[None]] = {}
        self._readers: dict[str, SimReader] = {}
        self._producers: dict[str, SimProducer] = {}
        self._ghosts: list[asyncio.Task[None]] = []
        self._runners: list[ConsumerRunner] = []

    async def run(self) -> Outcome:
        for n in range(2):
            self._start_relay(f"relay-{n}")
        for n in range(self.plan.members):
            self._start_consumer(f"member-{n}")
        async with asyncio.TaskGroup() as group:
            group.create_task(self._write())
            for fault in self._faults():
                group.create_task(fault)
        self.moods.away = self.broker.away = False
        self.moods.broken_before = self.moods.broken_after = self.moods.locked = 0.0
        self._say("the faults have stopped")
        # What the watchdog does once the broker is there again.
        self._check_places()
        await self._settled()
        for task in [*self._members.values(), *self._ghosts]:
            task.cancel()
        await asyncio.gather(*self._members.values(), *self._ghosts, return_exceptions=True)
        return self._outcome()

    def _faults(self) -> Sequence[Coroutine[None, None, None]]:
        plan = self.plan
        return [
            *(self._broker_away(cut=False) for _ in range(plan.outages)),
            *(self._broker_away(cut=True) for _ in range(plan.power_cuts)),
            *(self._database_away() for _ in range(plan.outages)),
            *(self._kill() for _ in range(plan.kills)),
            *(self._lose_lock() for _ in range(plan.lost_locks)),
        ]

    async def _write(self) -> None:
        left = list(self.ids)
        while left:
            await asyncio.sleep(self.dice.uniform(0, 2 * _FAULTS_SECONDS / len(self.ids)))
            n = self.dice.randint(1, 5)
            some, left = left[:n], left[n:]
            key = f"key-{self.dice.randrange(self.plan.keys)}"
            self._ghosts.append(asyncio.create_task(self.log.record(some, key, self.dice.choice((0, 0, 0.05, 1.0)))))

    async def _some_time(self) -> None:
        await asyncio.sleep(self.dice.uniform(1, _FAULTS_SECONDS))

    async def _broker_away(self, *, cut: bool) -> None:
        await self._some_time()
        self.broker.away = True
        lost = self.broker.power_cut(6) if cut else 0
        self._say(f"the broker goes away and loses {lost} records" if cut else "the broker goes away")
        self.reached.add("power cut" if lost else "outage")
        await asyncio.sleep(self.dice.uniform(0.5, 20))
        self.broker.away = False
        self._say("the broker is back")
        self._check_places()

    def _check_places(self) -> None:
        for runner in self._runners:
            runner.check_places()

    async def _database_away(self) -> None:
        await self._some_time()
        self.moods.away = True
        self.log.take_away()
        self._say("the database goes away")
        self.reached.add("database away")
        await asyncio.sleep(self.dice.uniform(0.5, 10))
        self.moods.away = False

    async def _lose_lock(self) -> None:
        await self._some_time()
        self.log.take_away()
        self._say("the relay's lock is lost")
        self.reached.add("lock lost")

    async def _kill(self) -> None:
        await self._some_time()
        name = self.dice.choice(sorted(self._members))
        self._say(f"{name} is killed")
        self.reached.add("kill")
        if name in self._readers:
            self._ghosts.append(asyncio.create_task(self._readers[name].vanish()))
        if name in self._producers:
            self._producers[name].dead = True
        self._members[name].cancel()
        await asyncio.gather(self._members[name], return_exceptions=True)
        await asyncio.sleep(self.dice.uniform(0, 3))
        (self._start_relay if name.startswith("relay") else self._start_consumer)(name)

    def _start_relay(self, name: str) -> None:
        def make() -> SimProducer:
            self._producers[name] = SimProducer(self.broker)
            return self._producers[name]

        means = Means(self.log.lease, make, SimContents(self.broker), SystemClock())
        self._members[name] = asyncio.create_task(Relay(means).run())

    def _start_consumer(self, name: str) -> None:
        def make() -> SimReader:
            self._readers[name] = SimReader(self.broker, "readers", [_TOPIC])
            return self._readers[name]

        runner = ConsumerRunner("readers", self.store, make, dice=self.dice)
        self._runners.append(runner)
        self._members[name] = asyncio.create_task(runner.run())

    async def _settled(self) -> None:
        # What the relay looks at from time to time it must have looked at.
        await asyncio.sleep(_LOOKED_SECONDS)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE_SECONDS):
                while self._unfinished():  # noqa: ASYNC110 - by a clock that jumps
                    await asyncio.sleep(0.5)

    def _unfinished(self) -> bool:
        done = self.store.effects.keys() | self.store.buried.keys()
        return bool(self.log.waiting) or len(done) < len(self.ids)

    def _outcome(self) -> Outcome:
        all_ids = {str(one) for one in self.ids}
        bad = self.poison | self.endless
        published = {record.header("ce_id") for log in self.broker.logs.values() for record in log}
        return Outcome(
            self.plan,
            self.steps,
            not_published=sorted(all_ids - published),
            not_applied=sorted(all_ids - bad - self.store.effects.keys()),
            applied_twice=sorted(one for one, n in self.store.effects.items() if n > 1),
            not_buried=sorted(bad - self.store.buried.keys()),
            buried_though_good=sorted(self.store.buried.keys() - bad),
            left_in_outbox=self.log.waiting,
            reached=frozenset(self.reached),
        )

    def _say(self, what: str) -> None:
        self.steps.append(f"{asyncio.get_running_loop().time():7.2f} {what}")


def simulate(seed: int) -> Outcome:
    """Run one seed from beginning to end."""
    return run_in_virtual_time(_World(Plan.of(seed)).run())
