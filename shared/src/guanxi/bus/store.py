"""What a consumer keeps, as a port: a batch's effects, dead letters and positions go into one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from guanxi.bus import deadletters, offsets
from guanxi.bus.applier import Applier
from guanxi.bus.deadletters import Failure
from guanxi.bus.offsets import Position
from guanxi.bus.ports import Place, Record
from guanxi.crash import reached
from guanxi.db import Pool


class ConsumerStore(Protocol):
    """The memory of one consumer."""

    async def positions(self) -> Mapping[Place, Position]:
        """Where it is in every partition it has ever been placed in; what was passed and not kept is read again."""
        ...

    async def born(self) -> datetime | None:
        """When it first existed."""
        ...

    async def place(self, positions: Mapping[Place, Position]) -> None:
        """Put it there, forwards or back."""
        ...

    async def apply(self, records: Sequence[Record], positions: Mapping[Place, Position]) -> int:
        """Apply records and keep how far that is, all or nothing; gives how many were buried as no events at all.

        Of records that nothing is to be done about, `keep` or the next that are applied may tell.
        """
        ...

    @property
    def unkept(self) -> bool:
        """Whether it is further than it has kept."""
        ...

    async def keep(self) -> None:
        """Keep how far it is past records that nothing was to be done about; called once in a while."""
        ...

    async def bury(self, record: Record, error: BaseException, position: Position) -> None:
        """Keep a record that cannot be applied, and go past it."""
        ...

    async def answers(self) -> bool:
        """Whether the database answers at all."""
        ...


class DatabaseStore:
    """The memory in a service's database.

    Most consumers read topics of which they handle a few types. A transaction for each poll that holds none of them
    was a sixth of all transactions of the platform at 50 events a second.
    """

    def __init__(self, pool: Pool, consumer: str, applier: Applier) -> None:
        self._pool, self._consumer, self._applier = pool, consumer, applier
        self._passed: dict[Place, Position] = {}

    async def positions(self) -> Mapping[Place, Position]:
        """Where it is in every partition."""
        # They may be another's now, of a release that handles more than we do.
        self._passed = {}
        async with self._pool.read() as reader:
            return await offsets.read(reader, self._consumer)

    async def born(self) -> datetime | None:
        """When it first existed."""
        async with self._pool.read() as reader:
            return await offsets.born_at(reader, self._consumer)

    async def place(self, positions: Mapping[Place, Position]) -> None:
        """Put it there, forwards or back."""
        self._passed = {place: at for place, at in self._passed.items() if place not in positions}
        async with self._pool.begin() as tx:
            await offsets.place(tx, self._consumer, positions)

    async def apply(self, records: Sequence[Record], positions: Mapping[Place, Position]) -> int:
        """Apply records and keep how far that is, in one transaction; none for what is only passed."""
        if self._applier.passes_over(records):
            self._passed |= positions
            return 0
        async with self._pool.begin() as tx:
            failures = await self._applier.apply(tx, records)
            if failures:
                await deadletters.bury(tx, self._consumer, failures)
            await offsets.store(tx, self._consumer, {**self._passed, **positions})
            reached("consumer.before_commit")
        self._passed = {}
        reached("consumer.after_commit")
        return len(failures)

    @property
    def unkept(self) -> bool:
        """Whether something was passed that is not kept."""
        return bool(self._passed)

    async def keep(self) -> None:
        """Keep how far it is past what was not handled."""
        if self._passed:
            async with self._pool.begin() as tx:
                await offsets.store(tx, self._consumer, self._passed)
            self._passed = {}

    async def bury(self, record: Record, error: BaseException, position: Position) -> None:
        """Keep a record that cannot be applied, and go past it."""
        async with self._pool.begin() as tx:
            await deadletters.bury(tx, self._consumer, [Failure(record, error, deadletters.readable(record))])
            await offsets.store(tx, self._consumer, {record.place: position})
            reached("consumer.before_burial")

    async def answers(self) -> bool:
        """Whether the database answers at all."""
        try:
            async with self._pool.read() as reader:
                return bool(await reader.fetchval("SELECT true"))
        except Exception:  # noqa: BLE001 - whatever it is, it is no answer
            return False
