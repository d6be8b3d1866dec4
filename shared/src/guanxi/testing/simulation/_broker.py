"""A broker in memory that fails as real ones do: away for a while, forgetful after a power cut, slow, ambiguous."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from zlib import crc32

from guanxi.bus.ports import Ack, Assignment, BrokerError, Headers, Place, Record

_SESSION_SECONDS = 10.0
_MOST = 20


@dataclass
class _Group:
    """The members of a consumer group, in order of joining."""

    members: list[SimReader] = field(default_factory=list)
    round: int = 0
    committed: dict[Place, int] = field(default_factory=dict)


class SimBroker:
    """Topics with a fixed number of partitions, groups, and its own bad days."""

    def __init__(self, dice: random.Random, partitions: int = 3) -> None:
        self.dice, self.partitions = dice, partitions
        self.logs: dict[Place, list[Record]] = {}
        self.away = False
        self._groups: dict[str, _Group] = {}

    def places(self, topic: str) -> list[Place]:
        """The partitions of a topic."""
        return [Place(topic, number) for number in range(self.partitions)]

    def check(self) -> None:
        """Raise when it is away."""
        if self.away:
            message = "the simulated broker is away"
            raise BrokerError(message)

    def append(self, place: Place, key: bytes, value: bytes, headers: Headers) -> Ack:
        """Write one record."""
        log = self.logs.setdefault(place, [])
        log.append(Record(place, len(log), key, value, tuple(headers), _now_ms()))
        return Ack(place, len(log) - 1, log[-1].timestamp)

    def power_cut(self, most: int) -> int:
        """Forget up to so many records at the end of each partition; gives how many in all."""
        lost = 0
        for log in self.logs.values():
            cut = min(self.dice.randrange(most + 1), len(log))
            del log[len(log) - cut :]
            lost += cut
        return lost

    def join(self, group: str, reader: SimReader) -> None:
        """A member more: everything is dealt out anew."""
        self.group(group).members.append(reader)
        self.deal(group)

    def leave(self, group: str, reader: SimReader) -> None:
        """A member less."""
        if reader in self.group(group).members:
            self.group(group).members.remove(reader)
            self.deal(group)

    def group(self, name: str) -> _Group:
        """A group by its name."""
        return self._groups.setdefault(name, _Group())

    def deal(self, group: str) -> None:
        """Deal the partitions out, round robin."""
        found = self.group(group)
        found.round += 1
        for n, member in enumerate(found.members):
            mine = [p for topic in member.topics for p in self.places(topic) if p.partition % len(found.members) == n]
            member.dealt(found.round, mine, found.committed)


class SimProducer:
    """Writes in order, acknowledges late, and sometimes says that it failed though it did not."""

    def __init__(self, broker: SimBroker) -> None:
        self._broker = broker
        self._last: asyncio.Future[None] | None = None
        self.dead = False

    async def start(self) -> None:
        """Connect."""
        await asyncio.sleep(self._broker.dice.uniform(0, 0.1))
        self._broker.check()

    async def stop(self) -> None:
        """Disconnect."""
        self.dead = True

    async def abort(self) -> None:
        """Disconnect at once."""
        self.dead = True

    async def partitions(self, topic: str) -> int:
        """How many there are."""
        return len(self._broker.places(topic))

    async def send(
        self, topic: str, value: bytes, key: bytes, headers: Headers, partition: int | None = None
    ) -> Awaitable[Ack]:
        """Queue a message."""
        self._broker.check()
        number = crc32(key) % self._broker.partitions if partition is None else partition
        before, self._last = self._last, asyncio.get_running_loop().create_future()
        return asyncio.ensure_future(self._write(before, self._last, Place(topic, number), (key, value, headers)))

    async def _write(
        self,
        before: asyncio.Future[None] | None,
        mine: asyncio.Future[None],
        place: Place,
        message: tuple[bytes, bytes, Headers],
    ) -> Ack:
        try:
            if before is not None:
                await before
            await asyncio.sleep(self._broker.dice.choice((0, 0, 0.001, 0.02)))
            if self.dead:
                raise BrokerError("this producer is closed")
            self._broker.check()
            ack = self._broker.append(place, *message)
            if self._broker.dice.random() < 0.01:  # noqa: PLR2004 - one in a hundred
                raise BrokerError("written, and the word of it lost")
            return ack
        finally:
            if not mine.done():
                mine.set_result(None)


class SimReader:
    """A member of a group. As aiokafka does, it gives records of new partitions before anybody has placed them."""

    def __init__(self, broker: SimBroker, group: str, topics: Sequence[str]) -> None:
        self._broker, self._group, self.topics = broker, group, topics
        self._round = 0
        self._positions: dict[Place, int] = {}
        self.dead = False

    async def start(self) -> None:
        """Join."""
        await asyncio.sleep(self._broker.dice.uniform(0, 0.2))
        self._broker.check()
        self._broker.join(self._group, self)

    async def stop(self) -> None:
        """Leave; one that was killed says nothing and is missed after a while."""
        if not self.dead:
            self._broker.leave(self._group, self)

    async def vanish(self) -> None:
        """Be killed: the group notices when the session has run out."""
        self.dead = True
        await asyncio.sleep(_SESSION_SECONDS)
        self._broker.leave(self._group, self)

    def dealt(self, round_: int, places: Collection[Place], committed: Mapping[Place, int]) -> None:
        """Take a new hand."""
        self._round = round_
        self._positions = {place: committed.get(place, 0) for place in places}

    async def poll(self, seconds: float) -> Mapping[Place, Sequence[Record]]:
        """What has come."""
        dice = self._broker.dice
        await asyncio.sleep(dice.choice((0, 0.001, 0.01)))
        found = {} if self._broker.away else self._take(dice)
        if not found:
            await asyncio.sleep(seconds * dice.random())
        return found

    def _take(self, dice: random.Random) -> dict[Place, Sequence[Record]]:
        found: dict[Place, Sequence[Record]] = {}
        for place, at in self._positions.items():
            log = self._broker.logs.get(place, [])
            start = 0 if at > len(log) else at  # out of range: the client goes to the start by itself
            records = log[start : start + dice.randint(1, _MOST)]
            if records:
                found[place] = records
            self._positions[place] = start + len(records)
        return found

    async def commit(self, offsets: Mapping[Place, int]) -> None:
        """Tell the broker."""
        await asyncio.sleep(0.001)
        self._broker.check()
        self._broker.group(self._group).committed.update(offsets)

    def assignment(self) -> Assignment:
        """What is ours."""
        return Assignment(self._round, frozenset(self._positions), self._round > 0)

    def seek(self, place: Place, offset: int) -> None:
        """Read on from there."""
        if place in self._positions:
            self._positions[place] = offset

    def position(self, place: Place) -> int | None:
        """Where it reads on."""
        return self._positions.get(place)

    async def bounds(self, places: Collection[Place]) -> Mapping[Place, tuple[int, int]]:
        """First and next."""
        await asyncio.sleep(0.002)
        self._broker.check()
        return {place: (0, len(self._broker.logs.get(place, []))) for place in places}

    async def offsets_at(self, places: Collection[Place], timestamp: int) -> Mapping[Place, int | None]:
        """The first at or after a moment."""
        await asyncio.sleep(0.002)
        self._broker.check()
        return {
            place: next((r.offset for r in self._broker.logs.get(place, []) if r.timestamp >= timestamp), None)
            for place in places
        }


class SimContents:
    """Where partitions end and what lies there."""

    def __init__(self, broker: SimBroker) -> None:
        self._broker = broker

    async def of(self, topics: Collection[str], pattern: str | None = None) -> Mapping[Place, int]:
        """The next offset of each partition."""
        await asyncio.sleep(0.001)
        self._broker.check()
        del pattern
        return {p: len(self._broker.logs.get(p, [])) for topic in topics for p in self._broker.places(topic)}

    async def records_at(self, offsets: Mapping[Place, int]) -> Mapping[Place, Record]:
        """The record at each offset."""
        await asyncio.sleep(0.002)
        self._broker.check()
        logs = self._broker.logs
        return {place: logs[place][at] for place, at in offsets.items() if at < len(logs.get(place, []))}

    async def stop(self) -> None:
        """Nothing is open."""


def _now_ms() -> int:
    try:
        return int(asyncio.get_running_loop().time() * 1000)
    except RuntimeError:
        return 0  # before the run has begun
