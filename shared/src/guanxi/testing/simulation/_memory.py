"""The memory of relay and consumer without a database: the same promises, and the same bad days."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from guanxi.bus.lease import Batch, Lease, Mark, Pointer
from guanxi.bus.offsets import Position
from guanxi.bus.ports import Place, Record


@dataclass
class Moods:
    """What goes wrong with a database, and how likely at each step."""

    dice: random.Random
    away: bool = False
    broken_before: float = 0.0
    broken_after: float = 0.0
    """The commit took place, and the word of it was lost."""
    locked: float = 0.0

    async def before(self) -> None:
        """The way to the commit."""
        await asyncio.sleep(self.dice.choice((0, 0.001, 0.003, 0.05)))
        if self.away or self.dice.random() < self.broken_before:
            raise ConnectionRefusedError
        if self.dice.random() < self.locked:
            raise asyncpg.LockNotAvailableError

    def after(self) -> None:
        """The way back from it."""
        if self.away or self.dice.random() < self.broken_after:
            raise ConnectionResetError


@dataclass
class MemoryStore:
    """A consumer's memory."""

    moods: Moods
    poison: frozenset[str] = frozenset()
    endless: frozenset[str] = frozenset()
    since: datetime | None = None
    effects: Counter[str] = field(default_factory=Counter)
    buried: Counter[str] = field(default_factory=Counter)
    at: dict[Place, Position] = field(default_factory=dict)

    async def positions(self) -> Mapping[Place, Position]:
        """Where it is."""
        await self.moods.before()
        return dict(self.at)

    async def born(self) -> datetime | None:
        """When it first existed."""
        return self.since

    async def place(self, positions: Mapping[Place, Position]) -> None:
        """Put it there."""
        await self.moods.before()
        self.at.update(positions)
        self.moods.after()

    async def apply(self, records: Sequence[Record], positions: Mapping[Place, Position]) -> int:
        """Apply, all or nothing."""
        ids = [record.header("ce_id") or "" for record in records]
        if self.poison & set(ids):
            message = f"cannot apply {sorted(self.poison & set(ids))}"
            raise ValueError(message)
        if self.endless & set(ids):
            await asyncio.Event().wait()
        await self.moods.before()
        self.effects.update({one for one in ids if one not in self.effects})
        self._move(positions)
        self.moods.after()
        return 0

    @property
    def unkept(self) -> bool:
        """Never: nothing is kept later than it was read."""
        return False

    async def keep(self) -> None:
        """Nothing to do."""

    async def bury(self, record: Record, error: BaseException, position: Position) -> None:
        """Keep what cannot be applied."""
        del error
        await self.moods.before()
        self.buried[record.header("ce_id") or ""] += 1
        self._move({record.place: position})
        self.moods.after()

    def _move(self, positions: Mapping[Place, Position]) -> None:
        for place, position in positions.items():
            if place not in self.at or self.at[place].next_offset < position.next_offset:
                self.at[place] = position

    async def answers(self) -> bool:
        """Whether it is there."""
        return not self.moods.away


class MemoryLog:
    """A service's log, outbox and relay batches."""

    def __init__(self, moods: Moods, word: str) -> None:
        self._moods, self._word = moods, word
        self.events: dict[UUID, str] = {}
        self._outbox: dict[int, UUID] = {}
        self._batches: list[Batch] = []
        self._seq = 0
        self._holder: object | None = None

    @property
    def waiting(self) -> int:
        """How many pointers wait."""
        return len(self._outbox)

    async def record(self, ids: Sequence[UUID], key: str, gap: float) -> None:
        """Commit events; sequence numbers are taken before the commit, which comes `gap` seconds later."""
        taken = []
        for _ in ids:
            self._seq += 1
            taken.append(self._seq)
        await asyncio.sleep(gap)
        self.events.update(dict.fromkeys(ids, key))
        self._outbox.update(zip(taken, ids, strict=True))

    @contextlib.asynccontextmanager
    async def lease(self) -> AsyncIterator[Lease | None]:
        """The lease, to one at a time."""
        await self._moods.before()
        held = None if self._holder is not None else _MemoryLease(self)
        if held is not None:
            self._holder = held
        try:
            yield held
        finally:
            if held is not None and self._holder is held:
                self._holder = None

    def take_away(self) -> None:
        """The server forgets who holds the lock: its connection is cut, and the holder does not know yet."""
        self._holder = None


class _MemoryLease:
    def __init__(self, log: MemoryLog) -> None:
        self._log = log

    @property
    def alive(self) -> bool:
        return self._log._holder is self  # noqa: SLF001 - one thing in two classes

    async def _still(self) -> None:
        await self._log._moods.before()  # noqa: SLF001 - as above
        if not self.alive:
            raise ConnectionResetError

    async def claim(self, most: int) -> list[Pointer]:
        await self._still()
        log = self._log
        found = sorted(log._outbox.items())[:most]  # noqa: SLF001 - as above
        return [Pointer(seq, one, log._word, "fact", log.events[one], str(one)) for seq, one in found]  # noqa: SLF001

    async def acknowledge(self, done: Sequence[Pointer], batches: Sequence[Batch]) -> None:
        await self._still()
        for pointer in done:
            self._log._outbox.pop(pointer.seq, None)  # noqa: SLF001 - as above
        self._log._batches.extend(batches)  # noqa: SLF001 - as above
        self._log._moods.after()  # noqa: SLF001 - as above

    async def marks(self, back: int = 0) -> Mapping[Place, Mark]:
        await self._still()
        by_place: dict[Place, list[Batch]] = {}
        for batch in sorted(self._log._batches, key=lambda one: -one.last_offset):  # noqa: SLF001 - as above
            by_place.setdefault(batch.place, []).append(batch)
        return {
            place: Mark(batches[back].last_offset, batches[back].event_ids[-1], batches[back].last_timestamp)
            for place, batches in by_place.items()
            if len(batches) > back
        }

    async def remembers_from(self, place: Place) -> int | None:
        await self._still()
        return min((one.first_offset for one in self._log._batches if one.place == place), default=None)  # noqa: SLF001

    async def lost_from(self, place: Place, offset: int) -> int:
        await self._still()
        batches = self._log._batches  # noqa: SLF001 - as above
        lost = [batch for batch in batches if batch.place == place and batch.last_offset >= offset]
        self._log._batches = [batch for batch in batches if batch not in lost]  # noqa: SLF001 - as above
        return self._in_front([one for batch in lost for one in batch.event_ids])

    async def again(self, topics: Collection[str], within: timedelta) -> int:
        del within
        await self._still()
        return self._in_front(
            [one for batch in self._log._batches[-20:] if batch.place.topic in topics for one in batch.event_ids]  # noqa: SLF001
        )

    async def whole_state(self, word: str) -> int:
        del word
        await self._still()
        return self._in_front(list(self._log.events))

    def _in_front(self, ids: Sequence[UUID]) -> int:
        outbox = self._log._outbox  # noqa: SLF001 - as above
        first = min([0, *outbox]) - len(ids)
        outbox.update({first + n: one for n, one in enumerate(ids)})
        return len(ids)
